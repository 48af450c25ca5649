#include "aspects.h"

#include <format>

#include "weft/adapters/openai/messages.h"
#include "weft/base/json_compare.h"
#include "weft/model/codec.h"
#include "weft/wire/base64.h"

namespace weft::pairs {
namespace {

using model::Part;

constexpr std::array<std::string_view, kAspects> kNames{
    "text",    "text_types", "data",      "tool_calls", "files",    "file_names",
    "links",   "link_facts", "reasoning", "opaque",     "refusals", "tool_results",
    "tensors", "artifacts",  "finish",    "usage",      "model"};

std::string usage_text(const model::Usage& usage) {
  return std::format("{} {} {} {}", usage.input, usage.output, usage.cached, usage.reasoning);
}

/// Takes the parts of one turn or artifact apart.
class Taker {
 public:
  enum class Place : std::uint8_t { turns, artifacts };
  Taker(Aspects& out, Place place)
      : out_(out),
        said_(place == Place::turns ? out.turns : out.artifacts),
        run_(place == Place::turns ? &Aspects::Run::turns : &Aspects::Run::artifacts) {}

  void take(const Part& part) {
    std::visit([&](const auto& body) { (*this)(part, body); }, part.body);
  }

 private:
  void say(std::string text, bool must) {
    if (text.empty()) return;
    out_.words += text;
    if (!out_.lines.empty()) out_.lines += '\n';
    out_.lines += text;
    said_.push_back({std::move(text), must});
  }
  /// May be among the words, but is none of them here.
  void may_say(std::string text) {
    if (!text.empty()) said_.push_back({std::move(text), false});
  }
  void add(Aspect aspect, std::string value) {
    if (!value.empty()) out_[aspect].insert(std::move(value));
  }

  void operator()(const Part& part, const model::Text& text) {
    say(text.text, true);
    add(Aspect::text_types, part.media_type);
  }
  void operator()(const Part&, const model::Data& data) {
    const std::string written = json::write(data.json);
    add(Aspect::data, written);
    may_say(written);
  }
  void operator()(const Part& part, const model::Blob& blob) {
    std::string url = adapters::openai::data_url(part.media_type, blob.bytes);
    may_say(url);
    add(Aspect::files, std::move(url));
    add(Aspect::file_names, blob.filename);
  }
  void operator()(const Part& part, const model::Link& link) {
    may_say(link.uri);
    add(Aspect::links, link.uri);
    const std::string size = link.size ? std::to_string(*link.size) : "";
    // Where a name is needed the address stands for it (MCP: a resource_link has a name).
    const std::string name = link.name == link.uri ? "" : link.name;
    const bool bare = name.empty() && size.empty() && part.media_type.empty();
    if (!bare) add(Aspect::link_facts, std::format("{} {} {}", name, size, part.media_type));
  }
  void operator()(const Part&, const model::Tensor& tensor) {
    add(Aspect::tensors, json::write(model::to_json(tensor)));
  }
  void operator()(const Part&, const model::ToolCall& call) {
    add(Aspect::tool_calls, std::format("{} {} {}", call.id, call.name, call.arguments_text));
  }
  void operator()(const Part&, const model::ToolResult& result) {
    Part part;
    part.body = result;
    add(Aspect::tool_results, json::write(model::to_json(part)));
    may_say(model::joined_text(result.parts, true));
  }
  void operator()(const Part&, const model::Reasoning& reasoning) {
    out_.thought.*run_ += reasoning.text;
    add(Aspect::opaque, reasoning.opaque);
  }
  void operator()(const Part&, const model::Refusal& refusal) {
    out_.refused.*run_ += refusal.text;
    may_say(refusal.text);
  }

