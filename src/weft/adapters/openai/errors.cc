#include "weft/adapters/openai/errors.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/common/upstream.h"

namespace weft::adapters::openai {
namespace {

struct Row {
  Reason reason;
  std::string_view type;
  std::string_view code;
};

/// Reason to type and code. `code` names the reason exactly, so that it comes back as it went.
constexpr std::array<Row, 18> kTable{{
    {Reason::invalid_argument, "invalid_request_error", "invalid_argument"},
    {Reason::unauthenticated, "authentication_error", "invalid_api_key"},
    {Reason::permission_denied, "permission_error", "permission_denied"},
    {Reason::solution_not_found, "invalid_request_error", "model_not_found"},
    {Reason::task_not_found, "not_found", "task_not_found"},
    {Reason::unsupported, "invalid_request_error", "unsupported"},
    {Reason::not_cancelable, "invalid_request_error", "not_cancelable"},
    {Reason::content_type, "invalid_request_error", "content_type"},
    {Reason::too_large, "invalid_request_error", "too_large"},
    {Reason::rate_limited, "rate_limit_error", "rate_limit_exceeded"},
    {Reason::unavailable, "server_error", "unavailable"},
    {Reason::deadline, "server_error", "timeout"},
    {Reason::cancelled, "server_error", "cancelled"},
    {Reason::solution_failed, "model_error", "solution_failed"},
    {Reason::refused, "invalid_request_error", "content_filter"},
    {Reason::upstream_protocol, "server_error", "bad_gateway"},
    {Reason::storage_full, "server_error", "storage_full"},
    {Reason::internal, "server_error", "internal"},
}};

const Row& row_of(Reason reason) {
  const auto found = std::ranges::find(kTable, reason, &Row::reason);
  return found == kTable.end() ? kTable.back() : *found;
}

/// Words of OpenAI and its look-alikes that are not in the table.
struct Word {
  std::string_view word;
  Reason reason;
};
constexpr std::array<Word, 10> kWords{{
    {"insufficient_quota", Reason::rate_limited},
    {"rate_limit_error", Reason::rate_limited},
    {"context_length_exceeded", Reason::invalid_argument},
    {"overloaded_error", Reason::unavailable},
    {"not_found_error", Reason::solution_not_found},
    {"content_policy_violation", Reason::refused},
    {"permission_error", Reason::permission_denied},
    {"model_error", Reason::solution_failed},
    {"timeout_error", Reason::deadline},
    {"request_too_large", Reason::too_large},
}};

std::optional<Reason> reason_of_word(std::string_view word) {
  if (word.empty()) return std::nullopt;
  const auto row = std::ranges::find(kTable, word, &Row::code);
  if (row != kTable.end()) return row->reason;
  const auto known = std::ranges::find(kWords, word, &Word::word);
  if (known != kWords.end()) return known->reason;
  return std::nullopt;
}

Reason reason_of_status(int status) {
  switch (status) {
    case 0: return Reason::solution_failed;
    case 400:
    case 422: return Reason::invalid_argument;
    case 404: return Reason::solution_not_found;
    case 408:
    case 504: return Reason::deadline;
    case 413: return Reason::too_large;
    case 415: return Reason::content_type;
    case 429: return Reason::rate_limited;
    case 502:
    case 503:
    case 529: return Reason::unavailable;
    default: return Reason::solution_failed;
  }
}

/// The solution's complaint about weft's own credentials is none about the caller's.
Reason seen_by_caller(Reason reason) {
  return reason == Reason::unauthenticated ? Reason::permission_denied : reason;
}

constexpr std::string_view kWordless = "the model server answered an error without a message";

bool is_number(std::string_view token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; });
}

/// A token of a JSON Pointer as the name that it means (RFC 6901, 4).
std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char next = token[i] == '~' && i + 1 < token.size() ? token[i + 1] : '\0';
    const bool escape = next == '0' || next == '1';
    out += !escape ? token[i] : next == '0' ? '~' : '/';
    if (escape) ++i;
  }
  return out;
}

std::string code_word(const json::object& error) {
  const auto* code = json::find(error, "code");
  return code && code->is_string() ? std::string(code->get_string()) : std::string();
}

}  // namespace

json::object error_json(const Error& error) {
  const Row& row = row_of(error.reason);
  json::object body{
      {"message", error.message}, {"type", row.type}, {"param", nullptr}, {"code", row.code}};
  if (!error.param.empty()) body["param"] = param_of_pointer(error.param);
  return {{"error", std::move(body)}};
}

Error error_from_json(const json::object& error, int status) {
  auto reason = reason_of_word(code_word(error));
  if (!reason) reason = reason_of_word(json::string_at(error, "type"));
  if (!reason && (status == 401 || status == 403)) reason = Reason::permission_denied;
  Error out = make_error(seen_by_caller(reason.value_or(reason_of_status(status))),
                         std::string(json::string_at(error, "message")));
  if (out.message.empty()) out.message = kWordless;
  out.param = pointer_of_param(json::string_at(error, "param"));
  out.upstream_status = status;
  return out;
}

ErrorAnswer read_error_answer(int status, const wire::Headers& headers, std::string_view body) {
  ErrorAnswer out{.error = error_of_status(status, headers, body), .document = {}};
  auto parsed = json::parse(body);
  const auto* object = parsed ? error_object(*parsed) : nullptr;
  if (!object) return out;
  Error said = error_from_json(*object, status);
  // What is wrong with weft's own credentials is nothing that the caller could mend.
  const bool credentials = status == 401 || status == 403;
  if (credentials && said.reason != Reason::refused) return out;
  if (credentials) out.error.message = std::format("answered HTTP {}: {}", status, said.message);
  out.error.reason = said.reason;
  out.error.code = said.code;
  out.error.retryable = said.retryable;
  out.error.param = std::move(said.param);
  if (said.reason != Reason::permission_denied && status >= 400)
    out.document = std::move(parsed->as_object());
  return out;
}

json::object named_document(json::object document, std::string_view solution, const Error& error) {
  json::object& own = document["error"].as_object();
  const auto words = json::string_at(own, "message");
  own["message"] = std::format("solution \"{}\": {}", solution, words.empty() ? kWordless : words);
  if (!own.contains("type")) own["type"] = row_of(error.reason).type;
  for (const std::string_view key : {"param", "code"}) {
    if (!own.contains(key)) own[key] = nullptr;
  }
  return document;
}

const json::object* error_object(const json::value& document) {
  const auto* o = document.if_object();
  return o ? json::object_at(*o, "error") : nullptr;
}

std::string param_of_pointer(std::string_view pointer) {
  std::string out;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (is_number(token) && !out.empty()) {
      out += '[';
      out += token;
      out += ']';
    } else {
      if (!out.empty()) out += '.';
      out += unescaped(token);
    }
  }
  return out;
}

std::string pointer_of_param(std::string_view param) {
  std::string out;
  for (const char c : param) {
    if (c == ']') continue;
    const bool first = out.empty();
    if (first) out = "/";
    if (c == '.' || c == '[') {
      if (!first) out += '/';
    } else if (c == '~' || c == '/') {
      out += c == '~' ? "~0" : "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace weft::adapters::openai
