#include "weft/store/record.h"

#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>

#include <charconv>
#include <cmath>
#include <format>

#include "weft/store/limits.h"

namespace weft::store {
namespace {

constexpr std::array<std::string_view, 4> kEffects{"pure", "keyed", "queryable", "one_shot"};

/// Whether the value comes back from its text as it was.
bool fit(const json::value& value, std::size_t depth) {
  if (depth > kPayloadDepthMax) return false;
  if (const auto* o = value.if_object()) {
    return std::ranges::all_of(*o,
                               [depth](const auto& pair) { return fit(pair.value(), depth + 1); });
  }
  if (const auto* a = value.if_array()) {
    return std::ranges::all_of(*a,
                               [depth](const json::value& item) { return fit(item, depth + 1); });
  }
  const double* number = value.if_double();
  return !number || std::isfinite(*number);
}

std::unexpected<Error> damaged(std::string_view what) {
  Error error = make_error(Reason::internal, std::format("{} in the journal is damaged", what));
  error.code = Code::data_loss;
  return fail(std::move(error));
}

void keep(json::object& out, std::string_view key, const json::value& value) {
  if (!value.is_null()) out[key] = value;
}

json::value taken(json::object& from, std::string_view key) {
  auto* value = from.if_contains(key);
  return value ? std::move(*value) : json::value();
}

}  // namespace

std::string_view to_string(Effect effect) { return kEffects.at(static_cast<std::size_t>(effect)); }

std::optional<Effect> effect_from(std::string_view word) {
  const auto at = std::ranges::find(kEffects, word);
  if (at == kEffects.end()) return std::nullopt;
  return static_cast<Effect>(at - kEffects.begin());
}

Result<std::string> to_text(const json::value& value, std::string_view what) {
  if (!fit(value, 0)) {
    return fail(Reason::invalid_argument,
                std::format("{} is nested deeper than {} or holds a number that is not finite",
                            what, kPayloadDepthMax));
  }
  std::string text = json::write(value);
  if (text.size() > kPayloadBytesMax) {
    return fail(Reason::too_large, std::format("{} is {} bytes long; the journal takes at most {}",
                                               what, text.size(), kPayloadBytesMax));
  }
  return text;
}

Result<json::value> from_text(std::string_view text, std::string_view what) {
  boost::json::parse_options options;
  options.max_depth = kPayloadDepthMax + 2;
  options.numbers = boost::json::number_precision::precise;
  boost::system::error_code error;
  auto value = boost::json::parse(text, error, {}, options);
  if (error) return damaged(what);
  return value;
}

Result<std::string> start_text(const TaskRecord& task) {
  json::object out;
  out["solution"] = task.solution.str();
  out["skill"] = task.skill.str();
  out["effect"] = to_string(task.effect);
  out["created"] = task.created_ms;
  keep(out, "call", task.call);
  return to_text(out, "the task's call");
}

Result<void> read_start(std::string_view text, TaskRecord& task) {
  WEFT_TRY(json::value value, from_text(text, "a task's call"));
  auto* o = value.if_object();
  if (!o) return damaged("a task's call");
  const auto effect = effect_from(json::string_at(*o, "effect"));
  const auto created = json::int_at(*o, "created");
  if (!effect || !created) return damaged("a task's call");
  task.solution = SolutionId(std::string(json::string_at(*o, "solution")));
  task.skill = SkillId(std::string(json::string_at(*o, "skill")));
  task.effect = *effect;
  task.created_ms = *created;
  task.call = taken(*o, "call");
  return {};
}

Result<std::string> body_text(const TaskRecord& task) {
  json::object out;
  keep(out, "upstream", task.upstream);
  keep(out, "asks", task.asks);
  keep(out, "meta", task.meta);
  if (!task.state_blob.empty()) out["state_blob"] = task.state_blob;
  return to_text(out, "the task's state");
}

Result<void> read_body(std::string_view text, TaskRecord& task) {
  WEFT_TRY(json::value value, from_text(text, "a task's state"));
  auto* o = value.if_object();
  if (!o) return damaged("a task's state");
  task.state_blob = std::string(json::string_at(*o, "state_blob"));
  task.upstream = taken(*o, "upstream");
  task.asks = taken(*o, "asks");
  task.meta = taken(*o, "meta");
  return {};
}

void apply(const Append& change, TaskRecord& task) {
  if (change.state) task.state = *change.state;
  if (change.expires_ms) task.expires_ms = *change.expires_ms;
  if (change.upstream) task.upstream = *change.upstream;
  if (change.asks) task.asks = *change.asks;
  if (change.meta) task.meta = *change.meta;
  if (change.state_blob) task.state_blob = *change.state_blob;
  task.updated_ms = std::max(task.updated_ms, change.at_ms);
}

bool changes_body(const Append& change) {
  return change.upstream || change.asks || change.meta || change.state_blob;
}

std::string to_string(const PageToken& token) {
  return std::format("{}.{}", token.updated_ms, token.task);
}

Result<PageToken> page_token_from(std::string_view text) {
  PageToken token;
  const auto mark = text.find('.');
  const std::string_view number = text.substr(0, mark);
  const auto [at, error] =
      std::from_chars(number.data(), number.data() + number.size(), token.updated_ms);
  if (mark == std::string_view::npos || error != std::errc() ||
      at != number.data() + number.size() || mark + 1 == text.size()) {
    return fail(make_argument_error("page_token", "the page token is not one that was given out"));
  }
  token.task = std::string(text.substr(mark + 1));
  return token;
}

Error no_such_task() { return make_error(Reason::task_not_found, "there is no such task"); }

Error head_moved(const Append& change, std::int64_t head) {
  Error error =
      make_error(Reason::internal,
                 std::format("the task `{}` was changed meanwhile: its last event is {}, not {}",
                             change.task.str(), head, change.expected_head));
  error.code = Code::aborted;
  return error;
}

Result<void> check(const TaskRecord& task, std::size_t events) {
  if (task.id.empty()) return fail(make_argument_error("id", "a task needs an id"));
  if (events > kEventsPerAppendMax) {
    return fail(Reason::too_large, std::format("{} events at once; the journal takes {}", events,
                                               kEventsPerAppendMax));
  }
  return {};
}

Result<void> check(const Append& change) {
  if (change.task.empty()) return fail(no_such_task());
  if (change.events.size() > kEventsPerAppendMax) {
    return fail(Reason::too_large, std::format("{} events at once; the journal takes {}",
                                               change.events.size(), kEventsPerAppendMax));
  }
  if (change.expected_head + static_cast<std::int64_t>(change.events.size()) > kEventsPerTaskMax) {
    return fail(Reason::too_large, std::format("a task has at most {} events", kEventsPerTaskMax));
  }
  return {};
}

}  // namespace weft::store
