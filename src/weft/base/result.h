// Result, Error and the macros that carry them. Owned by base; any thread.
//
// An Error is one of 16 codes (the gRPC set), a reason (the finer name that protocols carry), a
// message a user can act on, and whether a retry can help.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weft {

/// The 16 error codes of gRPC; the numbers are gRPC's.
enum class Code : std::uint8_t {
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

/// What went wrong in the words of the exchange: one row each in every adapter's error table.
enum class Reason : std::uint8_t {
  none,
  invalid_argument,
  unauthenticated,
  permission_denied,
  solution_not_found,
  task_not_found,
  unsupported,
  not_cancelable,
  content_type,
  too_large,
  rate_limited,
  unavailable,
  deadline,
  cancelled,
  solution_failed,
  refused,
  upstream_protocol,
  storage_full,
  internal,
};

std::string_view to_string(Code code);
std::string_view to_string(Reason reason);
/// The inverse of to_string; nothing when the word names no reason.
std::optional<Reason> reason_from(std::string_view word);
/// The code that a reason has when nothing else is known.
Code code_of(Reason reason);

/// Why something failed, fit to be shown to the one who asked.
struct Error {
  Code code = Code::unknown;
  Reason reason = Reason::none;
  std::string message;
  /// JSON Pointer of the offending value, where there is one.
  std::string param;
  /// The solution that reported or caused it; empty when weft itself did.
  std::string solution;
  bool retryable = false;
  std::optional<std::chrono::milliseconds> retry_after;
  /// The HTTP status an upstream answered with; 0 when there was none.
  int upstream_status = 0;

  friend bool operator==(const Error&, const Error&) = default;
};

// Cold: what makes an error is kept apart from the code that runs when all goes well, which is so
// long that fetching it is most of a call's cost (bench/README.md).

/// An error of a reason, with the reason's usual code and retryability.
[[gnu::cold]] Error make_error(Reason reason, std::string message);
/// The same, pointing at the value that is wrong.
[[gnu::cold]] Error make_argument_error(std::string param, std::string message);

template <class T>
using Result = std::expected<T, Error>;

/// A failed Result in return statements: `return fail(Reason::too_large, "…")`.
[[gnu::cold]] std::unexpected<Error> fail(Reason reason, std::string message);
[[gnu::cold]] std::unexpected<Error> fail(Error error);

/// Ends the process with the place and the text: a bug in weft, never bad input.
[[noreturn, gnu::cold]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace weft

#define WEFT_CONCAT_(a, b) a##b
#define WEFT_CONCAT(a, b) WEFT_CONCAT_(a, b)

/// Stays on in release.
#define WEFT_ASSERT(expression)           \
  (static_cast<bool>(expression) ? void() \
                                 : ::weft::assertion_failed(#expression, __FILE__, __LINE__))

/// `WEFT_TRY(auto x, f());` declares x from a Result or returns its error.
#define WEFT_TRY(declaration, ...) \
  WEFT_TRY_(WEFT_CONCAT(weft_try_, __LINE__), return, declaration, __VA_ARGS__)
/// The same in a coroutine: `WEFT_CO_TRY(auto x, co_await f());`
#define WEFT_CO_TRY(declaration, ...) \
  WEFT_TRY_(WEFT_CONCAT(weft_try_, __LINE__), co_return, declaration, __VA_ARGS__)
#define WEFT_TRY_(name, leave, declaration, ...)          \
  auto name = (__VA_ARGS__);                              \
  if (!name) leave ::weft::fail(std::move(name).error()); \
  declaration = *std::move(name)

/// For Result<void>: `WEFT_CHECK(f());`
#define WEFT_CHECK(...) WEFT_CHECK_(WEFT_CONCAT(weft_try_, __LINE__), return, __VA_ARGS__)
#define WEFT_CO_CHECK(...) WEFT_CHECK_(WEFT_CONCAT(weft_try_, __LINE__), co_return, __VA_ARGS__)
#define WEFT_CHECK_(name, leave, ...) \
  if (auto name = (__VA_ARGS__); !name) leave ::weft::fail(std::move(name).error())
