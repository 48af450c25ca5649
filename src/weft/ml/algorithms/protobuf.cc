#include "weft/ml/algorithms/protobuf.h"

#include <string>

namespace weft::ml {
namespace {

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Reason::invalid_argument, std::string(what));
}

}  // namespace

Result<std::optional<ProtoField>> ProtoFields::next() {
  if (rest_.empty()) return std::nullopt;
  WEFT_TRY(const std::uint64_t tag, number());
  ProtoField out;
  out.number = static_cast<std::uint32_t>(tag >> 3);
  if (tag >> 32 != 0 || out.number == 0) return wrong("a field of it has no number");
  switch (tag & 7) {
    case 0: {
      WEFT_TRY(out.value, number());
      return out;
    }
    case 1: out.type = ProtoField::Type::fixed64; return take(out, 8);
    case 2: {
      out.type = ProtoField::Type::delimited;
      WEFT_TRY(const std::uint64_t size, number());
      return take(out, size);
    }
    case 5: out.type = ProtoField::Type::fixed32; return take(out, 4);
    default: return wrong("a field of it has no type");
  }
}

Result<std::uint64_t> ProtoFields::number() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return wrong("it is cut off");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return out;
  }
  return wrong("a number of it is too long");
}

Result<std::optional<ProtoField>> ProtoFields::take(ProtoField out, std::uint64_t size) {
  if (size > rest_.size()) return wrong("it is cut off");
  out.bytes = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return out;
}

}  // namespace weft::ml
