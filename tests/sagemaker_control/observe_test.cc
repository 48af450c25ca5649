#include <format>
#include <set>
#include <string>
#include <vector>

#include "control_world.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::ControlWorld;
using testing::text;
using Texts = std::vector<std::string>;

json::object logs(ControlWorld& world, std::string operation, std::string_view text) {
  return world.ask(std::move(operation), text, "logs");
}
json::object metrics(ControlWorld& world, std::string operation, std::string_view text) {
  return world.ask(std::move(operation), text, "monitoring");
}

Texts messages(const json::object& answer) {
  Texts out;
  for (const json::value& event : answer.at("events").get_array())
    out.emplace_back(event.at("message").get_string());
  return out;
}

void write(ControlWorld& world, std::string_view group, std::string stream,
           std::vector<ml::LogEvent> events) {
  ASSERT_TRUE(world.serving
                  .run(world.serving.logs.append(ml::owned_group("ann", group), std::move(stream),
                                                 std::move(events)))
                  .has_value());
}

TEST(LogOperations, AJobsLogAsTheSdkReadsIt) {
  ControlWorld world;
  EXPECT_EQ(world.refused("DescribeLogStreams",
                          R"({"logGroupName":"/aws/sagemaker/TrainingJobs",
      "logStreamNamePrefix":"j/","orderBy":"LogStreamName","limit":1})",
                          "logs"),
            "ResourceNotFoundException: The specified log group does not exist.");
  world.train("j");
  const json::object streams = logs(world, "DescribeLogStreams",
                                    R"({"logGroupName":"/aws/sagemaker/TrainingJobs",
      "logStreamNamePrefix":"j/","orderBy":"LogStreamName","limit":1})");
  const json::value& stream = streams.at("logStreams").at(0);
  const std::string name(stream.at("logStreamName").get_string());
  EXPECT_EQ(name, ml::TrainingJobs::log_stream(*world.jobs->find("ann", "j")));
  EXPECT_EQ(text(stream.at("arn")),
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:"
            "log-stream:" +
                name);
  std::string request = std::format(
      R"("logGroupName":"/aws/sagemaker/TrainingJobs","logStreamName":"{}","startFromHead":true)",
      name);
  const json::object first = logs(world, "GetLogEvents", "{" + request + ",\"startTime\":0}");
  EXPECT_EQ(messages(first), (Texts{"[0]#011train-rmse:2.5", "[1]#011train-rmse:1.5"}));
  request += std::format(R"(,"nextToken":"{}")", json::string_at(first, "nextForwardToken"));
  const json::object end = logs(world, "GetLogEvents", "{" + request + "}");
  EXPECT_EQ(messages(end), Texts{});
  EXPECT_EQ(end.at("nextForwardToken"), first.at("nextForwardToken"))
      << "the same token at the end";
  world.owner = "ben";
  EXPECT_EQ(world.refused("GetLogEvents", "{" + request + "}", "logs"),
            "ResourceNotFoundException: The specified log group does not exist.");
}

TEST(LogOperations, PagesBothWays) {
  ControlWorld world;
  std::vector<ml::LogEvent> events;
  for (int i = 0; i < 10; ++i) events.push_back({i * 10, std::format("line {}", i)});
  write(world, "/g", "s", events);
  const auto get = [&](std::string_view more) {
    return logs(world, "GetLogEvents",
                std::format(R"({{"logGroupName":"/g","logStreamName":"s"{}}})", more));
  };
  const json::object newest = get(R"(,"limit":3)");
  EXPECT_EQ(messages(newest), (Texts{"line 7", "line 8", "line 9"}));
  const json::object before = get(
      std::format(R"(,"limit":2,"nextToken":"{}")", json::string_at(newest, "nextBackwardToken")));
  EXPECT_EQ(messages(before), (Texts{"line 5", "line 6"}));
  const json::object back = get(
      std::format(R"(,"limit":5,"nextToken":"{}")", json::string_at(before, "nextForwardToken")));
  EXPECT_EQ(messages(back), (Texts{"line 7", "line 8", "line 9"}));
  const json::object head = get(R"(,"startFromHead":true,"limit":2)");
  EXPECT_EQ(messages(head), (Texts{"line 0", "line 1"}));
  const json::object none =
      get(std::format(R"(,"nextToken":"{}")", json::string_at(head, "nextBackwardToken")));
  EXPECT_EQ(messages(none), Texts{});
  EXPECT_EQ(none.at("nextBackwardToken"), head.at("nextBackwardToken"));
  EXPECT_EQ(messages(get(R"(,"startFromHead":true,"startTime":20,"endTime":40)")),
            (Texts{"line 2", "line 3"}));
  for (const char* token : {"x", "f/1/s", "f/0000000000000000000x/s", "b/"}) {
    EXPECT_EQ(world.refused("GetLogEvents",
                            std::format(R"({{"logGroupName":"/g","logStreamName":"s",
                                "nextToken":"{}"}})",
                                        token),
                            "logs"),
              "InvalidParameterException: The specified nextToken is invalid.");
  }
  EXPECT_EQ(
      world.refused("GetLogEvents", R"({"logGroupName":"/g","logStreamName":"none"})", "logs"),
      "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(world.refused("GetLogEvents", R"({"logStreamName":"s"})", "logs"),
            "InvalidParameterException: Exactly one of logGroupName and logGroupIdentifier has to "
            "be given");
  EXPECT_EQ(messages(logs(world, "GetLogEvents",
                          R"({"logGroupIdentifier":
      "arn:aws:logs:us-east-1:123456789012:log-group:/g","logStreamName":"s","limit":1})")),
            Texts{"line 9"});
}

