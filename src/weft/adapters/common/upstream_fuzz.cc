// What an upstream answers and what an operator configured, of any bytes: an error is one readable
// line with a bounded wait that is told on as it was, and only headers that can be sent are made.
#include "weft/adapters/common/upstream.h"

#include <algorithm>

#include "weft/adapters/common/reply.h"
#include "weft/hub/variables.h"
#include "weft/wire/base64.h"

namespace weft::adapters {
namespace {

/// The next line of what is left.
std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

bool one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

void fuzz_wait(const Error& error, int status, const wire::Headers& headers) {
  if (error.retry_after)
    WEFT_ASSERT(error.retry_after->count() >= 0 && error.retry_after->count() <= 86'400'000);
  wire::Headers told;
  add_error_headers(told, error);
  WEFT_ASSERT(error_of_status(status, told, "").retry_after == error.retry_after);
  WEFT_ASSERT(with_status(Error(), status, headers).retry_after == error.retry_after);
  Error waits;
  waits.retry_after = Milliseconds(1);
  WEFT_ASSERT(with_status(waits, status, headers).retry_after == waits.retry_after);
}

void fuzz_status(int status, const wire::Headers& headers, std::string_view body) {
  const Error error = error_of_status(status, headers, body);
  WEFT_ASSERT(!error.message.empty() && error.message.size() < 512);
  WEFT_ASSERT(one_line(error.message) && wire::is_utf8(error.message));
  WEFT_ASSERT(error.code == code_of(error.reason) && error.upstream_status == status);
  const Error named = name_solution(error, "shop");
  WEFT_ASSERT(named.solution == "shop" && name_solution(named, "bank") == named);
  fuzz_wait(error, status, headers);
}

void fuzz_joined(std::string_view name, std::string_view value, std::string_view bearer) {
  hub::JoinRequest request;
  request.headers.emplace_back(name, value);
  request.bearer = std::string(bearer);
  const auto headers = solution_headers(request);
  if (headers) {
    for (const auto& [field, text] : *headers)
      WEFT_ASSERT(wire::valid_header_name(field) && wire::valid_header_value(text));
  }
  if (value.contains("${")) return;
  const auto resolved = hub::resolve_variables(value);
  WEFT_ASSERT(resolved && *resolved == value);
}

void fuzz(std::string_view text) {
  if (text.empty()) return;
  const int status = 300 + static_cast<unsigned char>(text.front());
  std::string_view rest = text.substr(1);
  const auto retry_after = next_line(rest);
  const auto date = next_line(rest);
  const auto depth = next_line(rest);
  wire::Headers headers;
  headers.add("Retry-After", retry_after);
  headers.add("Date", date);
  headers.add("Weft-Depth", depth);
  headers.add("traceparent", depth);
  const int hubs = depth_of(headers);
  WEFT_ASSERT(hubs >= 0 && hubs < 1'000 && trace_of(headers).parent == depth);
  fuzz_status(status, headers, rest);
  fuzz_joined(retry_after, date, depth);
}

}  // namespace
}  // namespace weft::adapters

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
