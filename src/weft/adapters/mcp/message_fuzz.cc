// Any text as a message: read, decoded into the model, and written again; what was read once must
// read the same twice.
#include "weft/adapters/mcp/asks.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/handshake.h"
#include "weft/adapters/mcp/tools.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

namespace {

void fuzz_result(const json::object& o) {
  auto output = output_of(o);
  if (!output) return;
  const json::object again = result_of(*output, model::Skill(), Era::modern, {});
  WEFT_ASSERT(output_of(again).has_value());
  (void)result_of(*output, model::Skill(), Era::legacy, {});
}

void fuzz_question(const json::object& o) {
  auto item = item_of(o);
  if (!item) return;
  for (const std::string_view text : {"yes", "7", "{}"}) {
    model::Answer answer;
    answer.text = std::string(text);
    (void)elicit_result_of(*item, answer);
  }
  (void)answer_of(*item, json::value(o));
  (void)elicit_params(*item, ElicitCaps{true, true}, kLegacyVersion, "e");
}

}  // namespace

static void fuzz(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = json::parse(text);
  if (!document || !document->is_object()) return;
  const json::object& o = document->get_object();
  fuzz_result(o);
  fuzz_question(o);
  (void)read_initialize(*document);
  (void)read_discover(*document);
  if (auto skill = skill_of(*document)) (void)tool_of(*skill, "name", "mcp", Era::legacy);
  auto message = wire::read_jsonrpc(*std::move(document));
  if (!message) return;
  if (const auto* response = std::get_if<wire::JsonRpcResponse>(&*message)) {
    if (const auto* error = std::get_if<wire::JsonRpcError>(&response->outcome))
      (void)rpc_error_of(error_of(*error));
  }
}

}  // namespace weft::adapters::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::mcp::fuzz(data, size);
  return 0;
}
