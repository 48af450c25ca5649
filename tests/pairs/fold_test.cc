// Law 4 over all pairs: the fold of a stream is the unary answer.
#include "claims.h"
#include "pairs.h"
#include "weft/model/generate.h"

namespace weft::pairs {
namespace {

using model::Delta;

/// Events such as a solution streams, and what is left for its End to say.
class Streams {
 public:
  explicit Streams(std::uint32_t seed) : random_(seed) {}

  Play play() {
    Play out;
    for (std::size_t n = random_.below(6); n > 0; --n) add(out.events);
    model::Output rest;
    if (random_.below(3) == 0) rest.data = random_.object();
    if (random_.coin()) rest.finish = static_cast<model::Finish>(random_.below(4));
    if (random_.below(3) == 0) rest.model = random_.name();
    out.outcome = std::move(rest);
    return out;
  }

 private:
  void add(std::vector<model::Event>& events) {
    switch (random_.below(9)) {
      case 0: return add_tool_call(events);
      case 1: return add_artifact(events);
      case 2: return events.push_back({usage()});
      case 3: return events.push_back({step()});
      case 4: return add_words(events, Delta::Kind::reasoning);
      case 5: return add_words(events, Delta::Kind::refusal);
      default: return add_words(events, Delta::Kind::text);
    }
  }
  void add_words(std::vector<model::Event>& events, Delta::Kind kind) {
    for (std::size_t n = 1 + random_.below(3); n > 0; --n)
      events.push_back({Delta{.kind = kind, .text = random_.words()}});
  }
  void add_tool_call(std::vector<model::Event>& events) {
    const std::string arguments = json::write(random_.object());
    std::size_t cut = random_.below(arguments.size());
    // Not within a character.
    while (static_cast<unsigned char>(arguments[cut]) >= 0x80) --cut;
    Delta first{.kind = Delta::Kind::tool_call, .text = arguments.substr(0, cut)};
    first.tool_index = calls_++;
    first.tool_id = random_.name();
    first.tool_name = random_.name();
    Delta rest{.kind = Delta::Kind::tool_call, .text = arguments.substr(cut)};
    rest.tool_index = first.tool_index;
    events.push_back({std::move(first)});
    events.push_back({std::move(rest)});
  }
  void add_artifact(std::vector<model::Event>& events) {
    model::Artifact whole = random_.named_artifact();
    model::Artifact more = whole;
    more.append = true;
    more.parts = {random_.said()};
    whole.last = random_.coin();
    const bool goes_on = !whole.last;
    events.push_back({std::move(whole)});
    if (goes_on) events.push_back({std::move(more)});
  }
  model::Usage usage() {
    const auto count = [&] { return static_cast<std::int64_t>(random_.below(1000)); };
    return {count(), count(), count(), count()};
  }
  model::State step() {
    model::State out;
    out.progress = model::Progress{.done = 1.0, .total = 3.0, .text = random_.words()};
    return out;
  }

  model::Generate random_;
  int calls_ = 0;
};

class Folds : public OverPairs {
 protected:
  model::End cross(const Play& play, bool talk, model::Reply reply) {
    chain_.stage().set(play);
    const Told told = chain_.tell(talk ? chain_.with_words("talk", "hello", reply)
                                       : chain_.with_args("play", {{"run", 1}}, reply));
    const std::string fault = broken_law(told.hops);
    if (!fault.empty()) ADD_FAILURE() << fault;
    return folded(told.events);
  }

  /// What of the two answers is not the same.
  std::string difference(const model::End& unary, const model::End& stream) {
    if (unary.outcome.has_value() != stream.outcome.has_value()) return "the outcome";
    if (!unary.outcome) return {};
    const Aspects one = aspects_of(spelt_out(*unary.outcome));
    const Aspects other = aspects_of(spelt_out(*stream.outcome));
    for (const Aspect aspect : {Aspect::text, Aspect::finish, Aspect::usage, Aspect::tool_calls,
                                Aspect::data, Aspect::artifacts}) {
      const bool alike = aspect == Aspect::text ? same_words(one, other) : same(one, other, aspect);
      if (!alike && !told_so(aspect)) return std::string(to_string(aspect));
    }
    return {};
  }

  /// Chat says content and refusal in two fields, which have no order (§14.3); where refusals
  /// became text on the way, neither have their words.
  bool same_words(const Aspects& one, const Aspects& other) {
    std::string a = one.lines;
    std::string b = other.lines;
    const model::Output whole = *chain_.stage().whole().outcome;
    if (!through("openai") || aspects_of(whole).refused.turns.empty()) return a == b;
    for (std::string* lines : {&a, &b}) {
      std::erase(*lines, '\n');
      std::ranges::sort(*lines);
    }
    return a == b;
  }

  bool told_so(Aspect aspect) {
    const model::Output whole = *chain_.stage().whole().outcome;
    return told_otherwise(caller(), aspect, whole) || told_otherwise(solution(), aspect, whole);
  }
};

std::string show(const model::End& end) {
  return end.outcome ? pairs::show(*end.outcome) : end.outcome.error().message;
}

constexpr std::uint32_t kSeeds = 400;

TEST_P(Folds, OfTheStreamAreTheUnaryAnswer) {
  for (std::uint32_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    for (const bool talk : {false, true}) {
      const Play play = Streams(seed).play();
      const auto unary = cross(play, talk, model::Reply::unary);
      const auto stream = cross(play, talk, model::Reply::stream);
      EXPECT_EQ(difference(unary, stream), "")
          << "seed " << seed << (talk ? ", talk" : ", play") << "\n  unary  " << show(unary)
          << "\n  stream " << show(stream);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Folds, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
