// What a damaged journal may hold: any bytes as a record, a page token, an event. Reading refuses
// or gives what writes back.
#include "weft/base/json_compare.h"
#include "weft/store/chain.h"
#include "weft/store/record.h"

namespace weft::store {
namespace {

int fuzz(std::string_view text) {
  TaskRecord task;
  if (read_start(text, task)) {
    TaskRecord again;
    WEFT_ASSERT(read_start(start_text(task).value(), again));
    WEFT_ASSERT(again.solution == task.solution && again.skill == task.skill &&
                again.effect == task.effect && again.created_ms == task.created_ms &&
                json::equal(again.call, task.call));
  }
  if (read_body(text, task)) {
    TaskRecord again;
    WEFT_ASSERT(read_body(body_text(task).value(), again));
    WEFT_ASSERT(again.state_blob == task.state_blob && json::equal(again.asks, task.asks));
  }
  if (const auto token = page_token_from(text)) {
    const auto again = page_token_from(to_string(*token));
    WEFT_ASSERT(again && *again == *token);
  }
  const auto line = text.find('\n');
  const auto kind = text.substr(0, line);
  const auto payload = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  const Hash start = chain_start(kind);
  const Hash digest = digest_of(kind, 1, payload);
  WEFT_ASSERT(link(start, kind, 1, digest) != link(start, kind, 2, digest));
  if (!payload.empty()) WEFT_ASSERT(digest != digest_of(kind, 1, payload.substr(1)));
  return 0;
}

}  // namespace
}  // namespace weft::store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::store::fuzz({reinterpret_cast<const char*>(data), size});
}
