#include "weft/ml/logs.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/base/testing/run.h"
#include "weft/ml/limits.h"
#include "weft/store/testing/directory.h"

namespace weft::ml {
namespace {

using weft::testing::run;

struct Filled {
  store::testing::TemporaryDirectory folder;
  WorkPool pool{2, 64};
  Logs logs{folder.path(), pool};
  void add(const std::string& stream, std::vector<LogEvent> events) {
    const auto added = run(logs.append("/aws/sagemaker/TrainingJobs", stream, std::move(events)));
    ASSERT_TRUE(added.has_value()) << added.error().message;
  }
  LogPage read(const std::string& stream, LogQuery query = {}) {
    auto page = run(logs.read("/aws/sagemaker/TrainingJobs", stream, std::move(query)));
    EXPECT_TRUE(page.has_value()) << page.error().message;
    return page.value_or(LogPage());
  }
};

std::vector<std::string> texts(const LogPage& page) {
  std::vector<std::string> out;
  for (const LogEvent& event : page.events) out.push_back(event.text);
  return out;
}
using Texts = std::vector<std::string>;

TEST(Logs, LinesComeBackInTheirOrder) {
  Filled f;
  f.add("job/algo-1-5", {{10, "one"}, {11, "tab\there\r"}});
  f.add("job/algo-1-5", {{12, ""}, {12, "\r"}, {13, "caf\xc3\xa9 \x1b[1m"}});
  const LogPage page = f.read("job/algo-1-5");
  EXPECT_EQ(texts(page), (Texts{"one", "tab#011here", "caf\xc3\xa9 #033[1m"}))
      << "CloudWatch's events have at least one character";
  EXPECT_EQ(page.events[1].at_ms, 11);
  EXPECT_EQ(f.read("job/algo-1-5", {.from = page.end}).events.size(), 0U);
  f.add("job/algo-1-5", {{14, "more"}});
  EXPECT_EQ(texts(f.read("job/algo-1-5", {.from = page.end})), Texts{"more"});
}

TEST(Logs, PagesForwardAndBackward) {
  Filled f;
  std::vector<LogEvent> events;
  Texts all;
  for (int i = 0; i < 3000; ++i) {
    all.push_back(
        std::format("line {} {}", i, std::string(static_cast<std::size_t>(i) % 300, 'x')));
    events.push_back({i, all.back()});
  }
  f.add("s", events);
  Texts forward;
  for (LogQuery query{.lines_max = 700};;) {
    const LogPage page = f.read("s", query);
    if (page.events.empty()) break;
    for (const LogEvent& event : page.events) forward.push_back(event.text);
    query.from = page.end;
  }
  EXPECT_EQ(forward, all);
  Texts backward;
  for (LogQuery query{.from = UINT64_MAX, .backward = true, .lines_max = 700};;) {
    const LogPage page = f.read("s", query);
    if (page.events.empty()) break;
    Texts these = texts(page);
    these.insert(these.end(), backward.begin(), backward.end());
    backward = std::move(these);
    query.from = page.begin;
  }
  EXPECT_EQ(backward, all);
  EXPECT_EQ(texts(f.read("s", {.begin_ms = 5, .end_ms = 7})), (Texts{all[5], all[6]}));
  EXPECT_EQ(run(f.logs.last_lines("/aws/sagemaker/TrainingJobs", "s", 2)),
            (Texts{all[2998], all[2999]}));
  EXPECT_EQ(run(f.logs.last_lines("none", "s", 2)), Texts{});
}

TEST(Logs, GroupsAndStreams) {
  Filled f;
  f.add("job/algo-1-5", {{10, "a"}, {20, "b"}});
  f.add("job/algo-2-5", {{30, "c"}});
  f.add("other/algo-1-6", {{40, "d"}});
  f.add("../../escape", {{50, "e"}});
  const auto streams = run(f.logs.streams("/aws/sagemaker/TrainingJobs", "job/"));
  ASSERT_TRUE(streams.has_value());
  ASSERT_EQ(streams->size(), 2U);
  EXPECT_EQ((*streams)[0].name, "job/algo-1-5");
  EXPECT_EQ((*streams)[0].first_ms, 10);
  EXPECT_EQ((*streams)[0].last_ms, 20);
  EXPECT_EQ(run(f.logs.streams("/aws/sagemaker/TrainingJobs", ".."))->at(0).name, "../../escape");
  EXPECT_EQ(run(f.logs.streams("/none", "")).error().code, Code::not_found);
  EXPECT_EQ(run(f.logs.streams("/aws/sagemaker/TrainingJobs", "none/"))->size(), 0U);
  EXPECT_EQ(run(f.logs.streams("/aws/sagemaker/TrainingJobs", "job/algo-2"))->size(), 1U);
  EXPECT_EQ(run(f.logs.streams("/aws/sagemaker/TrainingJobs", "../../e"))->size(), 1U);
  EXPECT_EQ(run(f.logs.streams("/aws/sagemaker/TrainingJobs", "../../../"))->size(), 0U);
  EXPECT_EQ(run(f.logs.read("/aws/sagemaker/TrainingJobs", "none", {})).error().message,
            "the log stream `none` does not exist");
  EXPECT_TRUE(run(f.logs.erase_group("/aws/sagemaker/TrainingJobs")).has_value());
  EXPECT_EQ(run(f.logs.erase_group("/aws/sagemaker/TrainingJobs")).error().code, Code::not_found);
}

TEST(Logs, EachOwnerHasItsOwnGroups) {
  Filled f;
  const auto add = [&](std::string_view owner, std::string_view group, std::string text) {
    std::vector<LogEvent> events = {{10, std::move(text)}};
    return run(f.logs.append(owned_group(owner, group), "s/1", std::move(events))).has_value();
  };
  ASSERT_TRUE(add("ann", "/aws/sagemaker/TrainingJobs", "hers"));
  ASSERT_TRUE(add("ann", "/aws/sagemaker/Endpoints/e", "e"));
  ASSERT_TRUE(add("ann", "plain", "p"));
  ASSERT_TRUE(add("ben", "/aws/sagemaker/TrainingJobs", "his"));
  ASSERT_TRUE(add("ann/plain", "x", "another's"));
  ASSERT_TRUE(add("..", "x", "no way out"));
  const auto names = [&](std::string owner, std::string prefix) {
    std::vector<std::string> out;
    const auto groups = run(f.logs.groups(std::move(owner), std::move(prefix)));
    EXPECT_TRUE(groups.has_value());
    for (const LogGroup& each : *groups) out.push_back(each.name);
    return out;
  };
  EXPECT_EQ(names("ann", ""),
            (Texts{"/aws/sagemaker/Endpoints/e", "/aws/sagemaker/TrainingJobs", "plain"}));
  EXPECT_EQ(names("ann", "/aws/sagemaker/T"), Texts{"/aws/sagemaker/TrainingJobs"});
  EXPECT_EQ(names("ben", ""), Texts{"/aws/sagemaker/TrainingJobs"});
  EXPECT_EQ(names("ann/plain", ""), Texts{"x"});
  EXPECT_EQ(names("..", ""), Texts{"x"});
  EXPECT_EQ(names("cat", ""), Texts{});
  const auto groups = run(f.logs.groups("ben", ""));
  EXPECT_EQ(groups->at(0).bytes, std::string("10 his\n").size());
  EXPECT_GT(groups->at(0).created_ms, 1'700'000'000'000);
  EXPECT_EQ(run(f.logs.last_lines(owned_group("ben", "/aws/sagemaker/TrainingJobs"), "s/1", 5)),
            Texts{"his"});
}

TEST(Logs, PlacesOfLines) {
  Filled f;
  f.add("s", {{10, "a"}, {20, "bc"}, {30, "d"}});
  EXPECT_EQ(f.read("s").places, (std::vector<std::uint64_t>{0, 5, 11}));
  EXPECT_EQ(f.read("s", {.from = UINT64_MAX, .backward = true, .lines_max = 2}).places,
            (std::vector<std::uint64_t>{5, 11}));
  EXPECT_EQ(texts(f.read("s", {.from = 5, .lines_max = 1})), Texts{"bc"});
}

}  // namespace
}  // namespace weft::ml
