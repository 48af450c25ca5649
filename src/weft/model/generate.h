// Random canonical values for property tests. Owned by the tests of model and of whoever stands on
// it; one thread.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::model {

/// Makes values that reach into the corners: empty members, null data, bytes of every value, deep
/// nesting. What the real_…() make is tamer: what a solution could really answer and
/// a caller really say, so that it has a form in every protocol that has one for its kind.
class Generate {
 public:
  explicit Generate(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool coin() { return below(2) == 0; }
  std::int64_t integer() {
    const auto high = static_cast<std::int64_t>(random_());
    return coin() ? static_cast<std::int64_t>(below(100)) - 50 : high << 31 ^ random_();
  }
  double number() { return static_cast<double>(integer()) / 1024.0; }

  std::string text() {
    static const std::vector<std::string> kPieces{
        "a",  "B9", " ", "\"", "\\", "\n",   std::string(1, '\0'), "é",
        "海", "😀", "/", "~1", "{}", "\x7f", "\xef\xbf\xbd"};
    std::string out;
    for (std::size_t n = below(6); n > 0; --n) out += kPieces[below(kPieces.size())];
    return out;
  }
  std::string bytes() {
    std::string out;
    for (std::size_t n = below(9); n > 0; --n) out += static_cast<char>(below(256));
    return out;
  }
  json::value value(int depth = 3) {
    switch (below(depth > 0 ? 8 : 5)) {
      case 0: return nullptr;
      case 1: return coin();
      case 2: return integer();
      case 3: return number();
      case 5: {
        json::array out;
        for (std::size_t n = below(4); n > 0; --n) out.push_back(value(depth - 1));
        return out;
      }
      case 6: return object(depth - 1);
      default: return json::value(text());
    }
  }
  json::object object(int depth = 2) {
    json::object out;
    for (std::size_t n = below(3); n > 0; --n) out[text()] = value(depth);
    return out;
  }
  template <class T, class Make>
  std::vector<T> some(Make make) {
    std::vector<T> out;
    for (std::size_t n = below(3); n > 0; --n) out.push_back(make());
    return out;
  }
  template <class Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (coin()) return std::nullopt;
    return make();
  }

  Tensor tensor() {
    Tensor out;
    out.name = text();
    out.datatype = coin() ? "FP32" : "BYTES";
    out.shape = some<std::int64_t>([&] { return integer(); });
    out.bytes = bytes();
    out.elements = some<std::string>([&] { return bytes(); });
    return out;
  }
  Part part(int depth = 2) {
    Part out;
    switch (below(9)) {
      case 0: out.body = Text{text()}; break;
      case 1: out.body = Data{value()}; break;
      case 2: out.body = Blob{bytes(), text()}; break;
      case 3:
        out.body = Link{text(), text(), maybe([&] { return std::uint64_t{below(1000)}; })};
        break;
      case 4: out.body = tensor(); break;
      case 5: out.body = ToolCall{text(), text(), text()}; break;
      case 6:
        out.body = ToolResult{text(), depth > 0 ? parts(depth - 1) : std::vector<Part>(), coin()};
        break;
      case 7: out.body = Reasoning{text(), text()}; break;
      default: out.body = Refusal{text()}; break;
    }
    if (coin()) out.media_type = text();
    out.meta = object();
    return out;
  }
  std::vector<Part> parts(int depth = 2) {
    return some<Part>([&] { return part(depth); });
  }
  Turn turn() { return Turn{text(), static_cast<Role>(below(5)), text(), parts()}; }
  std::vector<Turn> turns() {
    return some<Turn>([&] { return turn(); });
  }
  Usage usage() { return Usage{integer(), integer(), integer(), integer()}; }
  Artifact artifact() {
    return Artifact{text(), text(), text(), parts(), coin(), coin(), object()};
  }
  Ask ask() {
    Ask out;
    for (std::size_t n = below(3); n > 0; --n) {
      out.items[text()] = Ask::Item{static_cast<Ask::Kind>(below(6)), text(),
                                    maybe([&] { return value(); }), text(), object()};
    }
    return out;
  }
  Answer answer() {
    return Answer{static_cast<AnswerAction>(below(3)), maybe([&] { return value(); }), text()};
  }
  Output output() {
    Output out;
    out.turns = turns();
    out.artifacts = some<Artifact>([&] { return artifact(); });
    out.data = maybe([&] { return value(); });
    out.tensors = some<Tensor>([&] { return tensor(); });
    out.finish = static_cast<Finish>(below(6));
    out.usage = maybe([&] { return usage(); });
    out.model = text();
    out.meta = object();
    return out;
  }
  Error error() {
    Error out = make_error(static_cast<Reason>(below(19)), text());
    out.code = static_cast<Code>(1 + below(16));
    out.param = text();
    out.solution = text();
    out.retryable = coin();
    out.retry_after = maybe([&] { return std::chrono::milliseconds(integer()); });
    out.upstream_status = static_cast<int>(below(600));
    return out;
  }
  End end() {
    End out{output(), some<Loss>([&] {
              return Loss{text(), text(), text(), static_cast<LossKind>(below(4)), text()};
            })};
    if (coin()) out.outcome = std::unexpected(error());
    return out;
  }
  Event event() {
    switch (below(8)) {
      case 0: return {Accepted{text(), text()}};
      case 1: return {state()};
      case 2: return {delta()};
      case 3: return {artifact()};
      case 4: return {ask()};
      case 5: return {usage()};
      case 6: return {Log{text(), text(), value()}};
      default: return {end()};
    }
  }
  State state() {
    State out{static_cast<TaskState>(below(8)), parts(), std::nullopt};
    if (coin()) out.progress = Progress{number(), maybe([&] { return number(); }), text()};
    return out;
  }
  Delta delta() {
    return Delta{static_cast<Delta::Kind>(below(4)), text(), static_cast<int>(below(3)), text(),
                 text()};
  }
  Generation generation() {
    Generation out;
    out.max_tokens = maybe([&] { return integer(); });
    out.temperature = maybe([&] { return number(); });
    out.top_p = maybe([&] { return number(); });
    out.stop = some<std::string>([&] { return text(); });
    out.seed = maybe([&] { return integer(); });
    out.choices = maybe([&] { return integer(); });
    out.presence_penalty = maybe([&] { return number(); });
    out.frequency_penalty = maybe([&] { return number(); });
    out.effort = text();
    out.format = text();
    out.schema = maybe([&] { return value(); });
    out.schema_name = text();
    out.extra = object();
    return out;
  }
  Call call() {
    Call out;
    out.id = CallId(text());
    out.solution = SolutionId(text());
    out.skill = SkillId(text());
    out.principal = Principal{text(), text(), coin()};
    out.trace = Trace{text(), text()};
    out.reply = static_cast<Reply>(below(3));
    out.context = ContextId(text());
    out.turns = turns();
    out.args = maybe([&] { return value(); });
    out.tensors = some<Tensor>([&] { return tensor(); });
    out.tools = some<ToolDecl>([&] { return ToolDecl{text(), text(), value(), coin()}; });
    out.tool_choice = text();
    out.parallel_tools = maybe([&] { return coin(); });
    out.gen = generation();
    out.model = text();
    out.depth = static_cast<int>(below(20));
    out.dedup_key = text();
    out.meta = object();
    return out;
  }

