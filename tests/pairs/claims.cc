#include "claims.h"

#include <algorithm>
#include <format>

#include "weft/adapters/openai/answer.h"

namespace weft::pairs {
namespace {

using model::Output;
using model::Part;

// ---- what an answer has, for claims that hold only then

template <class Body>
bool holds(const std::vector<Part>& parts) {
  return std::ranges::any_of(
      parts, [](const Part& part) { return std::holds_alternative<Body>(part.body); });
}

template <class... Body>
bool in_turns(const Output& output) {
  return std::ranges::any_of(output.turns,
                             [](const auto& turn) { return (holds<Body>(turn.parts) || ...); });
}

template <class... Body>
bool in_artifacts(const Output& output) {
  return std::ranges::any_of(
      output.artifacts, [](const auto& artifact) { return (holds<Body>(artifact.parts) || ...); });
}

bool has_words(const Output& output) {
  return in_turns<model::Text>(output) || in_artifacts<model::Text>(output);
}

/// It has text, files or links besides its data: chat then tells them alone.
bool has_content(const Output& output) {
  return has_words(output) || in_turns<model::Blob, model::Link>(output) ||
         in_artifacts<model::Blob, model::Link>(output);
}

bool has_tensors(const Output& output) {
  return !output.tensors.empty() || in_turns<model::Tensor>(output) ||
         in_artifacts<model::Tensor>(output);
}

/// weft's own REST answers with the data alone.
bool is_structured(const Output& output) { return model::plain_data(output).has_value(); }

/// More data than one value.
bool has_more_data(const Output& output) { return aspects_of(output)[Aspect::data].size() > 1; }
/// Words in several places: in a turn and an artifact, or in two artifacts.
bool has_words_apart(const Output& output) {
  const auto speaks = [](const auto& piece) { return holds<model::Text>(piece.parts); };
  return std::ranges::count_if(output.artifacts, speaks) + (in_turns<model::Text>(output) ? 1 : 0) >
         1;
}

bool has_data_part(const Output& output) {
  return in_turns<model::Data>(output) || in_artifacts<model::Data>(output);
}

// ---- the claims

/// Of the skill that the door serves: one that converses, or one with a result.
enum class Of : std::uint8_t { any, conversation, result };

/// How a difference that nobody reported is to be taken.
enum class Kind : std::uint8_t {
  in_words,  ///< it is told among the words: a form, not a loss
  no_place,  ///< the protocol has no place for it
};

struct Claim {
  std::string_view protocol;
  Aspect aspect;
  Kind kind;
  Of of = Of::any;
  bool (*when)(const Output&) = nullptr;
  std::string_view why;
  /// Only of what is told as a stream.
  bool streamed = false;
};

/// Declared: each with its clause of protocols.md.
constexpr std::array kDeclared{
    Claim{"openai", Aspect::data, Kind::in_words, Of::any, nullptr,
          "§14.3: JSON is the content, as compact JSON"},
    Claim{"openai", Aspect::files, Kind::in_words, Of::any, nullptr,
          "§14.3: binary is a data URL in the content"},
    Claim{"openai", Aspect::file_names, Kind::no_place, Of::any, nullptr,
          "§14.3: a data URL has no name"},
    Claim{"openai", Aspect::links, Kind::in_words, Of::any, nullptr,
          "§14.3: the content of a message is text; a link is its address"},
    Claim{"openai", Aspect::text_types, Kind::no_place, Of::any, nullptr,
          "§14.3: text is message.content, which has no media type"},
    Claim{"openai", Aspect::opaque, Kind::no_place, Of::any, nullptr,
          "§14.6 Responses -> chat: chat has no reasoning items, only their words"},
    Claim{"openai", Aspect::model, Kind::no_place, Of::any, nullptr,
          "§14.1: `model` is the outward name that was asked for"},
    Claim{"mcp", Aspect::text_types, Kind::no_place, Of::any, nullptr,
          "§14.3: text is a text content block, which has no media type"},
};

bool media_in_artifacts(const Output& output) {
  return in_artifacts<model::Blob, model::Link>(output);
}
/// Chat has no place for these inside an artifact: only its words and files are told.
bool lost_in_artifacts(const Output& output) {
  return in_artifacts<model::Reasoning, model::Refusal, model::ToolCall>(output);
}
bool beside_content(const Output& output) {
  return has_content(output) || (output.data && has_data_part(output));
}
bool has_two_forms_of_data(const Output& output) { return output.data && has_data_part(output); }
bool has_bare_artifact(const Output& output) {
  return std::ranges::any_of(output.artifacts, [](const auto& artifact) {
    return artifact.name.empty() && artifact.description.empty();
  });
}
bool calls_in_artifacts(const Output& output) { return in_artifacts<model::ToolCall>(output); }

/// OPEN: where the product breaks the law today. Each is a defect to be mended, then removed here.
constexpr std::array kOpen{
    // Chat's door reports no loss of an answer at all (openai/answer.cc, chunk.cc).
    Claim{"openai", Aspect::data, Kind::no_place, Of::any, beside_content,
          "data beside text or files is dropped without a report"},
    Claim{"openai", Aspect::artifacts, Kind::no_place, Of::any, nullptr,
          "ids, names and descriptions of artifacts are dropped without a report"},
    Claim{"openai", Aspect::link_facts, Kind::no_place, Of::any, nullptr,
          "a link's name, size and type are dropped without a report"},
    Claim{"openai", Aspect::reasoning, Kind::no_place, Of::any, lost_in_artifacts,
          "reasoning inside an artifact is dropped without a report"},
    Claim{"openai", Aspect::refusals, Kind::no_place, Of::any, lost_in_artifacts,
          "a refusal inside an artifact is dropped without a report"},
    Claim{"openai", Aspect::tool_calls, Kind::no_place, Of::any, lost_in_artifacts,
          "a tool call inside an artifact is dropped without a report"},
    Claim{"openai", Aspect::tool_results, Kind::no_place, Of::any, nullptr,
          "tool results are dropped without a report"},
    Claim{"openai", Aspect::tensors, Kind::no_place, Of::any, nullptr,
          "tensors are dropped without a report"},
    Claim{"openai", Aspect::files, Kind::no_place, Of::any, media_in_artifacts,
          "a streamed artifact's files are dropped once its text was told; reported as reordered",
          true},
    Claim{"openai", Aspect::links, Kind::no_place, Of::any, media_in_artifacts,
          "a streamed artifact's links are dropped once its text was told; reported as reordered",
          true},
    // MCP.
    Claim{"mcp", Aspect::finish, Kind::no_place, Of::result, nullptr,
          "why a tool's answer ended is dropped without a report"},
    Claim{"mcp", Aspect::usage, Kind::no_place, Of::result, nullptr,
          "_meta[\"weft/usage\"] is written and not read back"},
    Claim{"mcp", Aspect::model, Kind::no_place, Of::result, nullptr,
          "the model's name is dropped without a report"},
    Claim{"mcp", Aspect::tool_calls, Kind::no_place, Of::result, nullptr,
          "tool calls of a tool's answer are dropped without a report"},
    Claim{"mcp", Aspect::tool_calls, Kind::no_place, Of::conversation, calls_in_artifacts,
          "a tool call inside an artifact is dropped without a report"},
    Claim{"mcp", Aspect::artifacts, Kind::no_place, Of::any, has_bare_artifact,
          "an artifact without name and description is told as content without a report"},
    Claim{"mcp", Aspect::file_names, Kind::no_place, Of::any, nullptr,
          "a file's name is written into weft://blob/NAME and not read back"},
    // A2A: what the door writes into metadata, weft's own client does not read.
    Claim{"a2a", Aspect::finish, Kind::no_place, Of::any, nullptr,
          "metadata weft.finish is written and not read back"},
    Claim{"a2a", Aspect::usage, Kind::no_place, Of::any, nullptr,
          "metadata weft.usage is written and not read back"},
    Claim{"a2a", Aspect::model, Kind::no_place, Of::any, nullptr,
          "metadata weft.model is written and not read back"},
    Claim{"a2a", Aspect::artifacts, Kind::no_place, Of::any, nullptr,
          "the client tells an artifact's text as a turn's and forgets the artifact; the door of "
          "a tool tells artifacts as parts of one message; no report"},
    Claim{"a2a", Aspect::data, Kind::no_place, Of::any, has_two_forms_of_data,
          "Output::data is dropped without a report when a turn has a data part"},
    Claim{"a2a", Aspect::reasoning, Kind::no_place, Of::any, nullptr,
          "reasoning is dropped; the README says so, weft.loss does not"},
    Claim{"a2a", Aspect::opaque, Kind::no_place, Of::any, nullptr,
          "reasoning is dropped; the README says so, weft.loss does not"},
    Claim{"a2a", Aspect::text, Kind::no_place, Of::any, has_words_apart,
          "the client puts an artifact's text where it came, into the middle of a turn's"},
    Claim{"a2a", Aspect::text_types, Kind::no_place, Of::any, nullptr,
          "the client forgets the media type of text"},
    // weft's own REST: the data alone.
    Claim{"openapi", Aspect::text, Kind::no_place, Of::result, is_structured,
          "text beside data is dropped without a report"},
    Claim{"openapi", Aspect::finish, Kind::no_place, Of::result, is_structured,
          "why an answer with data ended is dropped without a report"},
    Claim{"openapi", Aspect::usage, Kind::no_place, Of::result, is_structured,
          "usage of an answer with data is dropped without a report"},
    Claim{"openapi", Aspect::model, Kind::no_place, Of::result, is_structured,
          "the model's name of an answer with data is dropped without a report"},
    Claim{"openapi", Aspect::tool_calls, Kind::no_place, Of::result, is_structured,
          "tool calls of an answer with data are dropped without a report"},
    Claim{"openapi", Aspect::artifacts, Kind::no_place, Of::result, is_structured,
          "artifacts without files are dropped without a report beside data"},
    Claim{"openapi", Aspect::data, Kind::no_place, Of::result, has_more_data,
          "of several data values one is told, without a report"},
    // weft's own REST: the loose form.
    Claim{"openapi", Aspect::usage, Kind::no_place, Of::any, nullptr,
          "Usage events have no event, and `done` tells the bare End, not what streamed", true},
    Claim{"openapi", Aspect::text, Kind::no_place, Of::any, nullptr,
          "the text of artifacts is told twice when turns have text too"},
    Claim{"openapi", Aspect::data, Kind::no_place, Of::any, has_data_part,
          "data parts of turns are dropped beside text, else told as text, without a report"},
    Claim{"openapi", Aspect::reasoning, Kind::no_place, Of::any, nullptr,
          "reasoning is dropped without a report"},
    Claim{"openapi", Aspect::opaque, Kind::no_place, Of::any, nullptr,
          "reasoning is dropped without a report"},
    Claim{"openapi", Aspect::refusals, Kind::no_place, Of::any, nullptr,
          "a refusal is told as plain text, or dropped beside data, without a report"},
    Claim{"openapi", Aspect::tool_results, Kind::no_place, Of::any, nullptr,
          "tool results are told as plain text, or dropped, without a report"},
    Claim{"openapi", Aspect::tensors, Kind::no_place, Of::any, nullptr,
          "a tensor is written without type and shape, Output::tensors not at all; no report"},
    Claim{"openapi", Aspect::files, Kind::no_place, Of::any, has_tensors,
          "a tensor is read back as a file"},
    Claim{"openapi", Aspect::link_facts, Kind::no_place, Of::any, nullptr,
          "a link's size is dropped without a report"},
    Claim{"openapi", Aspect::text_types, Kind::no_place, Of::any, nullptr,
          "the media type of a turn's text is dropped without a report"},
    Claim{"openapi", Aspect::tool_calls, Kind::no_place, Of::any, calls_in_artifacts,
          "a tool call inside an artifact is dropped without a report"},
};

/// OPEN: losses that are reported and did not happen.
bool open_false_report(const Hop& hop, const model::Loss& loss) {
  // An artifact that streamed has been told; beside data the end reports its files as dropped.
  if (hop.protocol == "openapi") return hop.streams && loss.from == "file";
  // Files, links and data that are dropped from a stream are reported as words reordered.
  return hop.protocol == "openai" && hop.streams && loss.from == "answer";
}

// ---- holding a crossing against them

/// The finishes that chat's own words for one come back as (openai/answer.h).
bool coarsened_finish(const Output& sent, const Output& came) {
  using adapters::openai::finish_from;
  using adapters::openai::finish_word;
  return came.finish == finish_from(finish_word(sent));
}

class Held {
 public:
  explicit Held(const Hop& hop)
      : hop_(hop), sent_(aspects_of(*hop.sent.outcome)), came_(aspects_of(read(hop))) {
    if (hop.protocol == "a2a") forget_answer();
    for (const auto& loss : hop.losses) {
      for (const Aspect aspect : aspects_of(loss)) reported_.insert(aspect);
      files_grew_ = files_grew_ || became_file(loss);
    }
  }

