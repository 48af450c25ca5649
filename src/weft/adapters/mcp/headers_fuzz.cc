// Header fields and a body of any kind: the checks of a modern request never fail otherwise than by
// refusing.
#include "weft/adapters/mcp/headers.h"

#include "weft/adapters/mcp/replay.h"

namespace weft::adapters::mcp {

static void fuzz(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  };
  wire::Headers headers;
  for (const std::string_view name :
       {"MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-A"}) {
    headers.add(std::string(name), std::string(take()));
  }
  (void)parse_event_id(headers.get("Mcp-Name"));
  if (auto value = decode_header_value(headers.get("Mcp-Param-A"))) {
    WEFT_ASSERT(decode_header_value(encode_header_value(*value)) == *value);
  }
  auto body = json::parse(text);
  if (!body) return;
  if (auto params = header_params(*body); params && body->is_object()) {
    (void)check_params(headers, *params, body->get_object());
  }
  auto message = wire::read_jsonrpc(*std::move(body));
  if (!message) return;
  const auto* request = std::get_if<wire::JsonRpcRequest>(&*message);
  if (request != nullptr) (void)check_modern(headers, *request);
}

}  // namespace weft::adapters::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::mcp::fuzz(data, size);
  return 0;
}
