// Values from a seed for the property tests of A2A, and its schemas. Owned by the tests of
// adapters/a2a.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "weft/adapters/a2a/messages.h"
#include "weft/hub/registry.h"

namespace weft::adapters::a2a::testing {

/// Random objects; the same seed gives the same ones.
class Maker {
 public:
  explicit Maker(std::uint64_t seed, bool extras = true) : engine_(seed), extras_(extras) {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_);
  }
  bool chance() { return below(2) == 0; }
  std::string text() {
    static const std::vector<std::string> kTexts{
        "",    "a", "grüß 你好 🙂", "{\"a\":1}", "line\nline", "\"q\"\\",
        "yes", "0", "weft.part",    "\x7f\u2028"};
    return kTexts[below(kTexts.size())];
  }
  std::string word() {
    static const std::vector<std::string> kWords{"alpha", "b-2", "c.d", "ünï", "x/y"};
    return kWords[below(kWords.size())];
  }
  json::value data(int depth = 0) {
    switch (below(depth > 2 ? 5 : 7)) {
      case 0: return true;
      case 1: return static_cast<std::int64_t>(below(1000)) - 500;
      case 2: return json::value(text());
      case 3: return 0.5;
      case 4: return json::object();
      case 5: {
        json::array out;
        for (std::size_t i = below(3); i > 0; --i) out.push_back(data(depth + 1));
        return out;
      }
      default: return object(depth + 1);
    }
  }
  json::object object(int depth = 0) {
    json::object out;
    for (std::size_t i = below(3); i > 0; --i) out[word()] = data(depth + 1);
    return out;
  }
  model::Part part() {
    model::Part part;
    switch (below(9)) {
      case 0: part.body = model::Text{text()}; break;
      case 1: part.body = model::Data{data()}; break;
      case 2:
        part.body = model::Blob{std::string("\0\xff\x80 bytes", 9), chance() ? word() : ""};
        break;
      case 3:
        part.body =
            model::Link{"https://example.com/" + word(), chance() ? word() : "", std::nullopt};
        break;
      case 4: part.body = model::Link{"https://example.com/x", "", below(5000)}; break;
      case 5: part.body = model::Reasoning{text(), chance() ? word() : ""}; break;
      case 6: part.body = model::Refusal{text()}; break;
      case 7: part.body = model::ToolCall{word(), word(), "{\"a\": 1}"}; break;
      default:
        part.body = model::Tensor{word(), "INT32", {2}, std::string("\1\0\0\0\2\0\0\0", 8), {}};
        break;
    }
    if (chance() && part.body.index() < 4)
      part.media_type = chance() ? "image/png" : "text/markdown";
    if (chance()) part.meta = object(2);
    return part;
  }
  std::vector<model::Part> parts() {
    std::vector<model::Part> out;
    for (std::size_t i = below(4) + 1; i > 0; --i) out.push_back(part());
    return out;
  }
  Message message() {
    Message out;
    out.id = word();
    out.context_id = chance() ? word() : "";
    out.task_id = chance() ? word() : "";
    out.role = chance() ? Speaker::user : Speaker::agent;
    out.parts = parts();
    if (chance()) out.metadata = object();
    if (chance()) out.extensions = {word()};
    if (chance()) out.reference_task_ids = {word(), word()};
    if (chance() && extras_) out.extras["futureField"] = data();
    return out;
  }
  Status status() {
    static const std::vector<model::TaskState> kStates{
        model::TaskState::submitted, model::TaskState::working,   model::TaskState::ask,
        model::TaskState::auth,      model::TaskState::completed, model::TaskState::failed,
        model::TaskState::canceled,  model::TaskState::rejected};
    Status out;
    out.state = kStates[below(kStates.size())];
    if (chance()) out.message = message();
    if (chance()) out.timestamp = "2026-11-23T09:00:00.000Z";
    return out;
  }
  Artifact artifact() {
    Artifact out;
    out.id = word();
    out.name = chance() ? word() : "";
    out.description = chance() ? text() : "";
    out.parts = parts();
    if (chance()) out.metadata = object();
    if (chance()) out.extensions = {word()};
    return out;
  }
  Task task() {
    Task out;
    out.id = word();
    out.context_id = word();
    out.status = status();
    for (std::size_t i = below(3); i > 0; --i) out.artifacts.push_back(artifact());
    for (std::size_t i = below(3); i > 0; --i) out.history.push_back(message());
    if (chance()) out.metadata = object();
    return out;
  }
  StreamItem item() {
    switch (below(4)) {
      case 0: return task();
      case 1: return message();
      case 2: return StatusUpdate{word(), word(), status(), object(), {}};
      default: return ArtifactUpdate{word(), word(), artifact(), chance(), chance(), object(), {}};
    }
  }

 private:
  std::mt19937_64 engine_;
  bool extras_;
};

/// What a registry would hold of a solution, with nobody behind it.
inline model::Skill skill(std::string id, model::Shape shape) {
  model::Skill out;
  out.id = SkillId(std::move(id));
  out.shape = shape;
  return out;
}

inline std::shared_ptr<const hub::Entry> entry(std::string id, std::string protocol,
                                               std::vector<model::Skill> skills) {
  model::Solution solution;
  solution.id = SolutionId(std::move(id));
  solution.protocol = std::move(protocol);
  solution.skills = std::move(skills);
  return hub::make_entry(std::move(solution), nullptr, {}, "testing");
}

}  // namespace weft::adapters::a2a::testing
