// Any text as a body or a query of the admin API: refused in words, or what the hub can take, keep
// and read again.
#include "weft/adapters/admin/body.h"
#include "weft/adapters/admin/views.h"
#include "weft/hub/join_record.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {
namespace {

template <class T>
bool refused(const Result<T>& read) {
  if (read) return false;
  WEFT_ASSERT(read.error().reason == Reason::invalid_argument && !read.error().message.empty());
  return true;
}

void fuzz_join(const json::object& body) {
  const auto request = read_join(body);
  if (refused(request)) return;
  WEFT_ASSERT(request->url.empty() != request->command.empty());
  WEFT_ASSERT(slug(request->id.str()) == request->id.str());
  hub::JoinRequest named = *request;
  named.id = hub::name_for(model::Solution(), *request);
  const auto kept = json::parse(json::write(hub::to_json(named)));
  WEFT_ASSERT(kept.has_value());
  const auto again = hub::join_request_from(*kept);
  WEFT_ASSERT(again && hub::same_request(*again, named));
}

void fuzz_key(const json::object& body) {
  const auto key = read_key(body);
  if (refused(key)) return;
  WEFT_ASSERT(!key->name.empty() && key->name.size() <= hub::kKeyNameCharsMax);
  // A key for no solution is one for all of them: only who names none gets that.
  const auto* wanted = json::find(body, "solutions");
  const auto* list = wanted ? wanted->if_array() : nullptr;
  const bool none = !wanted || wanted->is_null() || (list && list->empty());
  WEFT_ASSERT(none == key->solutions.empty());
}

void fuzz_answers(const json::object& body, const model::Ask& ask) {
  const auto answers = read_answers(body, ask);
  if (refused(answers)) return;
  for (const auto& [key, answer] : *answers) {
    const auto again = model::answer_from_json(model::to_json(answer));
    WEFT_ASSERT(again && *again == answer);
  }
}

void fuzz_query(std::string_view query) {
  (void)read_after("", query);
  (void)read_after(query, "after=1");
  const auto filter = read_filter(query);
  if (refused(filter)) return;
  WEFT_ASSERT(filter->limit >= 1 && filter->limit <= 500);
}

void fuzz(std::string_view text) {
  fuzz_query(text);
  const auto body = json::parse_object(text, "the request body");
  if (!body) return;
  fuzz_join(*body);
  fuzz_key(*body);
  model::Ask ask;
  fuzz_answers(*body, ask);
  for (const std::string_view key : {"a", "b"}) {
    ask.items[std::string(key)].message = "Pay?";
    fuzz_answers(*body, ask);
  }
}

}  // namespace
}  // namespace weft::adapters::admin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::admin::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