  Aspects& out_;
  std::vector<Said>& said_;
  std::string Aspects::Run::* run_;
};

void take_output_data(Aspects& out, const json::value& data) {
  const std::string written = json::write(data);
  out[Aspect::data].insert(written);
  out.turns.insert(out.turns.begin(), Said{written, false});
  out.turns.push_back({written, false});
}

/// Words that are a copy of the data may be told as the data alone (protocols.md §14.4.2).
void let_copies_go(Aspects& out) {
  for (auto* list : {&out.turns, &out.artifacts}) {
    for (Said& said : *list) {
      const auto read = json::parse(said.text);
      if (read && out[Aspect::data].contains(json::write(*read))) said.must = false;
    }
  }
}

/// Whether these words, from `at` on, are the pieces from `piece` on.
bool fits(const std::vector<Said>& pieces, std::string_view words, std::size_t piece,
          std::size_t at, std::set<std::pair<std::size_t, std::size_t>>& failed) {
  if (piece == pieces.size() && at == words.size()) return true;
  if (failed.contains({piece, at})) return false;
  if (piece < pieces.size()) {
    const Said& next = pieces[piece];
    const bool here = words.substr(at).starts_with(next.text);
    if (here && fits(pieces, words, piece + 1, at + next.text.size(), failed)) return true;
    if (!next.must && fits(pieces, words, piece + 1, at, failed)) return true;
  }
  const bool line = at < words.size() && words[at] == '\n';
  if (line && fits(pieces, words, piece, at + 1, failed)) return true;
  failed.emplace(piece, at);
  return false;
}

bool same_words(const Aspects& sent, const std::string& words) {
  std::vector<Said> turns_first = sent.turns;
  turns_first.insert(turns_first.end(), sent.artifacts.begin(), sent.artifacts.end());
  std::vector<Said> artifacts_first = sent.artifacts;
  artifacts_first.insert(artifacts_first.end(), sent.turns.begin(), sent.turns.end());
  std::set<std::pair<std::size_t, std::size_t>> failed;
  if (fits(turns_first, words, 0, 0, failed)) return true;
  failed.clear();
  return fits(artifacts_first, words, 0, 0, failed);
}

bool same_run(const Aspects::Run& sent, const Aspects::Run& came) {
  const std::string now = came.turns + came.artifacts;
  const std::string other = came.artifacts + came.turns;
  const std::string was = sent.turns + sent.artifacts;
  return now == was || other == was || now == sent.artifacts + sent.turns;
}

/// The result of a conversation as structured content.
const json::object* conversation_form(const model::Output& output) {
  const auto data = output.data ? output.data->if_object() : nullptr;
  const bool is = data && data->contains("text") && data->contains("finish_reason");
  return is ? data : nullptr;
}

std::int64_t tokens(const json::object& usage, std::string_view key) {
  return json::int_at(usage, key).value_or(0);
}

/// The same with the form's members where the model has their places.
model::Output spelt_out(const model::Output& output, const json::object& said) {
  model::Output out = output;
  out.data.reset();
  if (const auto* data = json::find(said, "data")) out.data = *data;
  model::Turn turn;
  const std::string words(json::string_at(said, "text"));
  if (aspects_of(out).words.empty() && !words.empty()) turn.parts.push_back(Part::text(words));
  if (const auto* calls = json::array_at(said, "tool_calls")) {
    for (const auto& call : *calls) {
      const json::object& o = call.as_object();
      model::ToolCall made{std::string(json::string_at(o, "id")),
                           std::string(json::string_at(o, "name")),
                           std::string(json::string_at(o, "arguments"))};
      turn.parts.push_back(Part{std::move(made), "", {}});
    }
  }
  if (!turn.parts.empty()) out.turns.push_back(std::move(turn));
  out.finish =
      model::finish_from(json::string_at(said, "finish_reason")).value_or(model::Finish::stop);
  if (const auto* usage = json::object_at(said, "usage")) {
    out.usage = model::Usage{tokens(*usage, "input_tokens"), tokens(*usage, "output_tokens"),
                             tokens(*usage, "cached_tokens"), tokens(*usage, "reasoning_tokens")};
  }
  out.model = json::string_at(said, "model");
  return out;
}

}  // namespace

std::string_view to_string(Aspect aspect) { return kNames[static_cast<std::size_t>(aspect)]; }

std::array<Aspect, kAspects> all_aspects() {
  std::array<Aspect, kAspects> out{};
  for (std::size_t i = 0; i < kAspects; ++i) out[i] = static_cast<Aspect>(i);
  return out;
}

Aspects aspects_of(const model::Output& output) {
  Aspects out;
  for (const auto& turn : output.turns) {
    Taker taker(out, Taker::Place::turns);
    for (const Part& part : turn.parts) taker.take(part);
  }
  for (const auto& artifact : output.artifacts) {
    Taker taker(out, Taker::Place::artifacts);
    for (const Part& part : artifact.parts) taker.take(part);
    out[Aspect::artifacts].insert(
        std::format("{} {} {}", artifact.id, artifact.name, artifact.description));
  }
  if (output.data) take_output_data(out, *output.data);
  let_copies_go(out);
  for (const auto& tensor : output.tensors)
    out[Aspect::tensors].insert(json::write(model::to_json(tensor)));
  out[Aspect::finish].insert(std::string(model::to_string(output.finish)));
  if (output.usage) out[Aspect::usage].insert(usage_text(*output.usage));
  if (!output.model.empty()) out[Aspect::model].insert(output.model);
  return out;
}

model::Output spelt_out(const model::Output& output) {
  const auto* form = conversation_form(output);
  return form ? spelt_out(output, *form) : output;
}

bool same(const Aspects& sent, const Aspects& came, Aspect aspect) {
  const auto& was = sent[aspect];
  const auto& now = came[aspect];
  switch (aspect) {
    // The same data twice says it once.
    case Aspect::data: return std::set(was.begin(), was.end()) == std::set(now.begin(), now.end());
    case Aspect::text: return same_words(sent, came.words);
    case Aspect::reasoning: return same_run(sent.thought, came.thought);
    case Aspect::refusals: return same_run(sent.refused, came.refused);
    default: return was == now;
  }
}

bool identical(const Aspects& sent, const Aspects& came, Aspect aspect) {
  return aspect == Aspect::data ? sent[aspect] == came[aspect] : same(sent, came, aspect);
}

bool in_words(const Aspects& sent, const Aspects& came, Aspect aspect) {
  const auto& now = came[aspect];
  for (const std::string& value : sent[aspect]) {
    if (!now.contains(value) && !came.words.contains(value)) return false;
  }
  for (const std::string& value : now) {
    if (!sent[aspect].contains(value)) return false;
  }
  return true;
}

std::set<Aspect> aspects_of(const model::Loss& loss) {
  static const std::vector<std::pair<std::string_view, std::set<Aspect>>> kWords{
      {"tensor", {Aspect::tensors}},
      {"refusal", {Aspect::refusals}},
      {"tool_result", {Aspect::tool_results}},
      {"reasoning", {Aspect::reasoning, Aspect::opaque}},
      {"tool_call", {Aspect::tool_calls}},
      {"data", {Aspect::data}},
      {"artifact", {Aspect::artifacts}},
      {"file",
       {Aspect::files, Aspect::file_names, Aspect::links, Aspect::link_facts, Aspect::tensors}},
      {"text", {Aspect::text, Aspect::text_types}},
      {"answer", {Aspect::text}},
      {"text_type", {Aspect::text_types}},
      {"link", {Aspect::link_facts}},
      {"finish", {Aspect::finish}},
      {"usage", {Aspect::usage}},
      {"model", {Aspect::model}},
  };
  for (const auto& [word, aspects] : kWords) {
    if (loss.from == word) return aspects;
  }
  return {};
}

bool became_file(const model::Loss& loss) { return loss.to == "resource"; }

std::string show(const model::Output& output) { return json::write(model::to_json(output)); }

std::string show(const std::vector<model::Loss>& losses) {
  return losses.empty() ? "nothing" : model::summary(losses);
}

}  // namespace weft::pairs
