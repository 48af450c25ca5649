#include <algorithm>
#include <charconv>
#include <format>
#include <tuple>
#include <utility>

#include "weft/adapters/sagemaker/aws/shape_refusal.h"
#include "weft/adapters/sagemaker/observe/log_calls.h"
#include "weft/adapters/sagemaker/observe/observe.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::size_t kListed = 50;
constexpr std::int64_t kEventsListed = 10'000;

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(json::string_at(object, key));
}

std::size_t limit_of(const LogCall& call, std::int64_t standard) {
  return static_cast<std::size_t>(json::int_at(call.input, "limit").value_or(standard));
}

std::unexpected<AwsError> wrong_token() {
  return wrong_parameter("The specified nextToken is invalid.");
}

/// `f/00000000000000000042/s`: from that place on; `b/…`: before it.
std::string token_of(char direction, std::uint64_t place) {
  return std::format("{}/{:020}/s", direction, place);
}

struct Token {
  bool backward = false;
  std::uint64_t place = 0;
};

std::optional<Token> token_from(std::string_view text) {
  const bool form = text.size() == 24 && (text.starts_with("f/") || text.starts_with("b/")) &&
                    text.ends_with("/s");
  if (!form) return std::nullopt;
  Token out{.backward = text.front() == 'b'};
  const std::string_view digits = text.substr(2, 20);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out.place);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return out;
}

json::object stream_view(const AwsCaller& caller, std::string_view group,
                         const ml::LogStream& stream) {
  json::object out{{"logStreamName", stream.name},
                   {"creationTime", stream.created_ms},
                   {"arn", std::format("{}:log-stream:{}", group_arn(caller, group), stream.name)},
                   {"storedBytes", stream.bytes}};
  if (stream.first_ms) out["firstEventTimestamp"] = *stream.first_ms;
  if (stream.last_ms) {
    out["lastEventTimestamp"] = *stream.last_ms;
    out["lastIngestionTime"] = *stream.last_ms;
  }
  return out;
}

/// The items behind the one that a token names, at most `limit`, and the token of the last of them
/// where there are more. `items` are in their order; `name` is what tokens hold.
template <class Item, class Name>
std::optional<std::string> cut_page(std::vector<Item>& items, std::string_view token,
                                    std::size_t limit, Name name) {
  if (!token.empty()) {
    const auto last = wire::base64_decode(token);
    const auto at =
        std::ranges::find_if(items, [&](const Item& item) { return last && name(item) == *last; });
    if (at == items.end()) return std::nullopt;
    items.erase(items.begin(), at + 1);
  }
  if (items.size() <= limit) return "";
  items.resize(limit);
  return wire::base64url_encode(name(items.back()));
}

/// Of what Logs does not find: whether it is the whole group.
bool no_group(const Error& error) {
  return error.code == Code::not_found && !error.message.starts_with("the log stream");
}

constexpr std::string_view kPrinted =
    "what jobs and endpoints print is in their streams by itself; print it";

/// Of operations that weft does not have.
constexpr Advice kInstead[] = {
    {"PutLogEvents", kPrinted},
    {"CreateLogGroup", kPrinted},
    {"CreateLogStream", kPrinted},
    {"LiveTail", "call GetLogEvents again and again with its nextForwardToken"},
    {"Query", "call FilterLogEvents with a filterPattern"},
};

Awaitable<AwsResult> refused(std::string operation) {
  co_return std::unexpected(
      unknown_operation(logs_shapes(), "CloudWatch Logs", operation, kInstead));
}

}  // namespace

std::unexpected<AwsError> wrong_parameter(std::string message) {
  return std::unexpected(AwsError{.status = 400,
                                  .code = "InvalidParameterException",
                                  .message = std::move(message),
                                  .more = {}});
}

std::unexpected<AwsError> log_error(const Error& error) {
  if (error.code != Code::not_found) return std::unexpected(to_aws(error));
  return std::unexpected(AwsError{.status = 400,
                                  .code = "ResourceNotFoundException",
                                  .message = no_group(error)
                                                 ? "The specified log group does not exist."
                                                 : "The specified log stream does not exist.",
                                  .more = {}});
}

std::expected<std::string, AwsError> group_of(const LogCall& call) {
  std::string name = text_of(call.input, "logGroupName");
  std::string identifier = text_of(call.input, "logGroupIdentifier");
  if (name.empty() == identifier.empty())
    return wrong_parameter("Exactly one of logGroupName and logGroupIdentifier has to be given");
  if (identifier.empty()) return name;
  const std::string own = group_arn(call.caller, "");
  if (identifier.starts_with(own)) {
    name = identifier.substr(own.size());
    if (name.ends_with(":*")) name.resize(name.size() - 2);
    return name;
  }
  if (identifier.starts_with("arn:"))
    return log_error(make_error(Reason::task_not_found, "the log group of another account"));
  return identifier;
}

std::string group_arn(const AwsCaller& caller, std::string_view group) {
  return std::format("arn:aws:logs:{}:{}:log-group:{}", caller.region, caller.account, group);
}

bool is_endpoints(const LogCall& call, std::string_view group) {
  const std::string prefix = ml::Endpoints::log_group("");
  return group.starts_with(prefix) &&
         call.endpoints.find(call.caller.principal.name, group.substr(prefix.size())) != nullptr;
}

Awaitable<Result<std::vector<ml::LogStream>>> streams_of(const LogCall& call, std::string group,
                                                         std::string prefix) {
  std::string owned = call.owned(group);
  auto streams = co_await call.logs.streams(std::move(owned), std::move(prefix));
  const bool none = !streams && streams.error().code == Code::not_found;
  if (none && is_endpoints(call, group)) co_return std::vector<ml::LogStream>();
  co_return streams;
}

