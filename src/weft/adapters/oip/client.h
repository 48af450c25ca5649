// The solution side: any server of the Open Inference Protocol (Triton, KServe, MLServer, another
// weft) as a solution, a skill for each model; by HTTP or by gRPC. Owned by the hub's registry; any
// thread, streams on their own loops.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/oip/metadata.h"
#include "weft/adapters/oip/way.h"
#include "weft/hub/producer.h"
#include "weft/wire/oip.h"

namespace weft::adapters::oip {

/// What was read of a server at one moment.
struct Reading {
  ServerAbout server;
  RemoteModels models;
};

class OipService final : public hub::ProducingService {
 public:
  OipService(net::HttpClients& clients, hub::JoinRequest request, Way way, Reading reading);

  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

  /// A request to `…/v2/models/MODEL/OPERATION` with the solution's own credentials, never a
  /// caller's.
  Result<net::ClientRequest> request(std::string_view model, std::string_view operation,
                                     const hub::CallContext& context) const;
  net::HttpClient& client(Executor executor) const { return clients_.at(executor); }

 private:
  using Response = std::unique_ptr<net::ClientResponse>;
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  Awaitable<Result<model::Output>> infer(std::shared_ptr<const RemoteModel> model,
                                         wire::OipBody body,
                                         std::shared_ptr<const model::Call> call,
                                         hub::Emitter& out);
  Awaitable<Result<model::Output>> generate(std::shared_ptr<const RemoteModel> model,
                                            json::object body,
                                            std::shared_ptr<const model::Call> call,
                                            hub::Emitter& out);
  Awaitable<Result<Response>> send(net::ClientRequest request,
                                   std::shared_ptr<const model::Call> call, hub::Emitter& out);

  net::HttpClients& clients_;
  hub::JoinRequest request_;
  Way way_;
  std::atomic<std::shared_ptr<const Reading>> reading_;
};

/// Reads a server: its metadata, and those of the model that is named, or of all it lists.
Awaitable<Result<Reading>> read_all(net::HttpClients& clients, hub::JoinRequest request, Way way,
                                    hub::CallContext context);

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment);

}  // namespace weft::adapters::oip
