#include "weft/model/fold.h"

#include <format>

#include "weft/base/named_error.h"

namespace weft::model {
namespace {

std::size_t weight(const json::value& v) {
  if (const auto* o = v.if_object()) {
    std::size_t sum = 2;
    for (const auto& [key, item] : *o) sum += key.size() + 4 + weight(item);
    return sum;
  }
  if (const auto* a = v.if_array()) {
    std::size_t sum = 2;
    for (const auto& item : *a) sum += 1 + weight(item);
    return sum;
  }
  if (const auto* s = v.if_string()) return s->size() + 2;
  return 8;
}

std::size_t weight(const Tensor& tensor) {
  std::size_t sum = tensor.bytes.size() + 8 * tensor.shape.size();
  for (const auto& element : tensor.elements) sum += element.size();
  return sum;
}

std::size_t weight(const std::vector<Part>& parts);

struct BodyWeight {
  std::size_t operator()(const Text& v) const { return v.text.size(); }
  std::size_t operator()(const Data& v) const { return weight(v.json); }
  std::size_t operator()(const Blob& v) const { return v.bytes.size(); }
  std::size_t operator()(const Link& v) const { return v.uri.size(); }
  std::size_t operator()(const Tensor& v) const { return weight(v); }
  std::size_t operator()(const ToolCall& v) const {
    return v.name.size() + v.arguments_text.size();
  }
  std::size_t operator()(const ToolResult& v) const { return weight(v.parts); }
  std::size_t operator()(const Reasoning& v) const { return v.text.size() + v.opaque.size(); }
  std::size_t operator()(const Refusal& v) const { return v.text.size(); }
};

std::size_t weight(const std::vector<Part>& parts) {
  std::size_t sum = 0;
  for (const auto& part : parts) {
    sum += sizeof(Part) + std::visit(BodyWeight{}, part.body);
    for (const auto& [key, item] : part.meta) sum += key.size() + weight(item);
  }
  return sum;
}

std::size_t weight(const Output& output) {
  std::size_t sum = output.data ? weight(*output.data) : 0;
  for (const auto& turn : output.turns) sum += weight(turn.parts);
  for (const auto& artifact : output.artifacts) sum += weight(artifact.parts);
  for (const auto& tensor : output.tensors) sum += weight(tensor);
  return sum;
}

/// Adds to the last part when it is of the same kind, so that one answer written in pieces is one
/// part.
template <class Body>
void grow(std::vector<Part>& parts, const std::string& text) {
  if (!parts.empty()) {
    if (auto* last = std::get_if<Body>(&parts.back().body)) {
      last->text += text;
      return;
    }
  }
  Body body;
  body.text = text;
  Part part;
  part.body = std::move(body);
  parts.push_back(std::move(part));
}

}  // namespace

void add_artifact(std::vector<Artifact>& artifacts, const Artifact& artifact) {
  for (auto& known : artifacts) {
    if (known.id != artifact.id) continue;
    if (!artifact.append) {
      known = artifact;
      return;
    }
    known.parts.insert(known.parts.end(), artifact.parts.begin(), artifact.parts.end());
    known.last = artifact.last;
    for (const auto& [key, item] : artifact.meta) known.meta[key] = item;
    return;
  }
  artifacts.push_back(artifact);
  artifacts.back().append = false;
}

Fold::Fold(std::size_t bytes_max, std::string solution)
    : bytes_max_(bytes_max), solution_(std::move(solution)) {}

Result<void> Fold::add(const Event& event) {
  WEFT_ASSERT(!end_);
  if (const auto* delta = std::get_if<Delta>(&event.body)) {
    bytes_ += delta->text.size() + delta->tool_name.size();
    add_delta(*delta);
  } else if (const auto* artifact = std::get_if<Artifact>(&event.body)) {
    bytes_ += artifact->id.size() + weight(artifact->parts);
    add_artifact(artifacts_, *artifact);
  } else if (const auto* usage = std::get_if<Usage>(&event.body)) {
    usage_ = *usage;
  } else if (const auto* end = std::get_if<End>(&event.body)) {
    return add_end(*end);
  }
  return check_size();
}

Result<void> Fold::add(Event&& event) {
  WEFT_ASSERT(!end_);
  if (auto* end = std::get_if<End>(&event.body)) return add_end(std::move(*end));
  return add(std::as_const(event));
}

Result<void> Fold::add_end(End end) {
  if (end.outcome) bytes_ += weight(*end.outcome);
  end_ = std::move(end);
  return check_size();
}

Result<void> Fold::check_size() const {
  if (bytes_ > bytes_max_) {
    Error error = make_error(Reason::too_large,
                             std::format("the answer is longer than {} bytes", bytes_max_));
    return fail(solution_.empty() ? std::move(error) : named(std::move(error), solution_));
  }
  return {};
}

void Fold::add_delta(const Delta& delta) {
  switch (delta.kind) {
    case Delta::Kind::text: return grow<Text>(parts_, delta.text);
    case Delta::Kind::reasoning: return grow<Reasoning>(parts_, delta.text);
    case Delta::Kind::refusal: return grow<Refusal>(parts_, delta.text);
    case Delta::Kind::tool_call: break;
  }
  auto found = tools_.find(delta.tool_index);
  if (found == tools_.end()) {
    found = tools_.emplace(delta.tool_index, parts_.size()).first;
    Part part;
    part.body = ToolCall{};
    parts_.push_back(std::move(part));
  }
  auto& call = std::get<ToolCall>(parts_[found->second].body);
  if (!delta.tool_id.empty()) call.id = delta.tool_id;
  if (!delta.tool_name.empty()) call.name = delta.tool_name;
  call.arguments_text += delta.text;
}

End Fold::take() {
  WEFT_ASSERT(end_);
  End end = *std::move(end_);
  if (!end.outcome) return end;
  Output& output = *end.outcome;
  if (output.turns.empty() && !parts_.empty()) {
    Turn turn;
    turn.role = Role::assistant;
    turn.parts = std::move(parts_);
    output.turns.push_back(std::move(turn));
  }
  if (output.artifacts.empty()) output.artifacts = std::move(artifacts_);
  if (!output.usage) output.usage = usage_;
  return end;
}

}  // namespace weft::model
