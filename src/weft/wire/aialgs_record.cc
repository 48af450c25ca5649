#include "weft/wire/aialgs_record.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weft::wire {
namespace {

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Reason::invalid_argument, std::string(what));
}

/// One field of a message in protobuf's encoding.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t varint = 0;
  std::string_view bytes;  ///< of a length-delimited or fixed one
};

enum Type : std::uint32_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };

/// Reads the fields of one message.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  Result<std::optional<Field>> next() {
    if (rest_.empty()) return std::nullopt;
    WEFT_TRY(const std::uint64_t tag, number());
    Field out{.number = static_cast<std::uint32_t>(tag >> 3),
              .type = static_cast<std::uint32_t>(tag & 7)};
    if (tag >> 32 != 0 || out.number == 0) return wrong("it is no protobuf message");
    switch (out.type) {
      case varint: {
        WEFT_TRY(out.varint, number());
        return out;
      }
      case fixed64: return take(out, 8);
      case fixed32: return take(out, 4);
      case delimited: {
        WEFT_TRY(const std::uint64_t size, number());
        return take(out, size);
      }
      default: return wrong("it is no protobuf message");
    }
  }

  Result<std::uint64_t> number() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return wrong("a message of it is cut off");
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return out;
    }
    return wrong("a number of it is too long");
  }
  bool empty() const { return rest_.empty(); }

 private:
  Result<std::optional<Field>> take(Field out, std::uint64_t size) {
    if (size > rest_.size()) return wrong("a message of it is cut off");
    out.bytes = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return out;
  }

  std::string_view rest_;
};

/// Which of the three tensors a value is; the rest of it is alike.
enum class Numbers : std::uint8_t { float32, float64, int32 };

template <class Fixed, class Bits>
Result<void> append_fixed(std::string_view bytes, std::vector<float>& out) {
  if (bytes.size() % sizeof(Bits) != 0) return wrong("packed values of it are cut off");
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Bits)) {
    Bits bits = 0;
    for (std::size_t i = sizeof(Bits); i-- > 0;)
      bits = static_cast<Bits>((bits << 8) | static_cast<unsigned char>(bytes[at + i]));
    out.push_back(static_cast<float>(std::bit_cast<Fixed>(bits)));
  }
  return {};
}

Result<void> append_values(const Field& field, Numbers numbers, std::vector<float>& out) {
  const bool packed = field.type == delimited;
  switch (numbers) {
    case Numbers::float32:
      if (!packed && field.type != fixed32) break;
      return append_fixed<float, std::uint32_t>(field.bytes, out);
    case Numbers::float64:
      if (!packed && field.type != fixed64) break;
      return append_fixed<double, std::uint64_t>(field.bytes, out);
    case Numbers::int32: {
      const auto add = [&](std::uint64_t value) {
        out.push_back(static_cast<float>(static_cast<std::int32_t>(value)));
      };
      if (field.type == varint) {
        add(field.varint);
        return {};
      }
      if (!packed) break;
      for (Fields each(field.bytes); !each.empty();) {
        WEFT_TRY(const std::uint64_t value, each.number());
        add(value);
      }
      return {};
    }
  }
  return wrong("values of another type than their tensor's");
}

Result<void> append_indices(const Field& field, std::vector<std::uint64_t>& out) {
  if (field.type == varint) {
    out.push_back(field.varint);
    return {};
  }
  if (field.type != delimited) return wrong("keys or a shape of another type");
  for (Fields each(field.bytes); !each.empty();) {
    WEFT_TRY(const std::uint64_t value, each.number());
    out.push_back(value);
  }
  return {};
}

