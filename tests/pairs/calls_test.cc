// Law 2 over all pairs, on the way in: what the solution hears is what was said, but for the losses
// reported, and what is reported lost does differ.
#include <map>

#include "aspects.h"
#include "pairs.h"
#include "weft/base/json_compare.h"
#include "weft/model/codec.h"
#include "weft/model/generate.h"

namespace weft::pairs {
namespace {

using model::Call;
using model::Part;

/// A call taken apart: each piece under its name, as text.
using Pieces = std::map<std::string, std::string>;

void put(Pieces& out, const std::string& name, std::string value) {
  if (!value.empty()) out[name] = std::move(value);
}
void put(Pieces& out, const std::string& name, const auto& value) {
  if (value) out[name] = std::format("{}", *value);
}

void add_turns(Pieces& out, const std::vector<model::Turn>& turns) {
  std::string earlier;
  for (std::size_t i = 0; i + 1 < turns.size(); ++i)
    earlier += json::write(model::to_json(turns[i])) + "\n";
  put(out, "earlier", std::move(earlier));
  if (turns.empty()) return;
  model::Output last;
  last.turns.push_back(turns.back());
  const Aspects aspects = aspects_of(last);
  put(out, "words", aspects.words);
  for (const Aspect aspect : {Aspect::files, Aspect::links}) {
    std::string all;
    for (const std::string& value : aspects[aspect]) all += value + "\n";
    put(out, std::string(to_string(aspect)), std::move(all));
  }
}

void add_generation(Pieces& out, const model::Generation& gen) {
  put(out, "max_tokens", gen.max_tokens);
  put(out, "temperature", gen.temperature);
  put(out, "top_p", gen.top_p);
  put(out, "seed", gen.seed);
  if (gen.choices.value_or(1) != 1) put(out, "n", gen.choices);
  put(out, "presence_penalty", gen.presence_penalty);
  put(out, "frequency_penalty", gen.frequency_penalty);
  put(out, "effort", gen.effort);
  put(out, "format", gen.format);
  put(out, "schema", gen.schema ? json::write(*gen.schema) : std::string());
  std::string stop;
  for (const std::string& word : gen.stop) stop += word + "\n";
  put(out, "stop", std::move(stop));
}

/// What only one protocol understands (model/call.h): no solution here speaks it.
void add_extra(Pieces& out, const model::Generation& gen) {
  for (const auto& [key, value] : gen.extra) put(out, std::string(key), json::write(value));
}

Pieces pieces_of(const Call& call) {
  Pieces out;
  add_turns(out, call.turns);
  add_generation(out, call.gen);
  std::string tools;
  for (const auto& tool : call.tools) {
    tools += std::format("{} {} {} {}\n", tool.name, tool.description,
                         json::write(tool.input_schema), tool.strict);
  }
  put(out, "tools", std::move(tools));
  put(out, "tool_choice", call.tool_choice);
  put(out, "parallel_tools", call.parallel_tools);
  put(out, "trace", call.trace.parent + call.trace.state);
  return out;
}

/// The pieces that a loss speaks of; nothing when it is one of the answer.
std::set<std::string> pieces_of(const model::Loss& loss) {
  if (loss.path == "/turns") return {"earlier"};
  if (loss.path.starts_with("/turns/")) return {"files", "links"};
  if (loss.path == "/tools") return {"tools", "tool_choice", "parallel_tools"};
  if (loss.path.starts_with("/gen/")) return {loss.path.substr(5)};
  const bool setting = loss.path.starts_with("/") && !loss.path.substr(1).contains('/');
  return setting ? std::set{loss.path.substr(1)} : std::set<std::string>();
}

// ---- the law

class Calls : public OverPairs {};

constexpr std::uint32_t kArguments = 12;

TEST_P(Calls, GiveTheArgumentsAsTheyWere) {
  chain_.stage().set({});
  for (std::uint32_t seed = 1; seed <= kArguments && !HasFailure(); ++seed) {
    model::Generate random(seed);
    json::object args = random.object();
    args["more"] = random.value();
    args["run"] = static_cast<std::int64_t>(seed);
    const json::value sent(args);
    (void)chain_.tell(chain_.with_args("play", args, model::Reply::unary));
    const Call heard = chain_.stage().heard();
    ASSERT_TRUE(heard.args) << "seed " << seed;
    EXPECT_TRUE(json::equal(*heard.args, sent)) << "seed " << seed << "\n"
                                                << json::write(sent) << "\n"
                                                << json::write(*heard.args);
  }
}

/// What a caller could say to something that converses.
class Conversations {
 public:
  explicit Conversations(std::uint32_t seed) : random_(seed) {}

  void fill(Call& call) {
    call.turns.clear();
    call.args.reset();
    call.trace.parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    if (random_.below(3) == 0) add_earlier(call.turns);
    call.turns.push_back(turn(model::Role::user));
    if (random_.below(4) == 0) call.turns.back().parts.push_back(image());
    if (random_.below(3) == 0) add_tools(call);
    for (std::size_t n = random_.below(3); n > 0; --n) add_setting(call.gen);
  }