TEST(LogOperations, GroupsAndStreamsInPages) {
  ControlWorld world;
  for (const char* group : {"/aws/sagemaker/Endpoints/a", "/aws/sagemaker/Endpoints/b", "/other"})
    write(world, group, "s", {{5, "x"}});
  write(world, "/other", "late", {{50, "x"}});
  write(world, "/other", "early", {{1, "x"}});
  const auto groups = [&](std::string_view more) {
    Texts out;
    const json::object answer = logs(world, "DescribeLogGroups", std::format("{{{}}}", more));
    for (const json::value& each : answer.at("logGroups").get_array())
      out.emplace_back(each.at("logGroupName").get_string());
    out.emplace_back(json::string_at(answer, "nextToken"));
    return out;
  };
  EXPECT_EQ(groups(R"("logGroupNamePrefix":"/aws/sagemaker/Endpoints/")"),
            (Texts{"/aws/sagemaker/Endpoints/a", "/aws/sagemaker/Endpoints/b", ""}));
  EXPECT_EQ(groups(R"("logGroupNamePattern":"the")"), (Texts{"/other", ""}));
  const Texts first = groups(R"("limit":2)");
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(groups(std::format(R"("limit":2,"nextToken":"{}")", first[2])), (Texts{"/other", ""}));
  const auto streams = [&](std::string_view more) {
    Texts out;
    const json::object answer =
        logs(world, "DescribeLogStreams", std::format(R"({{"logGroupName":"/other"{}}})", more));
    for (const json::value& each : answer.at("logStreams").get_array())
      out.emplace_back(each.at("logStreamName").get_string());
    return out;
  };
  EXPECT_EQ(streams(""), (Texts{"early", "late", "s"}));
  EXPECT_EQ(streams(R"(,"orderBy":"LastEventTime","descending":true)"),
            (Texts{"late", "s", "early"}));
  EXPECT_EQ(world.refused("DescribeLogStreams", R"({"logGroupName":"/other",
      "orderBy":"LastEventTime","logStreamNamePrefix":"s"})",
                          "logs"),
            "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.");
  EXPECT_EQ(world.refused("StartQuery", "{}", "logs").substr(0, 26), "UnknownOperationException:");
}

