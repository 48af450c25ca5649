#include "weft/base/result.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace weft {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view word;
  Code code;
  bool retryable;
};

constexpr std::array kReasons{
    ReasonRow{Reason::none, "unknown", Code::unknown, false},
    ReasonRow{Reason::invalid_argument, "invalid_argument", Code::invalid_argument, false},
    ReasonRow{Reason::unauthenticated, "unauthenticated", Code::unauthenticated, false},
    ReasonRow{Reason::permission_denied, "permission_denied", Code::permission_denied, false},
    ReasonRow{Reason::solution_not_found, "not_found", Code::not_found, false},
    ReasonRow{Reason::task_not_found, "task_not_found", Code::not_found, false},
    ReasonRow{Reason::unsupported, "unsupported", Code::failed_precondition, false},
    ReasonRow{Reason::not_cancelable, "not_cancelable", Code::failed_precondition, false},
    ReasonRow{Reason::content_type, "content_type", Code::invalid_argument, false},
    ReasonRow{Reason::too_large, "too_large", Code::resource_exhausted, false},
    ReasonRow{Reason::rate_limited, "rate_limited", Code::resource_exhausted, true},
    ReasonRow{Reason::unavailable, "unavailable", Code::unavailable, true},
    ReasonRow{Reason::deadline, "deadline", Code::deadline_exceeded, true},
    ReasonRow{Reason::cancelled, "cancelled", Code::cancelled, false},
    ReasonRow{Reason::solution_failed, "solution_failed", Code::internal, false},
    ReasonRow{Reason::refused, "refused", Code::permission_denied, false},
    ReasonRow{Reason::upstream_protocol, "upstream_protocol", Code::internal, false},
    ReasonRow{Reason::storage_full, "storage_full", Code::resource_exhausted, true},
    ReasonRow{Reason::internal, "internal", Code::internal, false},
};

const ReasonRow& row_of(Reason reason) {
  const auto& row = kReasons.at(static_cast<std::size_t>(reason));
  WEFT_ASSERT(row.reason == reason);
  return row;
}

constexpr std::array<std::string_view, 17> kCodes{
    "ok",        "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",
    "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
    "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
    "data_loss", "unauthenticated"};

}  // namespace

std::string_view to_string(Code code) { return kCodes.at(static_cast<std::size_t>(code)); }
std::string_view to_string(Reason reason) { return row_of(reason).word; }
Code code_of(Reason reason) { return row_of(reason).code; }

std::optional<Reason> reason_from(std::string_view word) {
  for (const auto& row : kReasons) {
    if (row.word == word) return row.reason;
  }
  return std::nullopt;
}

Error make_error(Reason reason, std::string message) {
  const auto& row = row_of(reason);
  Error error;
  error.code = row.code;
  error.reason = reason;
  error.message = std::move(message);
  error.retryable = row.retryable;
  return error;
}

Error make_argument_error(std::string param, std::string message) {
  Error error = make_error(Reason::invalid_argument, std::move(message));
  error.param = std::move(param);
  return error;
}

std::unexpected<Error> fail(Reason reason, std::string message) {
  return std::unexpected(make_error(reason, std::move(message)));
}

std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "weft: this is a bug: %s is false at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace weft