  std::string fault() const {
    for (const Aspect aspect : all_aspects()) {
      if (!carried(aspect))
        return std::format("{} differs, and nothing was reported", to_string(aspect));
    }
    for (const auto& loss : hop_.losses) {
      const auto aspects = aspects_of(loss);
      const bool told =
          std::ranges::any_of(aspects, [&](Aspect a) { return !identical(sent_, came_, a); });
      if (aspects.empty()) return std::format("a loss of `{}`: of what?", loss.from);
      if (!told && !open_false_report(hop_, loss))
        return std::format("`{}` was reported as lost, and nothing of it differs", loss.from);
    }
    return {};
  }

 private:
  static Output read(const Hop& hop) {
    const bool form = hop.protocol == "mcp" && hop.shape == model::Shape::converse;
    return form ? spelt_out(*hop.came.outcome) : *hop.came.outcome;
  }
  /// A2A tells what a turn said in an artifact of this name (§14.3): it is no artifact of the
  /// solution's.
  void forget_answer() {
    std::erase_if(came_[Aspect::artifacts],
                  [](const std::string& artifact) { return artifact.starts_with("answer"); });
  }
  bool unchanged(Aspect aspect) const { return same(sent_, came_, aspect); }

  bool carried(Aspect aspect) const {
    if (unchanged(aspect) || reported_.contains(aspect)) return true;
    if (aspect == Aspect::files && files_grew_ &&
        std::ranges::includes(came_[aspect], sent_[aspect]))
      return true;
    if (aspect == Aspect::finish && hop_.protocol == "openai")
      return coarsened_finish(*hop_.sent.outcome, *hop_.came.outcome);
    return claimed(kDeclared, aspect) || claimed(kOpen, aspect);
  }

