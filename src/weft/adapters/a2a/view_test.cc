#include "weft/adapters/a2a/view.h"

#include <gtest/gtest.h>

namespace weft::adapters::a2a {
namespace {

hub::TaskView view_of(model::End end) {
  hub::TaskView view;
  view.id = TaskId("t");
  view.context = ContextId("c");
  view.state = model::TaskState::completed;
  view.end = std::move(end);
  return view;
}

model::Output output() {
  model::Output out;
  out.turns.push_back({"", model::Role::assistant, "", {model::Part::text("one two")}});
  out.data = json::parse(R"({"n":2})").value();
  out.artifacts.push_back({"file", "f.txt", "", {model::Part::text("inside")}, false, true, {}});
  out.usage = model::Usage{3, 4, 0, 0};
  return out;
}

/// What a client holds after it has applied the updates as A2A says.
Task applied(Task task, const std::vector<StreamItem>& items) {
  for (const StreamItem& item : items) {
    if (const auto* update = std::get_if<StatusUpdate>(&item)) {
      task.status = update->status;
      for (const auto& member : update->metadata) task.metadata[member.key()] = member.value();
      continue;
    }
    const auto& update = std::get<ArtifactUpdate>(item);
    auto same = std::ranges::find(task.artifacts, update.artifact.id, &Artifact::id);
    if (same == task.artifacts.end())
      task.artifacts.push_back(update.artifact);
    else if (!update.append)
      *same = update.artifact;
    else
      for (const model::Part& part : update.artifact.parts) same->parts.push_back(part);
  }
  return task;
}

std::string text_of(const Task& task, std::string_view id) {
  std::string out;
  for (const Artifact& artifact : task.artifacts) {
    if (artifact.id != id) continue;
    for (const model::Part& part : artifact.parts) {
      if (const auto* text = std::get_if<model::Text>(&part.body)) out += text->text;
    }
  }
  return out;
}

std::vector<StreamItem> tell(const std::vector<model::Event>& events) {
  Telling telling("t", "c");
  std::vector<StreamItem> out;
  std::int64_t seq = 0;
  for (const model::Event& event : events) {
    for (StreamItem& item : telling.tell({++seq, 0, event})) out.push_back(std::move(item));
  }
  EXPECT_TRUE(telling.settled());
  return out;
}

model::Event delta(std::string text) {
  return {model::Delta{model::Delta::Kind::text, std::move(text)}};
}

TEST(View, TheUpdatesAddUpToTheSnapshot) {
  const model::Artifact file = output().artifacts.front();
  const std::vector<std::vector<model::Event>> ways{
      {model::end_with(output())},
      {delta("one "), delta("two"), model::end_with(output())},
      {delta("one two"),
       {file},
       {model::State{model::TaskState::working, {}, model::Progress{1, 2, "half"}}},
       model::end_with(output())},
  };
  const Task whole = task_of(view_of({output(), {}}), Show{});
  for (const auto& events : ways) {
    const Task got = applied(Task{"t", "c", {}, {}, {}, {}, {}}, tell(events));
    EXPECT_EQ(got.status.state, whole.status.state);
    EXPECT_EQ(text_of(got, "answer"), text_of(whole, "answer"));
    EXPECT_EQ(text_of(got, "file"), "inside");
    EXPECT_EQ(got.artifacts.size(), whole.artifacts.size());
    EXPECT_EQ(got.metadata.at("weft.usage"), whole.metadata.at("weft.usage"));
  }
}

TEST(View, DataIsToldInWordsToo) {
  model::Output only;
  only.data = json::parse(R"({"n":2})").value();
  const auto artifacts = artifacts_of(only);
  ASSERT_EQ(artifacts.size(), 1U);
  EXPECT_EQ(artifacts.front().parts,
            (std::vector{model::Part::text(R"({"n":2})"), model::Part::data(*only.data)}));
}

TEST(View, TheAnswerClosesItsArtifact) {
  const auto items = tell({delta("a"), model::end_with(model::Output{})});
  ASSERT_EQ(items.size(), 3U);
  EXPECT_FALSE(std::get<ArtifactUpdate>(items[0]).append);
  EXPECT_TRUE(std::get<ArtifactUpdate>(items[1]).append);
  EXPECT_TRUE(std::get<ArtifactUpdate>(items[1]).last_chunk);
  EXPECT_FALSE(std::get<ArtifactUpdate>(items[1]).artifact.parts.empty());
}

TEST(View, ErrorsAreStates) {
  const auto state = [](Reason reason) {
    const Task task = task_of(view_of({std::unexpected(make_error(reason, "no")), {}}), Show{});
    EXPECT_EQ(model::joined_text(task.status.message->parts, false), "no");
    EXPECT_EQ(task.status.message->task_id, "t");
    EXPECT_EQ(*json::at_pointer(task.metadata, "/weft.error/reason"),
              json::value(to_string(reason)));
    return task.status.state;
  };
  EXPECT_EQ(state(Reason::solution_failed), model::TaskState::failed);
  EXPECT_EQ(state(Reason::refused), model::TaskState::rejected);
  EXPECT_EQ(state(Reason::cancelled), model::TaskState::canceled);
  EXPECT_EQ(state(Reason::unavailable), model::TaskState::failed);
}

TEST(View, LossesAreShown) {
  const Task task =
      task_of(view_of({output(), {{"/tools", "call", "", model::LossKind::dropped, ""}}}), Show{});
  EXPECT_EQ(*json::at_pointer(task.metadata, "/weft.loss/0/path"), json::value("/tools"));
}

TEST(View, HistoryIsCutFromTheFront) {
  hub::TaskView view = view_of({output(), {}});
  for (const std::string_view words : {"a", "b", "c"}) {
    view.history.push_back({"", model::Role::user, "", {model::Part::text(std::string(words))}});
  }
  EXPECT_EQ(task_of(view, Show{}).history.size(), 3U);
  EXPECT_TRUE(task_of(view, Show{0, true}).history.empty());
  const Task one = task_of(view, Show{1, false});
  ASSERT_EQ(one.history.size(), 1U);
  EXPECT_EQ(one.history.front().parts.front(), model::Part::text("c"));
  EXPECT_TRUE(one.artifacts.empty());
}

TEST(View, AQuestionIsAnInterruptedTask) {
  hub::TaskView view;
  view.id = TaskId("t");
  view.state = model::TaskState::ask;
  model::Ask ask;
  ask.items["k"] = {
      model::Ask::Kind::form, "Pay?", json::parse(R"({"type":"object"})").value(), "", {}};
  view.ask = ask;
  const Task task = task_of(view, Show{});
  EXPECT_EQ(task.status.state, model::TaskState::ask);
  ASSERT_EQ(task.status.message->parts.size(), 2U);
  EXPECT_EQ(task.status.message->parts[0], model::Part::text("Pay?"));
  const auto& data = std::get<model::Data>(task.status.message->parts[1].body).json;
  EXPECT_EQ(*json::at_pointer(data, "/key"), json::value("k"));
  EXPECT_NE(json::at_pointer(data, "/requestedSchema"), nullptr);
  Telling telling("t", "c");
  const auto items = telling.tell({1, 0, {ask}});
  EXPECT_TRUE(telling.settled());
  EXPECT_EQ(std::get<StatusUpdate>(items.back()).status.message->parts, task.status.message->parts);
}

TEST(View, AnAgentsMessageStaysOne) {
  model::Output said;
  said.meta["a2a"] =
      json::parse(
          R"({"message":{"messageId":"m","role":"ROLE_AGENT","contextId":"theirs","parts":[{"text":"hi"}]}})")
          .value();
  const auto message = message_of(view_of({said, {}}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->context_id, "c");
  EXPECT_EQ(message->parts.front(), model::Part::text("hi"));
}

}  // namespace
}  // namespace weft::adapters::a2a
