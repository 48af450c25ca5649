#include "weft/model/part.h"

#include <array>

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"system", "developer", "user", "assistant",
                                                 "tool"};

void add_line(std::string& out, std::string_view line) {
  if (line.empty()) return;
  if (!out.empty()) out += '\n';
  out += line;
}

std::string text_of(const Part& part, bool with_data) {
  if (const auto* text = std::get_if<Text>(&part.body)) return text->text;
  if (const auto* refusal = std::get_if<Refusal>(&part.body)) return refusal->text;
  if (const auto* result = std::get_if<ToolResult>(&part.body))
    return joined_text(result->parts, with_data);
  if (const auto* data = std::get_if<Data>(&part.body); data && with_data)
    return json::write(data->json);
  return {};
}

}  // namespace

bool operator==(const ToolResult& a, const ToolResult& b) {
  return a.call_id == b.call_id && a.is_error == b.is_error && a.parts == b.parts;
}

Part Part::text(std::string text) {
  Part part;
  part.body = Text{std::move(text)};
  return part;
}

Part Part::data(json::value value) {
  Part part;
  part.body = Data{std::move(value)};
  return part;
}

std::string_view to_string(Role role) { return kRoles.at(static_cast<std::size_t>(role)); }

std::optional<Role> role_from(std::string_view word) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (kRoles[i] == word) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::string joined_text(const std::vector<Part>& parts, bool with_data) {
  std::string out;
  for (const auto& part : parts) add_line(out, text_of(part, with_data));
  return out;
}

}  // namespace weft::model