Result<RecordTensor> read_tensor(std::string_view bytes, Numbers numbers) {
  RecordTensor out;
  Fields fields(bytes);
  while (true) {
    WEFT_TRY(const std::optional<Field> field, fields.next());
    if (!field) break;
    if (field->number == 1) WEFT_CHECK(append_values(*field, numbers, out.values));
    if (field->number == 2) WEFT_CHECK(append_indices(*field, out.keys));
    if (field->number == 3) WEFT_CHECK(append_indices(*field, out.shape));
  }
  if (out.keys.empty()) return out;
  if (out.keys.size() != out.values.size())
    return wrong("a sparse tensor needs as many keys as values");
  const std::uint64_t columns = out.shape.empty() ? 0 : out.shape.back();
  if (columns != 0 && std::ranges::any_of(out.keys, [&](auto key) { return key >= columns; }))
    return wrong("a key of a sparse tensor is past its shape");
  return out;
}

Result<RecordTensor> read_value(std::string_view bytes) {
  std::optional<RecordTensor> out;
  Fields fields(bytes);
  while (true) {
    WEFT_TRY(const std::optional<Field> field, fields.next());
    if (!field) break;
    std::optional<Numbers> numbers;
    if (field->number == 2) numbers = Numbers::float32;
    if (field->number == 3) numbers = Numbers::float64;
    if (field->number == 7) numbers = Numbers::int32;
    if (field->number == 9) return wrong("bytes where numbers are needed");
    if (!numbers) continue;
    if (field->type != delimited) return wrong("it is no aialgs.data.Record");
    WEFT_TRY(out, read_tensor(field->bytes, *numbers));
  }
  if (!out) return wrong("a value without a tensor");
  return *std::move(out);
}

/// A map's entry: its key decides whether it is the one that is wanted.
Result<void> take_entry(const Field& entry, std::optional<RecordTensor>& out) {
  if (entry.type != delimited) return wrong("it is no aialgs.data.Record");
  std::string_view name;
  std::string_view value;
  Fields fields(entry.bytes);
  while (true) {
    WEFT_TRY(const std::optional<Field> field, fields.next());
    if (!field) break;
    if (field->number == 1 && field->type == delimited) name = field->bytes;
    if (field->number == 2 && field->type == delimited) value = field->bytes;
  }
  if (out && name != "values") return {};
  WEFT_TRY(out, read_value(value));
  return {};
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void append_delimited(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_varint(out, (field << 3) | delimited);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string packed_floats(const std::vector<float>& values) {
  std::string out;
  for (const float value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((bits >> shift) & 0xFF);
  }
  return out;
}

std::string packed_indices(const std::vector<std::uint64_t>& values) {
  std::string out;
  for (const std::uint64_t value : values) append_varint(out, value);
  return out;
}

void append_entry(std::string& out, std::uint32_t map, std::string_view name,
                  const RecordTensor& tensor) {
  std::string numbers;
  append_delimited(numbers, 1, packed_floats(tensor.values));
  if (!tensor.keys.empty()) append_delimited(numbers, 2, packed_indices(tensor.keys));
  if (!tensor.shape.empty()) append_delimited(numbers, 3, packed_indices(tensor.shape));
  std::string value;
  append_delimited(value, 2, numbers);
  std::string entry;
  append_delimited(entry, 1, name);
  append_delimited(entry, 2, value);
  append_delimited(out, map, entry);
}

}  // namespace

Result<AialgsRecord> read_aialgs_record(std::string_view bytes) {
  AialgsRecord out;
  Fields fields(bytes);
  while (true) {
    WEFT_TRY(const std::optional<Field> field, fields.next());
    if (!field) return out;
    if (field->number == 1) WEFT_CHECK(take_entry(*field, out.features));
    if (field->number == 2) WEFT_CHECK(take_entry(*field, out.label));
  }
}

std::string write_aialgs_labels(
    const std::vector<std::pair<std::string, std::vector<float>>>& labels) {
  std::string out;
  for (const auto& [name, values] : labels)
    append_entry(out, 2, name, RecordTensor{.values = values, .keys = {}, .shape = {}});
  return out;
}

std::string write_aialgs_record(const RecordTensor& features, std::optional<float> label) {
  std::string out;
  append_entry(out, 1, "values", features);
  if (label)
    append_entry(out, 2, "values", RecordTensor{.values = {*label}, .keys = {}, .shape = {}});
  return out;
}

}  // namespace weft::wire