Awaitable<AwsResult> describe_log_groups(LogCall call) {
  for (const char* other : {"accountIdentifiers", "logGroupIdentifiers"}) {
    const json::array* given = json::array_at(call.input, other);
    if (given != nullptr && !given->empty()) {
      co_return wrong_parameter(
          std::format("{} is not supported by weft; use logGroupNamePrefix", other));
    }
  }
  const std::string prefix = text_of(call.input, "logGroupNamePrefix");
  const std::string pattern = text_of(call.input, "logGroupNamePattern");
  if (!prefix.empty() && !pattern.empty()) {
    co_return wrong_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  auto groups = co_await call.logs.groups(call.caller.principal.name, prefix);
  if (!groups) co_return log_error(groups.error());
  std::erase_if(*groups, [&](const ml::LogGroup& group) { return !group.name.contains(pattern); });
  const std::string wanted_class = text_of(call.input, "logGroupClass");
  if (!wanted_class.empty() && wanted_class != "STANDARD") groups->clear();
  const auto next = cut_page(*groups, json::string_at(call.input, "nextToken"),
                             limit_of(call, kListed), [](const auto& group) { return group.name; });
  if (!next) co_return wrong_token();
  json::array shown;
  for (const ml::LogGroup& group : *groups) {
    const std::string arn = group_arn(call.caller, group.name);
    shown.push_back(json::object{{"logGroupName", group.name},
                                 {"creationTime", group.created_ms},
                                 {"metricFilterCount", 0},
                                 {"arn", arn + ":*"},
                                 {"storedBytes", group.bytes},
                                 {"logGroupClass", "STANDARD"},
                                 {"logGroupArn", arn}});
  }
  json::object out{{"logGroups", std::move(shown)}};
  if (!next->empty()) out["nextToken"] = *next;
  co_return out;
}

Awaitable<AwsResult> describe_log_streams(LogCall call) {
  const auto group = group_of(call);
  if (!group) co_return std::unexpected(group.error());
  const std::string prefix = text_of(call.input, "logStreamNamePrefix");
  const bool by_time = json::string_at(call.input, "orderBy") == "LastEventTime";
  if (by_time && !prefix.empty())
    co_return wrong_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  auto streams = co_await streams_of(call, *group, prefix);
  if (!streams) co_return log_error(streams.error());
  if (by_time) {
    std::ranges::sort(*streams, {}, [](const ml::LogStream& stream) {
      return std::tuple(stream.last_ms.value_or(0), stream.name);
    });
  }
  if (json::bool_at(call.input, "descending").value_or(false)) std::ranges::reverse(*streams);
  const auto next =
      cut_page(*streams, json::string_at(call.input, "nextToken"), limit_of(call, kListed),
               [](const auto& stream) { return stream.name; });
  if (!next) co_return wrong_token();
  json::array shown;
  for (const ml::LogStream& stream : *streams)
    shown.push_back(stream_view(call.caller, *group, stream));
  json::object out{{"logStreams", std::move(shown)}};
  if (!next->empty()) out["nextToken"] = *next;
  co_return out;
}

Awaitable<AwsResult> get_log_events(LogCall call) {
  const auto group = group_of(call);
  if (!group) co_return std::unexpected(group.error());
  const bool head = json::bool_at(call.input, "startFromHead").value_or(false);
  ml::LogQuery query{.from = head ? 0 : UINT64_MAX, .backward = !head};
  if (const std::string token = text_of(call.input, "nextToken"); !token.empty()) {
    const auto from = token_from(token);
    if (!from) co_return wrong_token();
    query.from = from->place;
    query.backward = from->backward;
  }
  query.begin_ms = json::int_at(call.input, "startTime");
  query.end_ms = json::int_at(call.input, "endTime");
  query.lines_max = limit_of(call, kEventsListed);
  auto page =
      co_await call.logs.read(call.owned(*group), text_of(call.input, "logStreamName"), query);
  if (!page && no_group(page.error()) && is_endpoints(call, *group)) page = ml::LogPage();
  if (!page) co_return log_error(page.error());
  json::array events;
  for (ml::LogEvent& event : page->events) {
    events.push_back(json::object{{"timestamp", event.at_ms},
                                  {"message", std::move(event.text)},
                                  {"ingestionTime", event.at_ms}});
  }
  co_return json::object{{"events", std::move(events)},
                         {"nextForwardToken", token_of('f', page->end)},
                         {"nextBackwardToken", token_of('b', page->begin)}};
}

AwsService cloudwatch_logs(Environment& environment) {
  ml::Api* ml = environment.ml;
  WEFT_ASSERT(ml != nullptr);
  AwsService out;
  out.signing_name = "logs";
  out.target = "Logs_20140328";
  out.shapes = &logs_shapes();
  out.call = [ml](AwsCaller caller, std::string operation,
                  json::object input) -> Awaitable<AwsResult> {
    LogCall call{ml->logs, ml->endpoints, std::move(caller), std::move(input)};
    if (operation == "DescribeLogGroups") return describe_log_groups(std::move(call));
    if (operation == "DescribeLogStreams") return describe_log_streams(std::move(call));
    if (operation == "GetLogEvents") return get_log_events(std::move(call));
    if (operation == "FilterLogEvents") return filter_log_events(std::move(call));
    return refused(std::move(operation));
  };
  return out;
}

}  // namespace weft::adapters::sagemaker
