// What a server of the Open Inference Protocol says of itself and its models, read. Owned by
// adapters/oip; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/url.h"
#include "weft/model/solution.h"
#include "weft/wire/tensor_json.h"

namespace weft::adapters::oip {

/// Another weft calls itself so.
inline constexpr std::string_view kServerName = "weft";

struct ServerAbout {
  std::string name;
  std::string version;
  std::vector<std::string> extensions;
  /// Whether it is reached by gRPC.
  bool grpc = false;
  bool has(std::string_view extension) const;
  /// Whether it has `/generate` and `/generate_stream`, which gRPC does not.
  bool generates() const;
};
/// Errors: Reason::upstream_protocol.
Result<ServerAbout> read_server(std::string_view body);
/// The names of POST /v2/repository/index, or of KServe's GET /v2/models.
Result<std::vector<std::string>> read_names(std::string_view body);

/// A model on a server.
struct RemoteModel {
  std::string name;
  wire::Signature signature;
  /// Another weft's skill that is no model of tensors.
  bool own = false;
  model::Skill skill;
};
Result<RemoteModel> read_model(std::string_view body, const ServerAbout& server);

/// Where the protocol begins, and the one model that a URL names: of `http://host/x/v2/models/iris`
/// the base is `http://host/x`.
struct Place {
  /// Of a server that is reached by gRPC: with http for grpc and https for grpcs.
  Url base;
  std::string model;
  /// Whether the URL itself says that it is this protocol.
  bool named = false;
  bool grpc = false;
  /// `http://host/x`, `grpc://host:8001`.
  std::string str() const;
};
/// Errors: as parse_url(), for http, https, grpc and grpcs.
Result<Place> read_place(std::string_view url);
/// The same server, asked by gRPC.
Place by_grpc(Place place);

using RemoteModels = std::map<std::string, RemoteModel, std::less<>>;
model::Solution describe(const Place& place, const ServerAbout& server, const RemoteModels& models);

}  // namespace weft::adapters::oip
