// JSON values as JSON Schema compares them: numbers by what they are worth, objects whatever their
// order. Pure; any thread. Owned by base.
#pragma once

#include <cstddef>

#include "weft/base/json.h"

namespace weft::json {

bool equal(const value& a, const value& b);
/// Equal values have equal hashes.
std::size_t hash_of(const value& v);
/// -1, 0 or 1. Both must be numbers.
int compare_numbers(const value& a, const value& b);
/// A number without a fraction, 1.0 included.
bool is_integer(const value& v);
/// Whether number `v` is a whole multiple of `divisor` (> 0), as decimal numbers: 0.3 is one of
/// 0.1.
bool is_multiple(const value& v, const value& divisor);

}  // namespace weft::json
