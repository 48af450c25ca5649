// The kinds of content that A2A has no form for, as kinds that it has.
#include <utility>

#include "weft/adapters/a2a/codec.h"
#include "weft/model/codec.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kMark = "weft.part";
constexpr std::string_view kOpaque = "weft.opaque";
constexpr std::string_view kSize = "weft.size";

model::Part as_text(const model::Part& from, std::string text, std::string_view mark) {
  model::Part part = model::Part::text(std::move(text));
  part.media_type = from.media_type;
  part.meta = from.meta;
  part.meta[kMark] = mark;
  return part;
}

model::Part as_data(const model::Part& from, std::string_view mark) {
  model::Part bare = from;
  bare.meta.clear();
  model::Part part = model::Part::data(model::to_json(bare));
  part.meta = from.meta;
  part.meta[kMark] = mark;
  return part;
}

model::Part uncarry_text(model::Part part, std::string_view mark, const std::string& text) {
  if (mark == "refusal") {
    part.meta.erase(kMark);
    part.body = model::Refusal{text};
  } else if (mark == "reasoning") {
    model::Reasoning reasoning{text, std::string(json::string_at(part.meta, kOpaque))};
    part.meta.erase(kMark);
    part.meta.erase(kOpaque);
    part.body = std::move(reasoning);
  }
  return part;
}

model::Part uncarry_data(model::Part part, std::string_view mark, const json::value& data) {
  if (mark != "tensor" && mark != "tool_call" && mark != "tool_result") return part;
  Result<model::Part> inner = model::part_from_json(data);
  if (!inner) return part;
  const auto& body = inner->body;
  const bool fits = mark == "tensor"      ? std::holds_alternative<model::Tensor>(body)
                    : mark == "tool_call" ? std::holds_alternative<model::ToolCall>(body)
                                          : std::holds_alternative<model::ToolResult>(body);
  if (!fits) return part;
  inner->meta = std::move(part.meta);
  inner->meta.erase(kMark);
  return *std::move(inner);
}

}  // namespace

std::size_t size_of(const model::Part& part) {
  if (const auto* text = std::get_if<model::Text>(&part.body)) return text->text.size();
  if (const auto* blob = std::get_if<model::Blob>(&part.body)) return blob->bytes.size();
  if (const auto* data = std::get_if<model::Data>(&part.body))
    return json::write(data->json).size();
  return 64;
}

Carried carry(const model::Part& part) {
  if (const auto* reasoning = std::get_if<model::Reasoning>(&part.body)) {
    model::Part text = as_text(part, reasoning->text, "reasoning");
    if (!reasoning->opaque.empty()) text.meta[kOpaque] = reasoning->opaque;
    return Carried(std::move(text));
  }
  if (const auto* refusal = std::get_if<model::Refusal>(&part.body)) {
    return Carried(as_text(part, refusal->text, "refusal"));
  }
  if (std::holds_alternative<model::Tensor>(part.body)) return Carried(as_data(part, "tensor"));
  if (std::holds_alternative<model::ToolCall>(part.body))
    return Carried(as_data(part, "tool_call"));
  if (std::holds_alternative<model::ToolResult>(part.body))
    return Carried(as_data(part, "tool_result"));
  if (const auto* link = std::get_if<model::Link>(&part.body); link != nullptr && link->size) {
    model::Part copy = part;
    copy.meta[kSize] = *link->size;
    return Carried(std::move(copy));
  }
  return Carried(part);
}

model::Part uncarry(model::Part part) {
  if (auto* link = std::get_if<model::Link>(&part.body)) {
    const json::value* size = json::find(part.meta, kSize);
    if (size == nullptr || !size->is_number()) return part;
    boost::system::error_code problem;
    const auto bytes = size->to_number<std::uint64_t>(problem);
    if (problem) return part;
    link->size = bytes;
    part.meta.erase(kSize);
    return part;
  }
  const std::string mark(json::string_at(part.meta, kMark));
  if (mark.empty()) return part;
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    const std::string copy = text->text;
    return uncarry_text(std::move(part), mark, copy);
  }
  if (const auto* data = std::get_if<model::Data>(&part.body)) {
    const json::value copy = data->json;
    return uncarry_data(std::move(part), mark, copy);
  }
  return part;
}

}  // namespace weft::adapters::a2a