  template <std::size_t n>
  bool claimed(const std::array<Claim, n>& claims, Aspect aspect) const {
    return std::ranges::any_of(claims, [&](const Claim& claim) { return holds(claim, aspect); });
  }
  bool holds(const Claim& claim, Aspect aspect) const {
    if (claim.protocol != hop_.protocol || claim.aspect != aspect) return false;
    if (claim.streamed && !hop_.streams) return false;
    const bool converses = hop_.shape == model::Shape::converse;
    if (claim.of == Of::conversation && !converses) return false;
    if (claim.of == Of::result && converses) return false;
    if (claim.when != nullptr && !claim.when(*hop_.sent.outcome)) return false;
    return claim.kind == Kind::no_place || in_words(sent_, came_, aspect);
  }

  const Hop& hop_;
  Aspects sent_;
  Aspects came_;
  std::set<Aspect> reported_;
  bool files_grew_ = false;
};

/// A refusal through A2A is a task in TASK_STATE_REJECTED, which is an error (§14.5, refused).
bool rejected(const Hop& hop) {
  return hop.protocol == "a2a" && hop.sent.outcome->finish == model::Finish::refused &&
         hop.came.outcome.error().reason == Reason::refused;
}

std::string law(const Hop& hop) {
  if (!hop.sent.outcome) return {};
  if (hop.came.outcome) return Held(hop).fault();
  if (rejected(hop)) return {};
  return "an answer became an error: " + hop.came.outcome.error().message;
}

/// OPEN: the `done` of a REST stream tells the bare End: beside data its words are the data's, and
/// not those that streamed.
bool open_end(const Hop& hop) { return hop.protocol == "openapi" && hop.streams; }

std::string explain(const Hop& hop, const std::string& fault) {
  return std::format("{} ({}, {}): {}\n  sent {}\n  came {}\n  reported {}\n{}", hop.protocol,
                     hop.shape == model::Shape::converse ? "conversation" : "result",
                     hop.streams ? "stream" : "unary", fault, show(*hop.sent.outcome),
                     hop.came.outcome ? show(*hop.came.outcome) : "an error", show(hop.losses),
                     hop.wire->transcript());
}

}  // namespace

std::string broken_law(const std::vector<Hop>& hops) {
  for (const Hop& hop : hops) {
    // What says two things can be held against nothing.
    if (!hop.end_agrees && open_end(hop)) return {};
    if (!hop.end_agrees) return explain(hop, "the End says other words than its deltas");
    if (const std::string fault = law(hop); !fault.empty()) return explain(hop, fault);
  }
  return {};
}

bool open_fold(std::string_view protocol, Aspect aspect, const Output& sent) {
  if (protocol == "openai") {
    // Once told, an artifact's text has its place: what stands before it is dropped.
    return aspect == Aspect::text && !sent.artifacts.empty();
  }
  if (protocol != "openapi") return false;
  // At once: the data alone, or everything loose. Streamed: the events, and the bare End.
  if (aspect == Aspect::usage || is_structured(sent)) return true;
  const bool refused = in_turns<model::Refusal>(sent);
  return aspect == Aspect::text && (refused || !sent.artifacts.empty());
}

}  // namespace weft::pairs
