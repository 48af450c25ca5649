#include "weft/adapters/openai/chunk.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openai/pass_through.h"
#include "weft/model/codec.h"
#include "weft/model/fold.h"
#include "weft/wire/sse.h"

namespace weft::adapters::openai {
namespace {

const std::filesystem::path kGolden = std::string(WEFT_SOURCE) + "/src/weft/adapters/openai/golden";
const CompletionHead kHead{"chatcmpl-1", 1'763'000'000, "model/oracle"};

model::Event text(std::string t) {
  return {model::Delta{.kind = model::Delta::Kind::text, .text = std::move(t)}};
}

model::Event tool(int index, std::string id, std::string name, std::string arguments) {
  model::Delta delta{.kind = model::Delta::Kind::tool_call, .text = std::move(arguments)};
  delta.tool_index = index;
  delta.tool_id = std::move(id);
  delta.tool_name = std::move(name);
  return {std::move(delta)};
}

model::Event artifact(std::string id, std::string t, bool append) {
  model::Artifact a{.id = std::move(id)};
  a.parts.push_back(model::Part::text(std::move(t)));
  a.append = append;
  return {std::move(a)};
}

model::Event end(model::Finish finish) {
  model::Output output;
  output.finish = finish;
  output.usage = model::Usage{.input = 7, .output = 3, .cached = 1, .reasoning = 2};
  output.model = "gpt-x";
  return model::end_with(std::move(output));
}

std::vector<std::vector<model::Event>> streams() {
  return {
      {end(model::Finish::stop)},
      {text("Hel"), text("lo \"you\"\n"), text("grüß 你好"), end(model::Finish::length)},
      {{model::Delta{.kind = model::Delta::Kind::reasoning, .text = "hm"}},
       text("yes"),
       end(model::Finish::stop)},
      {tool(0, "call_1", "a", ""), tool(0, "", "", "{\"x\":"), tool(1, "call_2", "b", "{}"),
       tool(0, "", "", "1}"), end(model::Finish::tool_calls)},
      {{model::Delta{.kind = model::Delta::Kind::refusal, .text = "no"}},
       end(model::Finish::refused)},
      {text("first"), artifact("a", "one", false), artifact("a", " more", true),
       artifact("b", "two", false), end(model::Finish::stop)},
  };
}

std::string write_stream(const std::vector<model::Event>& events, bool usage) {
  ChunkWriter writer(kHead, usage, false);
  model::Fold fold(1 << 20);
  std::string out;
  for (const auto& event : events) {
    EXPECT_TRUE(fold.add(event));
    if (!event.is_end()) writer.add(event, out);
  }
  const auto ended = fold.take();
  EXPECT_TRUE(ended.outcome);
  EXPECT_TRUE(writer.end(*ended.outcome, out));
  return out;
}

Result<model::Output> read_stream(std::string_view bytes) {
  wire::SseReader sse(1 << 20);
  ChunkReader reader;
  model::Fold fold(1 << 20);
  WEFT_CHECK(sse.feed(bytes));
  while (auto event = sse.next()) {
    WEFT_TRY(auto events, reader.read(event->data));
    for (const auto& e : events) WEFT_CHECK(fold.add(e));
  }
  if (!reader.whole()) return fail(Reason::upstream_protocol, "not whole");
  WEFT_CHECK(fold.add(model::end_with(reader.take())));
  return fold.take().outcome;
}

model::Output folded(const std::vector<model::Event>& events) {
  model::Fold fold(1 << 20);
  for (const auto& event : events) EXPECT_TRUE(fold.add(event));
  return *fold.take().outcome;
}

TEST(Chunks, FoldedStreamEqualsTheUnaryAnswer) {
  for (const auto& events : streams()) {
    const auto unary =
        decode_completion(json::write(encode_completion(folded(events), kHead, false)));
    const auto streamed = read_stream(write_stream(events, true));
    ASSERT_TRUE(unary && streamed);
    const auto a = model::to_json(model::end_with(*unary));
    const auto b = model::to_json(model::end_with(*streamed));
    EXPECT_EQ(json::write(a), json::write(b));
  }
}

TEST(Chunks, Golden) {
  std::string all;
  for (const auto& events : streams()) all += write_stream(events, true) + "----\n";
  EXPECT_EQ(all, golden(kGolden, "chat_stream.txt", all));
}

TEST(Chunks, ACutStreamIsNeverWhole) {
  const std::string stream = write_stream(streams()[1], true);
  const auto finish = stream.find("\"finish_reason\":\"");
  for (std::size_t cut = 0; cut < finish; ++cut) {
    EXPECT_FALSE(read_stream(std::string_view(stream).substr(0, cut))) << cut;
  }
}

TEST(Chunks, AnErrorIsNoEnd) {
  ChunkWriter writer(kHead, false, false);
  std::string out;
  writer.add(text("a"), out);
  writer.fail(make_error(Reason::rate_limited, "slow down"), out);
  EXPECT_FALSE(out.contains("[DONE]"));
  const auto back = read_stream(out);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().reason, Reason::rate_limited);
  EXPECT_EQ(back.error().message, "slow down");
}

TEST(Chunks, RubbishIsTheUpstreamsFault) {
  for (const auto* data : {"{", "[]", "nul", R"({"choices":[1]})",
                           R"({"choices":[{"delta":{"tool_calls":[{"index":-1}]}}]})",
                           R"({"choices":[{"delta":{"tool_calls":[{"index":99999999}]}}]})"}) {
    ChunkReader reader;
    const auto read = reader.read(data);
    ASSERT_FALSE(read) << data;
    EXPECT_EQ(read.error().reason, Reason::upstream_protocol);
  }
}

TEST(WholeEvents, GivesOnlyWholeEventsWhereverTheBytesAreCut) {
  const std::string stream = write_stream(streams()[1], false);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    WholeEvents events;
    std::string got;
    for (const auto piece :
         {std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) {
      const auto out = events.feed(piece);
      ASSERT_TRUE(out);
      EXPECT_TRUE(out->empty() || out->ends_with("\n\n"));
      got += *out;
    }
    EXPECT_EQ(got, stream);
    EXPECT_TRUE(events.done());
    WholeEvents cut_off;
    (void)cut_off.feed(std::string_view(stream).substr(0, cut));
    EXPECT_EQ(cut_off.done(), cut == stream.size());
  }
}

TEST(WholeEvents, AnEndlessEventIsRefused) {
  WholeEvents events;
  const std::string piece(1 << 20, 'x');
  Result<std::string_view> last = std::string_view();
  for (int i = 0; i < 6 && last; ++i) last = events.feed(piece);
  EXPECT_FALSE(last);
}

}  // namespace
}  // namespace weft::adapters::openai
