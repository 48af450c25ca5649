#include "weft/adapters/admin/body.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/base/limits.h"
#include "weft/base/text.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"
#include "weft/hub/nearest.h"
#include "weft/net/mqtt_client.h"

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

/// A member that is a text, or is not there.
Result<std::string> text_of(const json::object& body, std::string_view name) {
  const auto* value = json::find(body, name);
  if (!value || value->is_null()) return std::string();
  if (value->is_string()) return std::string(value->get_string());
  return fail(
      make_argument_error(std::format("/{}", name), std::format("{}: expected a string", name)));
}

/// A member of this kind, or null where there is none.
template <class Kind>
Result<const Kind*> member_of(const json::object& body, std::string_view name, const Kind* found,
                              std::string_view kind) {
  const auto* value = json::find(body, name);
  if (found || !value || value->is_null()) return found;
  return fail(
      make_argument_error(std::format("/{}", name), std::format("{}: expected {}", name, kind)));
}

/// A member that is an object of strings.
Result<std::vector<std::pair<std::string, std::string>>> texts_of(const json::object& body,
                                                                  std::string_view name) {
  std::vector<std::pair<std::string, std::string>> out;
  WEFT_TRY(const auto* texts,
           member_of(body, name, json::object_at(body, name), "an object of strings"));
  if (!texts) return out;
  out.reserve(texts->size());
  for (const auto& [key, value] : *texts) {
    if (!value.is_string()) {
      return fail(
          make_argument_error(std::format("/{}", name), std::format("{}: expected strings", name)));
    }
    out.emplace_back(key, value.get_string());
  }
  return out;
}

}  // namespace

Result<void> check_members(const json::object& body,
                           std::initializer_list<std::string_view> known) {
  for (const auto& member : body) {
    const std::string_view name = member.key();
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string shown(beginning_of(name, kMemberCharsShown));
    return fail(make_argument_error("/" + json::escape_pointer(shown),
                                    std::format("`{}` is not known here; what is: {}", shown,
                                                hub::quoted_list({known.begin(), known.end()}))));
  }
  return {};
}

Result<hub::JoinRequest> read_join(const json::object& body) {
  WEFT_CHECK(check_members(body, {"name", "url", "protocol", "bearer", "command", "headers",
                                  "environment", "timeout_ms", "details"}));
  hub::JoinRequest request;
  WEFT_TRY(std::string id, text_of(body, "name"));
  request.id = SolutionId(std::move(id));
  WEFT_TRY(request.url, text_of(body, "url"));
  WEFT_TRY(request.protocol, text_of(body, "protocol"));
  WEFT_TRY(request.bearer, text_of(body, "bearer"));
  request.origin = "weft add";
  WEFT_TRY(const auto* command,
           member_of(body, "command", json::array_at(body, "command"), "a list of strings"));
  if (command) {
    for (const auto& word : *command) {
      if (!word.is_string())
        return fail(make_argument_error("/command", "command: expected a list of strings"));
      request.command.emplace_back(word.get_string());
    }
  }
  WEFT_TRY(request.headers, texts_of(body, "headers"));
  WEFT_TRY(const auto environment, texts_of(body, "environment"));
  request.environment.insert(environment.begin(), environment.end());
  WEFT_TRY(const auto* details,
           member_of(body, "details", json::object_at(body, "details"), "an object"));
  if (details && !net::is_mqtt_url(request.url)) {
    return fail(make_argument_error(
        "/details", "details: only what listens behind an MQTT broker does not describe itself"));
  }
  if (details) request.details = *details;
  const auto* timeout = json::find(body, "timeout_ms");
  const bool none = !timeout || timeout->is_null();
  request.timeout_ms = none ? 0 : json::int_at(body, "timeout_ms").value_or(-1);
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
  WEFT_TRY(key.name, text_of(body, "name"));
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
  const auto* admin = json::find(body, "admin");
  if (admin && !admin->is_null() && !admin->is_bool())
    return fail(make_argument_error("/admin", "admin: expected true or false"));
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
