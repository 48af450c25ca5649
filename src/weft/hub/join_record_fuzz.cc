// What a damaged journal may hold for a join: refused in words, or read, kept and read again the
// same, with a name that fits and a place to tell.
#include "weft/hub/join_record.h"

namespace weft::hub {
namespace {

void fuzz_name(const json::object& o, const JoinRequest& request) {
  model::Solution solution;
  solution.id = SolutionId(std::string(json::string_at(o, "id")));
  solution.title = json::string_at(o, "title");
  const SolutionId name = name_for(solution, request);
  WEFT_ASSERT(!name.empty() && slug(name.str()) == name.str());
}

void fuzz(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) return;
  const auto request = join_request_from(*document);
  if (!request) {
    WEFT_ASSERT(!request.error().message.empty());
    return;
  }
  WEFT_ASSERT(!request->id.empty() && request->url.empty() != request->command.empty());
  const json::value written = to_json(*request);
  const auto kept = json::parse(json::write(written));
  WEFT_ASSERT(kept.has_value());
  const auto again = join_request_from(*kept);
  WEFT_ASSERT(again.has_value());
  WEFT_ASSERT(to_json(*again) == written && same_request(*again, *request));
  WEFT_ASSERT(!place_of(*request).empty());
  fuzz_name(document->get_object(), *request);
}

}  // namespace
}  // namespace weft::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::hub::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
