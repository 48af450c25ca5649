#include "weft/adapters/sagemaker/server.h"

#include <memory>
#include <utility>

#include "weft/adapters/sagemaker/aws/dispatch.h"
#include "weft/adapters/sagemaker/aws/identity.h"
#include "weft/adapters/sagemaker/aws/signed_route.h"
#include "weft/adapters/sagemaker/client.h"
#include "weft/adapters/sagemaker/control/control.h"
#include "weft/adapters/sagemaker/observe/observe.h"
#include "weft/adapters/sagemaker/runtime/runtime.h"
#include "weft/adapters/sagemaker/s3/s3.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {
namespace {

/// Who it is only the whole request tells, its body included: the handler finds it out.
Result<model::Principal> known_later(net::Exchange&) { return model::Principal(); }

Route signed_route(std::string prefix, RouteHandler handler) {
  Route out;
  out.prefix = std::move(prefix);
  out.handler = std::move(handler);
  out.authenticate = known_later;
  out.any_body = true;
  return out;
}

std::vector<Route> service_routes(Environment& environment, std::shared_ptr<AwsDoor> door) {
  std::vector<AwsService> services;
  services.push_back(control_plane(environment));
  services.push_back(cloudwatch_logs(environment));
  services.push_back(cloudwatch_metrics(environment));
  services.push_back(security_tokens());
  services.push_back(identities());
  auto dispatch = std::make_shared<AwsDispatch>(environment, std::move(door), std::move(services));
  const auto handle = [dispatch](Request& request) { return dispatch->handle(request); };
  std::vector<Route> out;
  for (const char* prefix : {"/", "/service"}) {
    Route route = signed_route(prefix, handle);
    route.match = [](const net::Exchange& exchange) { return AwsDispatch::matches(exchange); };
    route.refuse = [dispatch](net::Exchange& exchange, const Error& error) {
      dispatch->refuse(exchange, error);
    };
    out.push_back(std::move(route));
  }
  return out;
}

}  // namespace

std::vector<Route> make_routes(Environment& environment) {
  if (environment.ml == nullptr) return {};
  auto door = std::make_shared<AwsDoor>(environment);
  std::vector<Route> out = service_routes(environment, door);
  out.push_back(signed_route("/endpoints", behind_signature(environment, door, "sagemaker",
                                                            runtime_handler(environment))));
  out.push_back(s3_route(environment, door, environment.ml->objects));
  return out;
}

Adapter adapter() {
  Adapter out;
  out.name = "sagemaker";
  out.protocol = make_protocol;
  out.routes = make_routes;
  return out;
}

}  // namespace weft::adapters::sagemaker
