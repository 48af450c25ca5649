#include "weft/adapters/admin/body.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/base/limits.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"
#include "weft/hub/nearest.h"

namespace weft::adapters::admin {
namespace {

constexpr std::size_t kMemberCharsShown = 64;

std::string query_value(std::string_view query, std::string_view name) {
  for (auto& [key, value] : parse_query(query)) {
    if (key == name) return value;
  }
  return {};
}

std::int64_t number_or(std::string_view text, std::int64_t otherwise) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? value
                                                                                   : otherwise;
}

/// What would be left out is refused: a member misspelt may be a right that was to be withheld.
Result<void> check_members(const json::object& body,
                           std::initializer_list<std::string_view> known) {
  for (const auto& member : body) {
    const std::string name(member.key());
    if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
    return fail(make_argument_error(
        "/" + name,
        std::format("`{}` is not known here; what is: {}", name.substr(0, kMemberCharsShown),
                    hub::quoted_list({known.begin(), known.end()}))));
  }
  return {};
}

}  // namespace

Result<hub::JoinRequest> read_join(const json::object& body) {
  WEFT_CHECK(check_members(body, {"name", "url", "protocol", "bearer", "command", "headers",
                                  "environment", "timeout_ms"}));
  hub::JoinRequest request;
  request.id = SolutionId(std::string(json::string_at(body, "name")));
  request.url = std::string(json::string_at(body, "url"));
  request.protocol = std::string(json::string_at(body, "protocol"));
  request.bearer = std::string(json::string_at(body, "bearer"));
  request.origin = "weft add";
  if (const auto* command = json::array_at(body, "command")) {
    for (const auto& word : *command) {
      if (!word.is_string())
        return fail(make_argument_error("/command", "command: expected a list of strings"));
      request.command.emplace_back(word.get_string());
    }
  }
  if (const auto* headers = json::object_at(body, "headers")) {
    for (const auto& [name, value] : *headers) {
      if (!value.is_string())
        return fail(make_argument_error("/headers", "headers: expected strings"));
      request.headers.emplace_back(name, value.get_string());
    }
  }
  if (const auto* environment = json::object_at(body, "environment")) {
    for (const auto& [name, value] : *environment) {
      if (!value.is_string())
        return fail(make_argument_error("/environment", "environment: expected strings"));
      request.environment[name] = value.get_string();
    }
  }
  request.timeout_ms = json::int_at(body, "timeout_ms").value_or(0);
  if (request.timeout_ms < 0 || request.timeout_ms > hub::kTimeoutMsMax) {
    return fail(make_argument_error(
        "/timeout_ms", std::format("timeout_ms: expected 0 to {}", hub::kTimeoutMsMax)));
  }
  if (request.url.empty() == request.command.empty()) {
    return fail(make_argument_error("/url", "give a `url` or a `command`, and not both"));
  }
  if (!request.id.empty() && slug(request.id.str()) != request.id.str()) {
    return fail(make_argument_error(
        "/name",
        std::format(
            "`{}` cannot name a solution: names are lower-case letters and digits, in words "
            "joined by single `-`, at most {} characters",
            request.id.str(), kSolutionIdCharsMax)));
  }
  return request;
}

Result<hub::KeyInfo> read_key(const json::object& body) {
  WEFT_CHECK(check_members(body, {"name", "admin", "solutions"}));
  hub::KeyInfo key;
  key.name = std::string(json::string_at(body, "name"));
  if (key.name.empty() || key.name.size() > hub::kKeyNameCharsMax) {
    return fail(make_argument_error(
        "/name", std::format("name: expected 1 to {} characters", hub::kKeyNameCharsMax)));
  }
  // An empty list means every solution: what cannot be read must not become one.
  const auto* list = json::find(body, "solutions");
  if (list != nullptr && !list->is_null()) {
    if (!list->is_array() ||
        !std::ranges::all_of(list->get_array(), [](const auto& id) { return id.is_string(); })) {
      return fail(make_argument_error("/solutions", "solutions: expected a list of names"));
    }
    for (const auto& id : list->get_array()) key.solutions.emplace_back(id.get_string());
  }
  key.admin = json::bool_at(body, "admin").value_or(false);
  return key;
}

Result<hub::TaskFilter> read_filter(std::string_view query) {
  hub::TaskFilter filter;
  filter.context = ContextId(query_value(query, "context"));
  filter.page_token = query_value(query, "page_token");
  filter.limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(number_or(query_value(query, "limit"), 50), 1, 500));
  if (const auto word = query_value(query, "state"); !word.empty()) {
    filter.state = model::task_state_from(word);
    if (!filter.state) {
      return fail(make_argument_error("/state", std::format("`{}` is no state of a task", word)));
    }
  }
  return filter;
}

std::int64_t read_after(std::string_view last_event_id, std::string_view query) {
  return number_or(last_event_id.empty() ? query_value(query, "after") : std::string(last_event_id),
                   0);
}

}  // namespace weft::adapters::admin