TEST(LogOperations, FilteredOverStreamsInTheirOrder) {
  ControlWorld world;
  std::vector<ml::LogEvent> a;
  std::vector<ml::LogEvent> b;
  Texts expected;
  for (int i = 0; i < 300; ++i) {
    a.push_back({i / 3, std::format("a {} {}", i, i % 5 == 0 ? "ERROR" : "fine")});
    b.push_back({i / 2, std::format("b {} {}", i, i % 7 == 0 ? "ERROR" : "fine")});
  }
  write(world, "/g", "a", a);
  write(world, "/g", "b", b);
  const auto filter = [&](std::string_view more) {
    return logs(world, "FilterLogEvents", std::format(R"({{"logGroupName":"/g"{}}})", more));
  };
  const Texts whole = messages(filter(""));
  EXPECT_EQ(whole.size(), 600U);
  EXPECT_EQ(whole[0], "a 0 ERROR");
  EXPECT_EQ(whole[3], "b 0 ERROR") << "at one time by the stream's name";
  for (const int limit : {1, 7, 100}) {
    Texts paged;
    std::set<std::string> ids;
    std::string more;
    std::size_t pages = 0;
    do {
      const json::object page = filter(std::format(R"(,"limit":{}{})", limit, more));
      for (const json::value& event : page.at("events").get_array()) {
        paged.emplace_back(event.at("message").get_string());
        ids.emplace(event.at("eventId").get_string());
      }
      const std::string token(json::string_at(page, "nextToken"));
      more = token.empty() ? "" : std::format(R"(,"nextToken":"{}")", token);
      ASSERT_LT(++pages, 1'000U);
    } while (!more.empty());
    EXPECT_EQ(paged, whole) << limit;
    EXPECT_EQ(ids.size(), 600U);
  }
  EXPECT_EQ(messages(filter(R"(,"filterPattern":"ERROR")")).size(), 60U + 43U);
  EXPECT_EQ(messages(filter(R"(,"filterPattern":"ERROR -a","endTime":0)")), Texts{"b 0 ERROR"});
  EXPECT_EQ(messages(filter(R"(,"logStreamNames":["b"],"startTime":149)")),
            (Texts{"b 298 fine", "b 299 fine"}));
  EXPECT_EQ(messages(filter(R"(,"logStreamNamePrefix":"a")")).size(), 300U);
  EXPECT_TRUE(world
                  .refused("FilterLogEvents",
                           R"({"logGroupName":"/g","filterPattern":"{ $.a = 1 }"})", "logs")
                  .contains("conditions on JSON are not supported by weft"));
  EXPECT_EQ(world.refused("FilterLogEvents", R"({"logGroupName":"/none"})", "logs"),
            "ResourceNotFoundException: The specified log group does not exist.");
}

// As programs look at it that follow an endpoint from CreateEndpoint on.
TEST(LogOperations, AnEndpointThatIsBeingMadeHasAnEmptyLog) {
  ControlWorld world;
  world.serving.script = [](const ml::WorkerSpec&) {
    return ml::testing::FakeProgram::Script{.ready = false};
  };
  world.make_model("m");
  world.make_config("c", "m");
  constexpr std::string_view kGroup = R"("logGroupName":"/aws/sagemaker/Endpoints/e")";
  const auto ask = [&](std::string operation, std::string_view more) {
    return world.refused(std::move(operation), std::format("{{{}{}}}", kGroup, more), "logs");
  };
  constexpr std::string_view kNoGroup =
      "ResourceNotFoundException: The specified log group does not exist.";
  const auto all = [&](std::string_view expected) {
    EXPECT_EQ(ask("DescribeLogStreams", R"(,"logStreamNamePrefix":"AllTraffic/")"), expected);
    EXPECT_EQ(ask("FilterLogEvents", R"(,"filterPattern":"ERROR")"), expected);
    EXPECT_EQ(ask("GetLogEvents", R"(,"logStreamName":"AllTraffic/i-1")"), expected);
  };
  all(kNoGroup);
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  all("taken");
  const auto empty = [&](std::string operation, std::string_view more) {
    return json::write(logs(world, std::move(operation), std::format("{{{}{}}}", kGroup, more)));
  };
  EXPECT_EQ(empty("DescribeLogStreams", ""), R"({"logStreams":[]})");
  EXPECT_EQ(empty("FilterLogEvents", ""), R"({"events":[],"searchedLogStreams":[]})");
  const json::object events =
      logs(world, "GetLogEvents", std::format(R"({{{},"logStreamName":"V/i-1"}})", kGroup));
  EXPECT_EQ(messages(events), Texts{});
  EXPECT_EQ(events.at("nextForwardToken"), "f/00000000000000000000/s");
  world.owner = "ben";
  all(kNoGroup);
  world.owner = "ann";
  write(world, "/aws/sagemaker/Endpoints/e", "V/i-1", {{5, "ERROR: no"}});
  EXPECT_EQ(messages(logs(world, "GetLogEvents",
                          std::format(R"({{{},"logStreamName":"V/i-1","nextToken":"{}"}})", kGroup,
                                      json::string_at(events, "nextForwardToken")))),
            Texts{"ERROR: no"});
  EXPECT_EQ(ask("GetLogEvents", R"(,"logStreamName":"V/i-2")"),
            "ResourceNotFoundException: The specified log stream does not exist.")
      << "it has written, and not there";
}

TEST(MetricOperations, ACurveAsTheSdkReadsIt) {
  ControlWorld world;
  world.train("j");
  const json::object job = world.ask("DescribeTrainingJob", R"({"TrainingJobName":"j"})");
  // TrainingJobAnalytics: from TrainingStartTime to a minute after TrainingEndTime.
  const double begin = job.at("TrainingStartTime").to_number<double>();
  const double end = job.at("TrainingEndTime").to_number<double>() + 60;
  const auto ask = [&](int period) {
    return metrics(world, "GetMetricStatistics",
                   std::format(R"({{"Namespace":"/aws/sagemaker/TrainingJobs",
      "MetricName":"train:rmse","Dimensions":[{{"Name":"TrainingJobName","Value":"j"}}],
      "StartTime":{},"EndTime":{},"Period":{},"Statistics":["Average","SampleCount","Minimum"]}})",
                               begin, end, period));
  };
  const json::object minute = ask(60);
  double points = 0;
  for (const json::value& each : minute.at("Datapoints").get_array())
    points += each.at("SampleCount").to_number<double>();
  EXPECT_EQ(points, 2);
  EXPECT_EQ(minute.at("Label"), "train:rmse");
  EXPECT_EQ(minute.at("Datapoints").at(0).at("Unit"), "None");
  const json::object listed =
      metrics(world, "ListMetrics", R"({"Namespace":"/aws/sagemaker/TrainingJobs"})");
  EXPECT_EQ(json::write(listed.at("Metrics")),
            R"([{"Namespace":"/aws/sagemaker/TrainingJobs","MetricName":"train:rmse",)"
            R"("Dimensions":[{"Name":"TrainingJobName","Value":"j"}]}])");
  world.owner = "ben";
  EXPECT_TRUE(ask(60).at("Datapoints").get_array().empty());
}

