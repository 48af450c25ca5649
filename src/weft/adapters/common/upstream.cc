#include "weft/adapters/common/upstream.h"

#include <charconv>
#include <chrono>
#include <format>
#include <sstream>

#include "weft/hub/variables.h"
#include "weft/wire/base64.h"

namespace weft::adapters {
namespace {

constexpr std::size_t kErrorBodyChars = 300;

/// What a person may read of a body: one line, printable, cut.
std::string excerpt(std::string_view body) {
  if (!wire::is_utf8(body)) return "(bytes that are not UTF-8)";
  std::string out;
  for (const char c : body.substr(0, kErrorBodyChars)) {
    const auto byte = static_cast<unsigned char>(c);
    out += (byte < 0x20 || byte == 0x7f) ? ' ' : c;
  }
  // A cut must not leave half a character.
  while (!out.empty() && body.size() > kErrorBodyChars && !wire::is_utf8(out)) out.pop_back();
  if (body.size() > kErrorBodyChars) out += " …";
  return out;
}

/// The words that error bodies of the usual kinds carry.
std::string message_of(std::string_view body) {
  const auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object()) return excerpt(body);
  const auto& o = parsed->as_object();
  const auto* inner = json::object_at(o, "error");
  for (const auto* from : {inner, &o}) {
    if (from == nullptr) continue;
    for (const auto* key : {"message", "detail", "error_description", "title", "error"}) {
      if (const auto text = json::string_at(*from, key); !text.empty()) return excerpt(text);
    }
  }
  return excerpt(body);
}

Reason reason_of_status(int status) {
  switch (status) {
    case 400:
    case 422: return Reason::invalid_argument;
    case 401:
    case 403: return Reason::unavailable;
    case 404: return Reason::solution_failed;
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

/// An HTTP date (RFC 9110, 5.6.7).
std::optional<std::chrono::sys_seconds> date_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::chrono::sys_seconds at;
  in >> std::chrono::parse("%a, %d %b %Y %T GMT", at);
  if (in.fail()) return std::nullopt;
  return at;
}

}  // namespace

std::optional<Milliseconds> retry_after_of(const wire::Headers& headers) {
  constexpr std::int64_t kWaitSecondsMax = 86'400;
  const std::string_view text = headers.get("Retry-After");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool all = end == text.data() + text.size();
  if (failed == std::errc::result_out_of_range && all && !text.starts_with('-')) {
    seconds = kWaitSecondsMax;
  } else if (failed != std::errc() || !all) {
    const auto until = date_of(text);
    const auto from = date_of(headers.get("Date"));
    if (!until || !from) return std::nullopt;
    seconds = std::max<std::int64_t>((*until - *from).count(), 0);
  }
  if (seconds < 0) return std::nullopt;
  return Milliseconds(std::min(seconds, kWaitSecondsMax) * 1000);
}

Milliseconds silence_until(SteadyTime deadline) {
  const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, Milliseconds(1));
}

Result<wire::Headers> solution_headers(const hub::JoinRequest& request) {
  wire::Headers headers;
  for (const auto& [name, value] : request.headers) {
    WEFT_TRY(std::string resolved, hub::resolve_variables(value));
    if (!wire::valid_header_name(name) || !wire::valid_header_value(resolved)) {
      return fail(Reason::invalid_argument,
                  std::format("the header `{}` of the solution is not sendable", name));
    }
    headers.set(name, std::move(resolved));
  }
  if (!request.bearer.empty()) {
    WEFT_TRY(std::string resolved, hub::resolve_variables(request.bearer));
    if (!wire::valid_header_value(resolved)) {
      return fail(Reason::invalid_argument,
                  "the bearer token of the solution holds characters that cannot be sent");
    }
    headers.set("Authorization", "Bearer " + resolved);
  }
  return headers;
}

Result<net::ClientRequest> solution_request(const hub::JoinRequest& request,
                                            std::string_view method, const Url& url,
                                            const hub::CallContext& context) {
  WEFT_TRY(wire::Headers headers, solution_headers(request));
  net::ClientRequest out;
  out.origin.url = url;
  out.origin.egress = net::Egress::open;
  out.method = std::string(method);
  out.target = url.target();
  out.headers = std::move(headers);
  out.deadline = context.deadline;
  return out;
}

Error error_of_status(int status, const wire::Headers& headers, std::string_view body) {
  const std::string words = message_of(body);
  std::string message =
      status == 401 || status == 403
          ? std::format(
                "refused weft's credentials (HTTP {}): {}; set them with --bearer or --header",
                status, words)
          : std::format("answered HTTP {}: {}", status, words);
  Error error = make_error(reason_of_status(status), std::move(message));
  error.upstream_status = status;
  error.retry_after = retry_after_of(headers);
  if (status >= 500 && status != 502 && status != 503 && status != 504 && status != 529)
    error.retryable = false;
  return error;
}

Error with_status(Error told, int status, const wire::Headers& headers) {
  told.upstream_status = status;
  if (!told.retry_after) told.retry_after = retry_after_of(headers);
  return told;
}

Error name_solution(Error error, std::string_view solution) {
  if (!error.solution.empty()) return error;
  error.solution = std::string(solution);
  error.message = std::format("solution \"{}\": {}", solution, error.message);
  return error;
}

}  // namespace weft::adapters
