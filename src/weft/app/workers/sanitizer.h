// What our own programs need in a sandbox when they are built with a sanitizer. Owned by app.
#pragma once

#include <string_view>

namespace weft::app {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::string_view kSanitizerVariable = "ASAN_OPTIONS";
/// The leak check traces the process, which the sandbox does not let it.
inline constexpr std::string_view kSanitizerOptions = "detect_leaks=0";
#elif defined(__SANITIZE_THREAD__)
inline constexpr std::string_view kSanitizerVariable = "TSAN_OPTIONS";
inline constexpr std::string_view kSanitizerOptions = "halt_on_error=1";
#else
inline constexpr std::string_view kSanitizerVariable;
inline constexpr std::string_view kSanitizerOptions;
#endif
/// It reserves terabytes for its notes, then.
inline constexpr bool kSanitized = !kSanitizerVariable.empty();

}  // namespace weft::app
