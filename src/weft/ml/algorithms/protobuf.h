// Messages in protobuf's encoding, field by field, for files that are looked at before a library
// reads them. Owned by ml; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weft/base/result.h"

namespace weft::ml {

struct ProtoField {
  enum class Type : std::uint8_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };
  std::uint32_t number = 0;
  Type type = Type::varint;
  std::uint64_t value = 0;  ///< of a varint
  std::string_view bytes;   ///< of the others
};

/// Reads the fields of one message. Groups, which nothing writes any more, are refused.
class ProtoFields {
 public:
  explicit ProtoFields(std::string_view message) : rest_(message) {}
  /// Nothing at the end. Errors: Reason::invalid_argument.
  Result<std::optional<ProtoField>> next();
  /// One number of a packed field. Errors: Reason::invalid_argument.
  Result<std::uint64_t> number();
  bool empty() const { return rest_.empty(); }
  /// What is not read yet.
  std::string_view rest() const { return rest_; }

 private:
  Result<std::optional<ProtoField>> take(ProtoField out, std::uint64_t size);

  std::string_view rest_;
};

}  // namespace weft::ml
