#include "weft/dialogue/talk/telling.h"

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/naming.h"

namespace weft::dialogue {
namespace {

std::string shown(const json::value& value, int depth);

std::string shown_list(const json::array& list, int depth) {
  const bool plain = list.empty() || !(list.front().is_structured());
  std::string out;
  std::size_t count = 0;
  for (const json::value& each : list) {
    if (++count > kItemsTold) {
      out += plain ? ", … (" : "\n  … (";
      return out + std::to_string(list.size()) + ")";
    }
    if (plain) {
      out += (out.empty() ? "" : ", ") + shown(each, depth + 1);
    } else {
      out += "\n  " + std::to_string(count) + ". " + shown(each, depth + 1);
    }
  }
  return out.empty() ? "–" : out;
}

std::string shown(const json::value& value, int depth) {
  if (value.is_string()) return std::string(value.get_string());
  if (const auto* list = value.if_array(); list != nullptr && depth < kDepthTold)
    return shown_list(*list, depth);
  const auto* o = value.if_object();
  if (o == nullptr || depth >= kDepthTold) return json::write(value);
  std::string out;
  for (const auto& [name, member] : *o) {
    if (member.is_null()) continue;
    out += (out.empty() ? "" : ", ") + readable(name) + " " + shown(member, depth + 1);
  }
  return out;
}

}  // namespace

std::string shown_fields(const json::object& item) { return shown(item, 1); }

std::string telling_of(const model::Output& output) {
  std::string text = model::plain_text(output);
  const auto parsed = json::parse(text);
  if (!parsed || !parsed->is_structured()) return text;
  return shown(*parsed, 0);
}

}  // namespace weft::dialogue
