#include "weft/wire/half_float.h"

#include <bit>
#include <cmath>

namespace weft::wire {
namespace {

constexpr std::uint32_t kFloatMantissaBits = 23;
constexpr std::uint32_t kHalfMantissaBits = 10;
constexpr std::uint32_t kDropped = kFloatMantissaBits - kHalfMantissaBits;
constexpr std::uint32_t kHalfInfinite = 0x7c00U;
/// The least that rounds to infinity: 65520.
constexpr float kHalfOverflow = 65520.0F;
/// 2^-14, below which halves are subnormal multiples of 2^-24.
constexpr float kHalfNormalMin = 6.103515625e-05F;
constexpr float kHalfStepInverse = 16777216.0F;

}  // namespace

float float_of_fp16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> kHalfMantissaBits) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0) {
    const float value = static_cast<float>(mantissa) / kHalfStepInverse;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t wide = exponent == 0x1fU ? 0xffU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << kFloatMantissaBits) | (mantissa << kDropped));
}

float float_of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t fp16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const float size = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | kHalfInfinite | 0x200U);
  if (size >= kHalfOverflow) return static_cast<std::uint16_t>(sign | kHalfInfinite);
  // Exact until it is rounded: the factor is a power of two.
  if (size < kHalfNormalMin) {
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint32_t>(std::nearbyint(size * kHalfStepInverse)));
  }
  const std::uint32_t whole = (bits & 0x7fffffffU) - ((127U - 15U) << kFloatMantissaBits);
  const std::uint32_t even = (whole >> kDropped) & 1U;
  // A carry out of the mantissa is the next exponent.
  return static_cast<std::uint16_t>(sign |
                                    ((whole + (1U << (kDropped - 1)) - 1 + even) >> kDropped));
}

std::uint16_t bf16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  const std::uint32_t even = (bits >> 16U) & 1U;
  return static_cast<std::uint16_t>((bits + 0x7fffU + even) >> 16U);
}

}  // namespace weft::wire
