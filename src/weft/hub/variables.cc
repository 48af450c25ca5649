#include "weft/hub/variables.h"

#include <cstdlib>
#include <format>

#include "weft/hub/registry.h"

namespace weft::hub {

Result<std::string> resolve_variables(std::string_view text) {
  std::string out;
  while (true) {
    const auto open = text.find("${");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    text.remove_prefix(open + 2);
    const auto close = text.find('}');
    if (close == std::string_view::npos) {
      return fail(Reason::invalid_argument,
                  "a `${` without its `}` in what the solution is joined with");
    }
    const std::string name(text.substr(0, close));
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return fail(
          Reason::unavailable,
          std::format(
              "the environment variable {} is not set where the hub runs; set it and restart "
              "the hub",
              name));
    }
    out += value;
    text.remove_prefix(close + 1);
  }
}

Result<void> check_variables(const JoinRequest& request) {
  for (const auto& [name, value] : request.headers) WEFT_CHECK(resolve_variables(value));
  WEFT_CHECK(resolve_variables(request.bearer));
  for (const auto& [name, value] : request.environment) WEFT_CHECK(resolve_variables(value));
  return {};
}

}  // namespace weft::hub
