#include "weft/adapters/sagemaker/aws/cbor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <format>
#include <optional>

#include "weft/adapters/sagemaker/limits.h"
#include "weft/base/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

enum class Major : std::uint8_t { positive, negative, bytes, text, array, map, tag, simple };

constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xFF;
constexpr std::uint64_t kTagEpoch = 1;

double from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int mantissa = bits & 0x3FF;
  double out = 0;
  if (exponent == 0) {
    out = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    out = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    out = mantissa == 0 ? INFINITY : NAN;
  }
  return (bits & 0x8000) != 0 ? -out : out;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Result<json::value> whole() {
    WEFT_TRY(json::value out, item(0));
    if (at_ != bytes_.size()) return wrong("there is more behind its end");
    return out;
  }

 private:
  struct Head {
    Major major = Major::simple;
    std::uint8_t info = 0;
    std::uint64_t argument = 0;
    bool indefinite() const { return info == kIndefinite; }
  };

  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(Reason::invalid_argument, std::format("CBOR, byte {}: {}", at_, what));
  }

  std::size_t left() const { return bytes_.size() - at_; }

  Result<Head> head() {
    if (left() == 0) return wrong("it ends in the middle");
    const auto first = static_cast<std::uint8_t>(bytes_[at_++]);
    Head out{.major = static_cast<Major>(first >> 5),
             .info = static_cast<std::uint8_t>(first & 0x1F),
             .argument = 0};
    if (out.info < 24) {
      out.argument = out.info;
    } else if (out.info < 28) {
      const std::size_t size = std::size_t{1} << (out.info - 24);
      if (left() < size) return wrong("it ends in the middle");
      for (std::size_t i = 0; i < size; ++i)
        out.argument = out.argument << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
    } else if (!out.indefinite()) {
      return wrong("a head that means nothing");
    }
    return out;
  }

  /// Whether the break of what has no length comes next; it is taken then.
  bool take_break() {
    if (left() == 0 || static_cast<std::uint8_t>(bytes_[at_]) != kBreak) return false;
    ++at_;
    return true;
  }

  Result<std::string> string(const Head& of) {
    std::string out;
    if (!of.indefinite()) {
      if (of.argument > left()) return wrong("a string is longer than what is there");
      out = bytes_.substr(at_, static_cast<std::size_t>(of.argument));
      at_ += out.size();
      return out;
    }
    while (!take_break()) {
      WEFT_TRY(const Head piece, head());
      if (piece.major != of.major || piece.indefinite())
        return wrong("a piece of a string is another thing");
      WEFT_TRY(const std::string text, string(piece));
      out += text;
    }
    return out;
  }

  Result<json::value> item(std::size_t depth) {
    if (depth > kCborDepthMax) return wrong("it is too deep");
    if (++items_ > kJsonValuesMax) return wrong("it has too many values");
    WEFT_TRY(const Head of, head());
    const bool has_no_length =
        of.major == Major::positive || of.major == Major::negative || of.major == Major::tag;
    if (has_no_length && of.indefinite()) return wrong("a head that means nothing");
    switch (of.major) {
      case Major::positive: return positive(of.argument);
      case Major::negative: return negative(of.argument);
      case Major::bytes: {
        WEFT_TRY(const std::string bytes, string(of));
        return json::value(wire::base64_encode(bytes));
      }
      case Major::text: {
        WEFT_TRY(const std::string text, string(of));
        if (!wire::is_utf8(text)) return wrong("a text is not UTF-8");
        return json::value(text);
      }
      case Major::array: return array(of, depth);
      case Major::map: return map(of, depth);
      case Major::tag: return tagged(of.argument, depth);
      case Major::simple: return simple(of);
    }
    return wrong("it cannot be read");
  }

  static json::value positive(std::uint64_t argument) {
    if (argument > static_cast<std::uint64_t>(INT64_MAX)) return json::value(argument);
    return json::value(static_cast<std::int64_t>(argument));
  }

  Result<json::value> negative(std::uint64_t argument) const {
    if (argument > static_cast<std::uint64_t>(INT64_MAX)) return wrong("a number is too small");
    return json::value(-1 - static_cast<std::int64_t>(argument));
  }

  Result<json::value> array(const Head& of, std::size_t depth) {
    json::array out;
    // Every element is a byte at least: what says more would only take memory.
    if (!of.indefinite() && of.argument > left())
      return wrong("a list is longer than what is there");
    for (std::uint64_t i = 0; of.indefinite() ? !take_break() : i < of.argument; ++i) {
      WEFT_TRY(json::value each, item(depth + 1));
      out.push_back(std::move(each));
    }
    return json::value(std::move(out));
  }

  Result<json::value> map(const Head& of, std::size_t depth) {
    json::object out;
    if (!of.indefinite() && of.argument > left() / 2)
      return wrong("a map is longer than what is there");
    for (std::uint64_t i = 0; of.indefinite() ? !take_break() : i < of.argument; ++i) {
      WEFT_TRY(const Head key_head, head());
      if (key_head.major != Major::text) return wrong("a key is no text");
      WEFT_TRY(const std::string key, string(key_head));
      if (!wire::is_utf8(key)) return wrong("a text is not UTF-8");
      WEFT_TRY(json::value each, item(depth + 1));
      out.insert_or_assign(key, std::move(each));
    }
    return json::value(std::move(out));
  }

  Result<json::value> tagged(std::uint64_t tag, std::size_t depth) {
    if (tag != kTagEpoch) return wrong(std::format("tag {} is not taken", tag));
    WEFT_TRY(json::value out, item(depth + 1));
    if (!out.is_number()) return wrong("a timestamp is no number");
    return out;
  }

  Result<json::value> simple(const Head& of) const {
    switch (of.info) {
      case 20: return json::value(false);
      case 21: return json::value(true);
      case 22:
      case 23: return json::value(nullptr);
      case 25: return number(from_half(static_cast<std::uint16_t>(of.argument)));
      case 26: return number(std::bit_cast<float>(static_cast<std::uint32_t>(of.argument)));
      case 27: return number(std::bit_cast<double>(of.argument));
      default: return wrong("a simple value that means nothing");
    }
  }

  Result<json::value> number(double value) const {
    if (!std::isfinite(value)) return wrong("NaN and infinite numbers are not taken");
    return json::value(value);
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
};

