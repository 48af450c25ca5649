#include "weft/adapters/oip/errors.h"

#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/common/upstream.h"

namespace weft::adapters::oip {
namespace {

Reason reason_of_status(int status) {
  switch (status) {
    case 400:
    case 422: return Reason::invalid_argument;
    case 404: return Reason::solution_not_found;
    case 408:
    case 504: return Reason::deadline;
    case 413: return Reason::too_large;
    case 415: return Reason::content_type;
    case 429: return Reason::rate_limited;
    case 502:
    case 503: return Reason::unavailable;
    default: return Reason::solution_failed;
  }
}

/// The words of a question, of which the caller's protocol can answer none here.
Error question_error(const json::object& object) {
  return make_error(Reason::unsupported,
                    std::format("it asks back: {}", json::string_at(object, "error")));
}

/// The solution's complaint about weft's own credentials is none about the caller's.
Reason seen_by_caller(Reason reason) {
  return reason == Reason::unauthenticated ? Reason::permission_denied : reason;
}

}  // namespace

int oip_status(const Error& error) {
  // The model ran, and said that it failed: the protocol has no other status for it.
  return error.reason == Reason::solution_failed ? 500 : http_status(error);
}

json::object error_json(const Error& error) {
  json::object out{{"error", error.message}, {"reason", to_string(error.reason)}};
  if (!error.param.empty()) out["param"] = error.param;
  return out;
}

void respond_error(net::Exchange& exchange, const Error& error) {
  wire::Headers headers;
  add_error_headers(headers, error);
  const json::value body(error_json(error));
  (void)respond_json(exchange, oip_status(error), body, std::move(headers));
}

Error error_from_json(const json::object& object, int status) {
  const std::string_view word = json::string_at(object, "reason");
  if (word == kQuestionReason) return question_error(object);
  const auto reason = reason_from(word);
  Error out = make_error(seen_by_caller(reason.value_or(status == 0 ? Reason::solution_failed
                                                                    : reason_of_status(status))),
                         std::string(json::string_at(object, "error")));
  if (out.message.empty()) out.message = "the server answered an error without a message";
  out.param = json::string_at(object, "param");
  out.upstream_status = status;
  return out;
}

Error read_error(int status, const wire::Headers& headers, std::string_view body) {
  const auto parsed = json::parse(body);
  const json::object* object = parsed ? parsed->if_object() : nullptr;
  const json::value* words = object != nullptr ? json::find(*object, "error") : nullptr;
  if (words == nullptr || !words->is_string()) return error_of_status(status, headers, body);
  Error told = error_from_json(*object, status);
  // What is wrong with weft's own credentials is nothing that the caller could mend.
  const bool credentials = status == 401 || status == 403;
  if (credentials && told.reason != Reason::refused) return error_of_status(status, headers, body);
  return with_status(std::move(told), status, headers);
}

json::object question_json(const model::Ask& ask, std::string_view task) {
  std::string words;
  for (const auto& [key, item] : ask.items) {
    if (!words.empty()) words += '\n';
    words += item.message;
  }
  json::object out{{"error", words}, {"reason", kQuestionReason}};
  out["parameters"] = json::object{{"task_id", task}};
  return out;
}

}  // namespace weft::adapters::oip
