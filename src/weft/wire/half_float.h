// Half precision (IEEE 754 binary16) and bfloat16. Owned by wire; pure.
#pragma once

#include <cstdint>

namespace weft::wire {

/// Widened, exactly.
float float_of_fp16(std::uint16_t bits);
float float_of_bf16(std::uint16_t bits);
/// The nearest, of two as near the even one; past the range infinite.
std::uint16_t fp16_of_float(float value);
std::uint16_t bf16_of_float(float value);

}  // namespace weft::wire
