#include "weft/app/solution_url.h"

#include "weft/base/grpc_url.h"
#include "weft/net/mqtt_client.h"

namespace weft::app {

Result<void> check_solution_url(const std::string& url) {
  if (net::is_mqtt_url(url)) {
    WEFT_CHECK(net::parse_mqtt_url(url));
    return {};
  }
  WEFT_CHECK(is_grpc_url(url) ? parse_grpc_url(url) : parse_url(url));
  return {};
}

}  // namespace weft::app
