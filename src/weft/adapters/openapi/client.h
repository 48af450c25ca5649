// The solution side: any service with an OpenAPI document as a solution. Owned by the hub's
// registry; any thread, streams on their own loops.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/security.h"
#include "weft/hub/producer.h"

namespace weft::adapters::openapi {

class OpenApiService final : public hub::ProducingService {
 public:
  struct Parts {
    net::HttpClients& clients;
    Random& random;
    hub::JoinRequest request;
    /// Where the document was read; nothing for a file.
    std::optional<Url> document_url;
    Catalog catalog;
  };
  explicit OpenApiService(Parts parts);

  std::unique_ptr<hub::EventStream> reattach(std::shared_ptr<const model::Call> call,
                                             model::Accepted accepted,
                                             hub::CallContext context) override;
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

 private:
  /// The operations at one moment; a refreshed document swaps it.
  struct Current {
    Catalog catalog;
    std::vector<std::string> key_names;
    /// The document's own server.
    Result<Url> base;
  };
  static std::shared_ptr<const Current> current_of(Catalog catalog);
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  Awaitable<Result<model::Output>> follow(std::shared_ptr<const model::Call> call, Url location,
                                          Milliseconds first, hub::Emitter& out);
  static Awaitable<Result<std::unique_ptr<net::ClientResponse>>> send_get(
      OpenApiService* self, hub::Emitter* out, std::shared_ptr<const model::Call> call,
      Credentials credentials, Url url);
  Result<net::ClientRequest> request_for(const Current& current, const Operation& operation,
                                         const model::Call& call, SteadyTime deadline) const;
  Result<net::ClientRequest> plain_request(const Url& url, Credentials credentials,
                                           const model::Call& call, SteadyTime deadline) const;

  net::HttpClients& clients_;
  Random& random_;
  hub::JoinRequest request_;
  std::optional<Url> document_url_;
  std::atomic<std::shared_ptr<const Current>> current_;
};

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment);

/// Fetches a document's text. The URL is the operator's own.
Awaitable<Result<std::string>> fetch_document(net::HttpClients& clients, hub::JoinRequest request,
                                              Url url, hub::CallContext context);

}  // namespace weft::adapters::openapi
