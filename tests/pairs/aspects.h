// What there is to compare of an answer, piece by piece, so that what a crossing changed can be
// held against what it reported. Owned by the tests; pure.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "weft/model/event.h"

namespace weft::pairs {

enum class Aspect : std::uint8_t {
  text,
  text_types,
  data,
  tool_calls,
  files,
  file_names,
  links,
  link_facts,
  reasoning,
  opaque,
  refusals,
  tool_results,
  tensors,
  artifacts,
  finish,
  usage,
  model,
};
inline constexpr std::size_t kAspects = 17;
std::string_view to_string(Aspect aspect);
/// All of them.
std::array<Aspect, kAspects> all_aspects();

/// One piece of what people read. What has another form too need not be among the words.
struct Said {
  std::string text;
  bool must = true;
};

/// An answer taken apart. That one turn or several hold the parts is nothing that an answer of a
/// caller's protocol has to tell (protocols.md §14.3 has rows for kinds of content only).
struct Aspects {
  std::vector<Said> turns;
  std::vector<Said> artifacts;
  /// All words, with nothing between the pieces.
  std::string words;
  /// The same with a line end between two pieces, as people read them.
  std::string lines;
  /// Thoughts and refusals grow as text does: where one part ends is not told.
  struct Run {
    std::string turns;
    std::string artifacts;
  };
  Run thought;
  Run refused;
  std::array<std::multiset<std::string>, kAspects> values;
  std::multiset<std::string>& operator[](Aspect a) { return values[static_cast<std::size_t>(a)]; }
  const std::multiset<std::string>& operator[](Aspect a) const {
    return values[static_cast<std::size_t>(a)];
  }
};

/// What is in an answer, each value where the model has its place.
Aspects aspects_of(const model::Output& output);
/// The answer that a conversation's result as MCP tells it stands for: structured content
/// `{text, finish_reason, usage, model, tool_calls, data}` (protocols.md §14.6, MCP -> chat).
model::Output spelt_out(const model::Output& output);

/// Whether nothing of this aspect changed. Words may have line ends between the pieces, and copies
/// of what has a form of its own; turns before artifacts or after them.
bool same(const Aspects& sent, const Aspects& came, Aspect aspect);
/// The same, but for what is told twice and came once.
bool identical(const Aspects& sent, const Aspects& came, Aspect aspect);
/// Whether each value of `sent` that is gone stands among the words of `came`.
bool in_words(const Aspects& sent, const Aspects& came, Aspect aspect);

/// The aspects of an answer that a loss speaks of: none when it is one of the request.
std::set<Aspect> aspects_of(const model::Loss& loss);
/// Whether the loss says that what is lost came as a file instead.
bool became_file(const model::Loss& loss);

/// For messages.
std::string show(const model::Output& output);
std::string show(const std::vector<model::Loss>& losses);

}  // namespace weft::pairs
