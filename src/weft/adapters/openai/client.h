// The solution side: any OpenAI-compatible server as a solution. Owned by the hub's registry; any
// thread, streams on their own loops.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/openai/errors.h"
#include "weft/hub/joiner.h"
#include "weft/hub/producer.h"

namespace weft::adapters::openai {

/// One joined server.
class OpenAiService final : public hub::ProducingService {
 public:
  using Models = std::vector<std::string>;
  OpenAiService(net::HttpClients& clients, hub::JoinRequest request, Url base, Models models);
  /// Whether it has embeddings; told once, before it is called.
  void set_embeds(bool embeds) { embeds_ = embeds; }

  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

  /// The upstream's name of a model: the one asked for, or else its first.
  Result<std::string> model_for(std::string_view asked) const;
  /// A request to `path` under the base URL with the solution's own credentials, never a caller's.
  Result<net::ClientRequest> request(std::string_view method, std::string_view path,
                                     const hub::CallContext& context) const;
  net::HttpClient& client(Executor executor) const { return clients_.at(executor); }

  /// What a solution is described as with these models.
  static model::Solution describe(const Url& base, const Models& models, bool embeds);

 private:
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  Awaitable<Result<model::Output>> chat(std::shared_ptr<const model::Call> call, hub::Emitter& out);
  Awaitable<Result<model::Output>> embed(std::shared_ptr<const model::Call> call,
                                         hub::Emitter& out);
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> post(
      std::string path, json::object body, std::shared_ptr<const model::Call> call,
      hub::Emitter& out);
  Awaitable<Result<model::Output>> read_stream(net::ClientResponse& response, hub::Emitter& out);

  net::HttpClients& clients_;
  hub::JoinRequest request_;
  Url base_;
  std::atomic<std::shared_ptr<const Models>> models_;
  bool embeds_ = false;
};

/// What a non-2xx answer came to: the status, Retry-After and the server's own words. Reads a
/// bounded piece of the body.
Awaitable<ErrorAnswer> read_error(net::ClientResponse& response);

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment);

}  // namespace weft::adapters::openai
