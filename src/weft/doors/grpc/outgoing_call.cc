#include "weft/doors/grpc/outgoing_call.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "weft/base/clock.h"
#include "weft/doors/grpc/limits.h"
#include "weft/wire/base64.h"

namespace weft::doors {
namespace {

/// What belongs to the request between hub and bridge.
constexpr std::array<std::string_view, 11> kOwn = {"host",
                                                   "connection",
                                                   "content-length",
                                                   "content-type",
                                                   "content-encoding",
                                                   "accept",
                                                   "user-agent",
                                                   "weft-server",
                                                   "grpc-timeout",
                                                   "transfer-encoding",
                                                   "inference-header-content-length"};

std::string lower(std::string_view name) {
  std::string out(name);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// (gRPC over HTTP/2, "Custom-Metadata".)
bool is_metadata_name(std::string_view name) {
  return !name.starts_with("grpc-") && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

bool is_metadata_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

/// Milliseconds, as the hub says them: `1500m`. Nothing when it is none.
std::optional<std::chrono::milliseconds> timeout_of(std::string_view text) {
  if (!text.ends_with('m')) return std::nullopt;
  text.remove_suffix(1);
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc() || end != text.data() + text.size() || count < 0) return std::nullopt;
  return std::chrono::milliseconds(count);
}

struct CodeRow {
  grpc::StatusCode code;
  std::string_view word;
  int status;
};
/// By number (gRPC's "Status codes").
constexpr std::array<CodeRow, 17> kCodes = {
    {{grpc::OK, "OK", 200},
     {grpc::CANCELLED, "CANCELLED", 499},
     {grpc::UNKNOWN, "UNKNOWN", 500},
     {grpc::INVALID_ARGUMENT, "INVALID_ARGUMENT", 400},
     {grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504},
     {grpc::NOT_FOUND, "NOT_FOUND", 404},
     {grpc::ALREADY_EXISTS, "ALREADY_EXISTS", 409},
     {grpc::PERMISSION_DENIED, "PERMISSION_DENIED", 403},
     {grpc::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429},
     {grpc::FAILED_PRECONDITION, "FAILED_PRECONDITION", 409},
     {grpc::ABORTED, "ABORTED", 409},
     {grpc::OUT_OF_RANGE, "OUT_OF_RANGE", 400},
     {grpc::UNIMPLEMENTED, "UNIMPLEMENTED", kUnimplemented},
     {grpc::INTERNAL, "INTERNAL", 500},
     {grpc::UNAVAILABLE, "UNAVAILABLE", 503},
     {grpc::DATA_LOSS, "DATA_LOSS", 500},
     {grpc::UNAUTHENTICATED, "UNAUTHENTICATED", 401}}};

}  // namespace

Result<void> prepare(grpc::ClientContext& context, const wire::Headers& headers) {
  const Milliseconds left = std::min<Milliseconds>(
      timeout_of(headers.get(kTimeoutHeader)).value_or(kCallMax), kDeadlineMax);
  context.set_deadline(
      std::chrono::system_clock::time_point(Milliseconds(SystemClock().unix_ms()) + left));
  for (const auto& [name, value] : headers) {
    const std::string key = lower(name);
    if (std::ranges::find(kOwn, key) != kOwn.end()) continue;
    if (!is_metadata_name(key) || !is_metadata_value(value)) {
      return fail(
          Reason::invalid_argument,
          std::format("gRPC cannot carry the header `{}`: names are of a to z, 0 to 9, _ - . "
                      "and do not begin with grpc-, values of printable ASCII",
                      name));
    }
    if (!key.ends_with("-bin")) {
      context.AddMetadata(key, std::string(value));
      continue;
    }
    // gRPC writes it in base64 by itself.
    auto bytes = wire::base64_decode(value);
    if (!bytes) {
      return fail(Reason::invalid_argument,
                  std::format("the header `{}` is one of bytes, which are to be said in base64: {}",
                              name, bytes.error().message));
    }
    context.AddMetadata(key, *std::move(bytes));
  }
  return {};
}

Error error_of(const grpc::Status& status) {
  const auto number = static_cast<std::size_t>(status.error_code());
  const CodeRow& row = number < kCodes.size() ? kCodes[number] : kCodes[grpc::UNKNOWN];
  // gRPC's own words, on either side, for what is no want of resources.
  const bool large = row.code == grpc::RESOURCE_EXHAUSTED &&
                     status.error_message().contains("message larger than max");
  Error out = make_error(Reason::solution_failed,
                         status.error_message().empty()
                             ? std::format("the server answered {} without a word", row.word)
                             : std::format("{} (gRPC {})", status.error_message(), row.word));
  constexpr int kTooLarge = 413;
  out.upstream_status = large ? kTooLarge : row.status;
  return out;
}

}  // namespace weft::doors