TEST(MetricOperations, OnesOwnPutAndRead) {
  ControlWorld world;
  const auto now_s = world.serving.clock.unix_ms() / 1'000;
  const auto then = now_s - now_s % 60 - 600;
  metrics(world, "PutMetricData",
          std::format(R"({{"Namespace":"shop","MetricData":[
      {{"MetricName":"sold","Value":3,"Timestamp":{0},"Unit":"Count",
        "Dimensions":[{{"Name":"city","Value":"Ulm"}}]}},
      {{"MetricName":"sold","Values":[1,2],"Counts":[2,1],"Timestamp":{1},"Unit":"Count",
        "Dimensions":[{{"Name":"city","Value":"Ulm"}}]}},
      {{"MetricName":"sold","Value":100,"Timestamp":{0}}}]}})",
                      then, then + 61));
  const auto data = [&](std::string_view stat, std::string_view more) {
    return metrics(world, "GetMetricData",
                   std::format(R"({{"StartTime":{},"EndTime":{}{},"MetricDataQueries":[{{"Id":"q",
      "MetricStat":{{"Metric":{{"Namespace":"shop","MetricName":"sold",
      "Dimensions":[{{"Name":"city","Value":"Ulm"}}]}},"Period":60,"Stat":"{}"}}}}]}})",
                               then, then + 300, more, stat));
  };
  EXPECT_EQ(json::write(data("Sum", "").at("MetricDataResults")),
            std::format(R"([{{"Id":"q","Label":"sold","Timestamps":[{},{}],"Values":[4.0,3.0],)"
                        R"("StatusCode":"Complete"}}])",
                        then + 60, then));
  EXPECT_EQ(json::write(data("SampleCount", R"(,"ScanBy":"TimestampAscending")")
                            .at("MetricDataResults")
                            .at(0)
                            .at("Values")),
            "[1.0,3.0]");
  EXPECT_EQ(metrics(world, "ListMetrics", R"({"Namespace":"shop","Dimensions":[{"Name":"city"}]})")
                .at("Metrics")
                .get_array()
                .size(),
            1U);
  EXPECT_EQ(
      metrics(world, "ListMetrics", R"({"MetricName":"sold"})").at("Metrics").get_array().size(),
      2U);
  const auto refused = [&](std::string_view query) {
    return world.refused("GetMetricData",
                         std::format(R"({{"StartTime":1,"EndTime":600,
                             "MetricDataQueries":[{}]}})",
                                     query),
                         "monitoring");
  };
  EXPECT_EQ(refused(R"({"Id":"q","Expression":"m1 / 2"})"),
            "InvalidParameterValueException: the query q: Expression is not supported by weft; ask "
            "for a MetricStat and compute it yourself");
  EXPECT_TRUE(refused(R"({"Id":"q","MetricStat":{"Metric":{"Namespace":"a","MetricName":"b"},
      "Period":60,"Stat":"p99"}})")
                  .contains("Stat p99 is not supported by weft"));
  EXPECT_EQ(world.refused("PutMetricAlarm", "{}", "monitoring").substr(0, 26),
            "UnknownOperationException:");
}

TEST(MetricOperations, AnEndpointsOwn) {
  ControlWorld world;
  world.make_model("m");
  world.make_config("c", "m");
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  world.until_in_service("e");
  ASSERT_TRUE(world.serving.ask("1,2").has_value());
  const auto now_s = world.serving.clock.unix_ms() / 1'000;
  const auto statistics = [&](std::string_view metric) {
    return metrics(world, "GetMetricStatistics",
                   std::format(R"({{"Namespace":"AWS/SageMaker","MetricName":"{}","Dimensions":[
      {{"Name":"EndpointName","Value":"e"}},{{"Name":"VariantName","Value":"All"}}],
      "StartTime":{},"EndTime":{},"Period":60,"Statistics":["Sum"]}})",
                               metric, now_s - 600, now_s + 60));
  };
  EXPECT_EQ(statistics("Invocations").at("Datapoints").at(0).at("Sum"), 1.0);
  EXPECT_EQ(statistics("ModelLatency").at("Datapoints").at(0).at("Unit"), "Microseconds");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