 private:
  model::Turn turn(model::Role role) { return {"", role, "", {Part::text(random_.words())}}; }
  Part image() {
    if (random_.coin()) return Part{model::Blob{random_.name(), ""}, "image/png", {}};
    return Part{model::Link{"https://example.org/" + random_.name(), "", {}}, "image/*", {}};
  }
  void add_earlier(std::vector<model::Turn>& turns) {
    if (random_.coin()) turns.push_back(turn(model::Role::system));
    turns.push_back(turn(model::Role::user));
    turns.push_back(turn(model::Role::assistant));
  }
  void add_tools(Call& call) {
    const json::object schema{{"type", "object"}};
    call.tools.push_back({random_.name(), random_.words(), schema, random_.coin()});
    if (random_.coin()) call.tool_choice = random_.coin() ? "required" : call.tools.front().name;
    if (random_.coin()) call.parallel_tools = random_.coin();
  }
  void add_setting(model::Generation& gen) {
    const double part = static_cast<double>(random_.below(100)) / 64.0;
    switch (random_.below(12)) {
      case 0: gen.max_tokens = static_cast<std::int64_t>(1 + random_.below(1000)); break;
      case 1: gen.temperature = part; break;
      case 2: gen.top_p = part; break;
      case 3: gen.stop = {random_.words(), random_.name()}; break;
      case 4: gen.seed = random_.integer(); break;
      case 5: gen.choices = static_cast<std::int64_t>(1 + random_.below(3)); break;
      case 6: gen.presence_penalty = part; break;
      case 7: gen.frequency_penalty = part; break;
      case 8: gen.effort = "low"; break;
      case 9: gen.format = gen.schema ? gen.format : "json"; break;
      case 10: add_schema(gen); break;
      default: gen.extra["logprobs"] = true; break;
    }
  }
  void add_schema(model::Generation& gen) {
    gen.format = "schema";
    gen.schema = json::object{{"type", "object"}};
    gen.schema_name = random_.name();
  }

  model::Generate random_;
};

/// What of a call differs, and what of it was reported.
class Compared {
 public:
  Compared(Pieces sent, Pieces came, std::vector<model::Loss> losses)
      : sent_(std::move(sent)), came_(std::move(came)), losses_(std::move(losses)) {
    for (const auto& loss : losses_) {
      for (const std::string& piece : pieces_of(loss)) reported_.insert(piece);
    }
  }

  /// The pieces that differ though nobody said so.
  std::vector<std::string> unreported() const {
    std::vector<std::string> out;
    for (const auto* pieces : {&sent_, &came_}) {
      for (const auto& [name, value] : *pieces) {
        if (differs(name) && !reported_.contains(name)) out.push_back(name);
      }
    }
    return out;
  }
  /// The losses of the call that did not happen.
  std::vector<model::Loss> untrue() const {
    std::vector<model::Loss> out;
    for (const auto& loss : losses_) {
      const auto pieces = pieces_of(loss);
      const bool true_ = std::ranges::any_of(pieces, [&](const auto& p) { return differs(p); });
      if (!pieces.empty() && !true_) out.push_back(loss);
    }
    return out;
  }
  std::string show() const { return pairs::show(losses_); }

 private:
  static std::string at(const Pieces& pieces, const std::string& name) {
    const auto found = pieces.find(name);
    return found == pieces.end() ? std::string() : found->second;
  }
  bool differs(const std::string& name) const {
    const std::string was = at(sent_, name);
    const std::string now = at(came_, name);
    // Earlier turns told in words stand before what is said now (protocols.md §14.6, chat -> A2A).
    if (name == "words" && reported_.contains("earlier")) return !now.ends_with(was);
    return was != now;
  }

  Pieces sent_;
  Pieces came_;
  std::vector<model::Loss> losses_;
  std::set<std::string> reported_;
};

class Heard : public Calls {
 protected:
  Compared cross(std::uint32_t seed, model::Reply reply) {
    Call call = chain_.with_words("talk", "", reply);
    Conversations(seed).fill(call);
    Pieces sent = pieces_of(call);
    add_extra(sent, call.gen);
    const Told told = chain_.tell(std::move(call));
    EXPECT_TRUE(told.end().outcome) << told.end().outcome.error().message;
    std::vector<model::Loss> losses = told.end().losses;
    for (const Hop& hop : told.hops)
      losses.insert(losses.end(), hop.losses.begin(), hop.losses.end());
    return {std::move(sent), pieces_of(chain_.stage().heard()), std::move(losses)};
  }
};

constexpr std::uint32_t kConversations = 20;

TEST_P(Heard, AreConversationsButForWhatIsReported) {
  chain_.stage().set({});
  for (std::uint32_t seed = 1; seed <= kConversations && !HasFailure(); ++seed) {
    const auto reply = seed % 2 == 0 ? model::Reply::unary : model::Reply::stream;
    const Compared compared = cross(seed, reply);
    for (const std::string& piece : compared.unreported()) {
      ADD_FAILURE() << "seed " << seed << ": " << piece
                    << " differs; reported: " << compared.show();
    }
    for (const auto& loss : compared.untrue()) {
      ADD_FAILURE() << "seed " << seed << ": " << loss.path
                    << " was reported as lost, and nothing of it differs";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Calls, all_pairs(), name_of);
INSTANTIATE_TEST_SUITE_P(All, Heard, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
