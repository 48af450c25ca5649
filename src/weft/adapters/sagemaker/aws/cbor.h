// CBOR (RFC 8949) as Smithy's rpc-v2-cbor protocol uses it, as JSON and back. Owned by
// adapters/sagemaker; pure.
//
// A byte string is base64 in JSON, a timestamp (tag 1) seconds since the epoch, undefined is null.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::sagemaker {

/// One whole value. Errors: Reason::invalid_argument with the byte; what JSON has no word for is
/// one (a number that is infinite or none, a bignum, a key that is no text).
Result<json::value> read_cbor(std::string_view bytes);

/// `shape` says what is a timestamp, a blob or a float; kNone (or no shapes): it is written as it
/// stands.
void write_cbor(std::string& out, const json::value& value, const Shapes* shapes = nullptr,
                std::uint16_t shape = kNone);

}  // namespace weft::adapters::sagemaker
