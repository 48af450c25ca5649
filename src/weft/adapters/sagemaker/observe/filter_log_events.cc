#include <algorithm>
#include <charconv>
#include <compare>
#include <format>
#include <set>
#include <utility>

#include "weft/adapters/sagemaker/observe/limits.h"
#include "weft/adapters/sagemaker/observe/log_calls.h"
#include "weft/adapters/sagemaker/observe/log_filter.h"
#include "weft/wire/base64.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::int64_t kEventsListed = 10'000;
constexpr std::size_t kBytesOfStreamMin = 16 * 1024;
constexpr std::size_t kBytesOfStreamMax = 1024 * 1024;

/// Where a line stands among those of all streams.
struct Place {
  std::int64_t at_ms = 0;
  std::string stream;
  std::uint64_t place = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Line {
  Place place;
  std::string text;
};

std::string token_of(const Place& place) {
  return wire::base64url_encode(std::format("{}/{}/{}", place.at_ms, place.place, place.stream));
}

std::optional<Place> place_from(std::string_view token) {
  const auto text = wire::base64_decode(token);
  if (!text) return std::nullopt;
  Place out;
  const char* end = text->data() + text->size();
  const auto at = std::from_chars(text->data(), text->data() + text->size(), out.at_ms);
  if (at.ec != std::errc() || at.ptr == end || *at.ptr != '/') return std::nullopt;
  const auto place = std::from_chars(at.ptr + 1, text->data() + text->size(), out.place);
  if (place.ec != std::errc() || place.ptr == end || *place.ptr != '/') return std::nullopt;
  out.stream.assign(place.ptr + 1, end);
  return out;
}

/// Of the same line always the same, of another another's: a number, as CloudWatch's are.
std::string event_id(const Place& place) {
  const auto digest = wire::sha256(place.stream);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | digest[i];
  return std::format("{:014}{:010}{:020}", place.at_ms, number, place.place);
}

/// What is asked for.
struct Wanted {
  std::string group;
  std::set<std::string, std::less<>> streams;  ///< empty: all with the prefix
  std::string prefix;
  std::optional<std::int64_t> begin_ms;
  std::optional<std::int64_t> end_ms;  ///< before it
  std::optional<Place> after;
  std::size_t limit = 0;
};

std::expected<Wanted, AwsError> wanted_of(const LogCall& call) {
  auto group = group_of(call);
  if (!group) return std::unexpected(std::move(group).error());
  Wanted out{.group = *std::move(group)};
  out.prefix = json::string_at(call.input, "logStreamNamePrefix");
  if (const json::array* names = json::array_at(call.input, "logStreamNames")) {
    for (const json::value& name : *names) {
      if (name.is_string()) out.streams.emplace(name.get_string());
    }
  }
  if (!out.prefix.empty() && !out.streams.empty())
    return wrong_parameter("logStreamNamePrefix and logStreamNames cannot both be given");
  if (!json::bool_at(call.input, "startFromHead").value_or(true)) {
    return wrong_parameter(
        "startFromHead false is not supported by weft; give a startTime, or use GetLogEvents");
  }
  out.begin_ms = json::int_at(call.input, "startTime");
  // Events with this time are included here.
  out.end_ms = json::int_at(call.input, "endTime").transform([](auto at) { return at + 1; });
  if (const auto token = json::string_at(call.input, "nextToken"); !token.empty()) {
    out.after = place_from(token);
    if (!out.after) return wrong_parameter("The specified nextToken is invalid.");
  }
  out.limit = static_cast<std::size_t>(json::int_at(call.input, "limit").value_or(kEventsListed));
  return out;
}

/// Those that can hold a line that is wanted.
std::vector<ml::LogStream> candidates(std::vector<ml::LogStream> streams, const Wanted& wanted) {
  std::optional<std::int64_t> begin = wanted.begin_ms;
  if (wanted.after) begin = std::max(begin.value_or(0), wanted.after->at_ms);
  std::erase_if(streams, [&](const ml::LogStream& stream) {
    const bool named = wanted.streams.empty() || wanted.streams.contains(stream.name);
    const bool early = begin && stream.last_ms && *stream.last_ms < *begin;
    const bool late = wanted.end_ms && stream.first_ms && *stream.first_ms >= *wanted.end_ms;
    return !named || !stream.first_ms || early || late;
  });
  return streams;
}

/// From where on a stream's lines come after the place that a token names.
ml::LogQuery query_of(const Wanted& wanted, std::string_view stream) {
  ml::LogQuery out;
  out.begin_ms = wanted.begin_ms;
  out.end_ms = wanted.end_ms;
  out.lines_max = wanted.limit + 1;
  if (!wanted.after) return out;
  const Place& after = *wanted.after;
  if (stream == after.stream) {
    out.from = after.place;
  } else {
    // At the same time streams come by name.
    const std::int64_t from = after.at_ms + (stream < after.stream ? 1 : 0);
    out.begin_ms = std::max(out.begin_ms.value_or(0), from);
  }
  return out;
}

/// What was read: lines in their order, all that there are up to `whole` (nothing: to the end).
struct Read {
  std::vector<Line> lines;
  std::optional<Place> whole;
};

Awaitable<Result<Read>> read_all(ml::Logs& logs, std::string group,
                                 std::vector<ml::LogStream> streams, Wanted wanted) {
  Read out;
  const std::size_t bytes = std::clamp(kFilteredBytesMax / std::max<std::size_t>(streams.size(), 1),
                                       kBytesOfStreamMin, kBytesOfStreamMax);
  for (const ml::LogStream& stream : streams) {
    ml::LogQuery query = query_of(wanted, stream.name);
    query.bytes_max = bytes;
    std::string from = group;
    std::string name = stream.name;
    WEFT_CO_TRY(ml::LogPage page, co_await logs.read(std::move(from), std::move(name), query));
    for (std::size_t i = 0; i < page.events.size(); ++i) {
      Place place{.at_ms = page.events[i].at_ms, .stream = stream.name, .place = page.places[i]};
      if (wanted.after && place <= *wanted.after) continue;
      out.lines.push_back({.place = std::move(place), .text = std::move(page.events[i].text)});
    }
    if (!page.full || page.events.empty()) continue;
    Place last{
        .at_ms = page.events.back().at_ms, .stream = stream.name, .place = page.places.back()};
    if (!out.whole || last < *out.whole) out.whole = std::move(last);
  }
  std::ranges::sort(out.lines, {}, &Line::place);
  co_return out;
}

json::object answer_of(Read read, const LogFilter& filter, std::size_t limit) {
  json::array events;
  std::optional<Place> last;
  bool more = read.whole.has_value();
  for (Line& line : read.lines) {
    if (read.whole && line.place > *read.whole) break;
    if (events.size() >= limit) {
      more = true;
      break;
    }
    if (filter.matches(line.text)) {
      events.push_back(json::object{{"logStreamName", line.place.stream},
                                    {"timestamp", line.place.at_ms},
                                    {"message", std::move(line.text)},
                                    {"ingestionTime", line.place.at_ms},
                                    {"eventId", event_id(line.place)}});
    }
    last = std::move(line.place);
  }
  json::object out{{"events", std::move(events)}, {"searchedLogStreams", json::array()}};
  if (more && last) out["nextToken"] = token_of(*last);
  return out;
}

}  // namespace

Awaitable<AwsResult> filter_log_events(LogCall call) {
  auto wanted = wanted_of(call);
  if (!wanted) co_return std::unexpected(std::move(wanted).error());
  const auto filter = LogFilter::create(json::string_at(call.input, "filterPattern"));
  if (!filter) co_return wrong_parameter(filter.error());
  const std::string group = call.owned(wanted->group);
  auto streams = co_await streams_of(call, wanted->group, wanted->prefix);
  if (!streams) co_return log_error(streams.error());
  auto those = candidates(*std::move(streams), *wanted);
  if (those.size() > kFilteredStreamsMax) {
    co_return wrong_parameter(
        std::format("{} streams are too many to be searched at once; give a logStreamNamePrefix, "
                    "or startTime and endTime",
                    those.size()));
  }
  const std::size_t limit = wanted->limit;
  auto read = co_await read_all(call.logs, group, std::move(those), *std::move(wanted));
  if (!read) co_return log_error(read.error());
  co_return answer_of(*std::move(read), *filter, limit);
}

}  // namespace weft::adapters::sagemaker