void append_head(std::string& out, Major major, std::uint64_t argument) {
  const auto first = static_cast<unsigned>(major) << 5U;
  const auto put = [&](unsigned info, int bytes) {
    out += static_cast<char>(first | info);
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>(static_cast<std::uint8_t>(argument >> (8 * i)));
  };
  if (argument < 24) return put(static_cast<unsigned>(argument), 0);
  if (argument <= 0xFF) return put(24, 1);
  if (argument <= 0xFFFF) return put(25, 2);
  if (argument <= 0xFFFF'FFFF) return put(26, 4);
  put(27, 8);
}

void append_double(std::string& out, double value) {
  out += static_cast<char>(0xFB);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 7; i >= 0; --i) out += static_cast<char>(static_cast<std::uint8_t>(bits >> (8 * i)));
}

class Writer {
 public:
  Writer(std::string& out, const Shapes* shapes) : out_(out), shapes_(shapes) {}

  void write(const json::value& value, std::uint16_t shape) {
    const Shape* as = shapes_ != nullptr && shape != kNone ? &shapes_->at(shape) : nullptr;
    if (as != nullptr && value.is_number()) return write_number(value, as->kind);
    if (as != nullptr && as->kind == Shape::Kind::blob_ && value.is_string()) return blob(value);
    switch (value.kind()) {
      case boost::json::kind::null: out_ += static_cast<char>(0xF6); break;
      case boost::json::kind::bool_:
        out_ += static_cast<char>(value.get_bool() ? 0xF5 : 0xF4);
        break;
      case boost::json::kind::string: text(value.get_string()); break;
      case boost::json::kind::array:
        append_head(out_, Major::array, value.get_array().size());
        for (const json::value& each : value.get_array())
          write(each, as != nullptr && as->kind == Shape::Kind::list_ ? as->of : kNone);
        break;
      case boost::json::kind::object: write_object(value.get_object(), as); break;
      default: plain_number(value);
    }
  }

 private:
  void text(std::string_view value) {
    append_head(out_, Major::text, value.size());
    out_ += value;
  }

  void blob(const json::value& value) {
    const auto bytes = wire::base64_decode(value.get_string());
    if (!bytes) return text(value.get_string());
    append_head(out_, Major::bytes, bytes->size());
    out_ += *bytes;
  }

  void plain_number(const json::value& value) {
    if (value.is_double()) return append_double(out_, value.get_double());
    if (value.is_uint64()) return append_head(out_, Major::positive, value.get_uint64());
    const std::int64_t number = value.get_int64();
    if (number >= 0) return append_head(out_, Major::positive, static_cast<std::uint64_t>(number));
    append_head(out_, Major::negative, static_cast<std::uint64_t>(-1 - number));
  }

  void write_number(const json::value& value, Shape::Kind kind) {
    if (kind == Shape::Kind::timestamp_) append_head(out_, Major::tag, kTagEpoch);
    const bool real = kind == Shape::Kind::float_ || kind == Shape::Kind::double_ ||
                      kind == Shape::Kind::timestamp_;
    if (!real) return plain_number(value);
    append_double(out_, value.is_double()  ? value.get_double()
                        : value.is_int64() ? static_cast<double>(value.get_int64())
                                           : static_cast<double>(value.get_uint64()));
  }

  void write_object(const json::object& object, const Shape* as) {
    append_head(out_, Major::map, object.size());
    for (const auto& [key, each] : object) {
      text(key);
      write(each, member_of(as, key));
    }
  }

  std::uint16_t member_of(const Shape* as, std::string_view name) const {
    if (as == nullptr) return kNone;
    if (as->kind == Shape::Kind::map_) return as->value;
    if (as->kind != Shape::Kind::structure_) return kNone;
    const auto members = shapes_->members_of(*as);
    const auto at = std::ranges::find(members, name, &Shape::Member::name);
    return at == members.end() ? kNone : at->shape;
  }

  std::string& out_;
  const Shapes* shapes_;
};

}  // namespace

Result<json::value> read_cbor(std::string_view bytes) { return Reader(bytes).whole(); }

void write_cbor(std::string& out, const json::value& value, const Shapes* shapes,
                std::uint16_t shape) {
  Writer(out, shapes).write(value, shape);
}

}  // namespace weft::adapters::sagemaker