  /// Never empty, and no two of one generator are the same.
  std::string name() { return std::string(1, static_cast<char>('a' + below(26))) + serial(); }
  std::string words() { return name() + " " + text(); }
  std::string media_type() {
    static const std::vector<std::string> kTypes{"image/png", "audio/wav", "application/pdf",
                                                 "application/octet-stream"};
    return kTypes[below(kTypes.size())];
  }
  Tensor real_tensor() {
    Tensor out{name(), "FP32", {static_cast<std::int64_t>(1 + below(3))}, "", {}};
    if (coin()) {
      out.bytes.assign(static_cast<std::size_t>(out.shape[0]) * 4, static_cast<char>(below(256)));
      return out;
    }
    out.datatype = "BYTES";
    for (std::int64_t i = 0; i < out.shape[0]; ++i) out.elements.push_back(name() + bytes());
    return out;
  }
  /// A file: named or not.
  Part file() { return Part{Blob{name() + bytes(), coin() ? "" : name()}, media_type(), {}}; }
  Part link() {
    Part out{Link{"https://example.org/" + name(), coin() ? "" : name(), {}}, "", {}};
    if (coin()) out.media_type = media_type();
    if (coin()) std::get<Link>(out.body).size = below(1000);
    return out;
  }
  /// One piece of an answer, of any kind.
  Part said() {
    switch (below(12)) {
      case 0: return Part::data(object());
      case 1: return file();
      case 2: return link();
      case 3: return Part{real_tensor(), "", {}};
      case 4: return Part{ToolCall{name(), name(), json::write(object())}, "", {}};
      case 5: return Part{ToolResult{name(), {Part::text(words())}, coin()}, "", {}};
      case 6: return Part{Reasoning{words(), coin() ? "" : name()}, "", {}};
      case 7: return Part{Refusal{words()}, "", {}};
      case 8: return Part{Text{words()}, "text/markdown", {}};
      default: return Part::text(words());
    }
  }
  std::vector<Part> several_said(std::size_t most) {
    std::vector<Part> out;
    for (std::size_t n = 1 + below(most); n > 0; --n) out.push_back(said());
    return out;
  }
  Artifact named_artifact() {
    Artifact out{name(), coin() ? "" : name(), coin() ? "" : words(), {}, false, true, {}};
    out.parts = several_said(2);
    return out;
  }
  /// Few pieces at a time, so that what goes wrong can be told apart.
  Output real_output() {
    Output out;
    for (std::size_t n = below(3); n > 0; --n)
      out.turns.push_back(Turn{"", Role::assistant, "", several_said(2)});
    if (below(3) == 0) out.artifacts.push_back(named_artifact());
    if (below(3) == 0) out.data = value(2);
    if (below(6) == 0) out.tensors.push_back(real_tensor());
    if (below(3) == 0) out.finish = static_cast<Finish>(below(6));
    if (below(3) == 0) out.usage = Usage{count(), count(), count(), count()};
    if (below(3) == 0) out.model = name();
    return out;
  }

 private:
  std::int64_t count() { return static_cast<std::int64_t>(below(1000)); }
  std::string serial() { return std::to_string(++made_); }

  std::mt19937 random_;
  std::size_t made_ = 0;
};

}  // namespace weft::model
