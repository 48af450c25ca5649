#include "weft/model/event.h"

#include <array>
#include <format>

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 4> kLossKinds{"dropped", "approximated", "invented",
                                                     "reordered"};
constexpr std::array<std::string_view, 8> kStates{"submitted", "working", "ask",      "auth",
                                                  "completed", "failed",  "canceled", "rejected"};
constexpr std::array<std::string_view, 6> kAskKinds{"form",    "question", "url",
                                                    "approve", "sample",   "login"};
constexpr std::array<std::string_view, 6> kFinishes{"stop",     "length",  "tool_calls",
                                                    "filtered", "refused", "paused"};
/// What fits a header line without trouble on the way.
constexpr std::size_t kSummaryCharsMax = 1024;

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e || c == ';') c = '?';
  }
  return out;
}

const Data* only_data(const Output& output) {
  const Data* only = nullptr;
  std::size_t count = 0;
  const auto look = [&](const std::vector<Part>& parts) {
    for (const auto& part : parts) {
      if (const auto* data = std::get_if<Data>(&part.body)) {
        only = data;
        ++count;
      }
    }
  };
  for (const auto& turn : output.turns) look(turn.parts);
  for (const auto& artifact : output.artifacts) look(artifact.parts);
  return count == 1 ? only : nullptr;
}

}  // namespace

std::string_view to_string(LossKind kind) { return kLossKinds.at(static_cast<std::size_t>(kind)); }
std::string_view to_string(TaskState state) { return kStates.at(static_cast<std::size_t>(state)); }
std::string_view to_string(Ask::Kind kind) { return kAskKinds.at(static_cast<std::size_t>(kind)); }
std::string_view to_string(Finish finish) { return kFinishes.at(static_cast<std::size_t>(finish)); }

json::array to_json(const std::vector<Loss>& losses) {
  json::array out;
  for (const auto& loss : losses) {
    json::object o;
    o["path"] = loss.path;
    o["from"] = loss.from;
    o["to"] = loss.to;
    o["kind"] = to_string(loss.kind);
    if (!loss.note.empty()) o["note"] = loss.note;
    out.push_back(std::move(o));
  }
  return out;
}

std::string summary(const std::vector<Loss>& losses) {
  std::string out;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const auto& loss = losses[i];
    const std::string item =
        std::format("{}{} {}>{} {}", out.empty() ? "" : "; ", printable(loss.path),
                    printable(loss.from), printable(loss.to), to_string(loss.kind));
    if (out.size() + item.size() > kSummaryCharsMax) {
      out += std::format("{}{} more", out.empty() ? "" : "; ", losses.size() - i);
      break;
    }
    out += item;
  }
  return out;
}

std::optional<TaskState> task_state_from(std::string_view word) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == word) return static_cast<TaskState>(i);
  }
  return std::nullopt;
}

std::optional<Finish> finish_from(std::string_view word) {
  for (std::size_t i = 0; i < kFinishes.size(); ++i) {
    if (kFinishes[i] == word) return static_cast<Finish>(i);
  }
  return std::nullopt;
}

bool terminal(TaskState state) { return state >= TaskState::completed; }

Event end_with(Error error) { return Event{End{std::unexpected(std::move(error)), {}}}; }
Event end_with(Output output) { return Event{End{std::move(output), {}}}; }

std::string plain_text(const Output& output) {
  std::string out;
  const auto add = [&](const std::vector<Part>& parts) {
    const std::string text = joined_text(parts, false);
    if (text.empty()) return;
    if (!out.empty()) out += '\n';
    out += text;
  };
  for (const auto& turn : output.turns) add(turn.parts);
  for (const auto& artifact : output.artifacts) add(artifact.parts);
  if (!out.empty()) return out;
  if (output.data) return json::write(*output.data);
  for (const auto& turn : output.turns) {
    if (out = joined_text(turn.parts, true); !out.empty()) return out;
  }
  for (const auto& artifact : output.artifacts) {
    if (out = joined_text(artifact.parts, true); !out.empty()) return out;
  }
  return out;
}

std::optional<json::value> plain_data(const Output& output) {
  if (output.data) return output.data;
  if (const auto* data = only_data(output)) return data->json;
  return std::nullopt;
}

}  // namespace weft::model
