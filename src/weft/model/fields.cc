#include "weft/model/fields.h"

#include <array>
#include <format>
#include <limits>

namespace weft::model {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

constexpr std::array<int, 256> kValues = [] {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int>(i);
  }
  return values;
}();

std::optional<std::string> decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t padding = !last                                      ? 0
                                : text[i + 2] == '=' && text[i + 3] == '=' ? 2
                                                                           : text[i + 3] == '=';
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int v = k < 4 - padding ? kValues[static_cast<unsigned char>(text[i + k])] : 0;
      if (v < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(v);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k)
      out += static_cast<char>(group >> (16 - 8 * k) & 0xff);
  }
  return out;
}

/// The length of the UTF-8 sequence that begins here; 0 when none does.
std::size_t sequence(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char c = at(0);
  if (c < 0x80) return 1;
  const std::size_t size = c >= 0xc2 && c < 0xe0   ? 2
                           : c >= 0xe0 && c < 0xf0 ? 3
                           : c >= 0xf0 && c < 0xf5 ? 4
                                                   : 0;
  if (size == 0 || s.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if ((c == 0xe0 && at(1) < 0xa0) || (c == 0xed && at(1) >= 0xa0)) return 0;
  if ((c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) >= 0x90)) return 0;
  return size;
}

}  // namespace

Fields::Fields(const json::value& v) : object_(v.if_object()) {
  if (!object_) {
    fault(make_argument_error("", std::format("expected object, got {}", json::type_name(v))));
  }
}

const json::value* Fields::find(std::string_view key) const {
  return object_ ? json::find(*object_, key) : nullptr;
}

void Fields::fault(Error error) {
  if (!fault_) fault_ = std::move(error);
}

void Fields::wrong(std::string_view key, std::string_view expected) {
  const json::value* v = find(key);
  fault(make_argument_error("/" + json::escape_pointer(key),
                            std::format("/{}: expected {}, got {}", json::escape_pointer(key),
                                        expected, v ? json::type_name(*v) : "nothing")));
}

Result<void> Fields::done() {
  if (fault_) return fail(*std::move(fault_));
  return {};
}

void Fields::text(std::string_view key, std::string& out) {
  const json::value* v = find(key);
  if (!v) return;
  if (!v->is_string()) return wrong(key, "string");
  out = std::string_view(v->get_string());
}

void Fields::flag(std::string_view key, bool& out) {
  std::optional<bool> read;
  flag(key, read);
  if (read) out = *read;
}

void Fields::flag(std::string_view key, std::optional<bool>& out) {
  const json::value* v = find(key);
  if (!v) return;
  if (!v->is_bool()) return wrong(key, "boolean");
  out = v->get_bool();
}

void Fields::integer(std::string_view key, std::int64_t& out) {
  std::optional<std::int64_t> read;
  integer(key, read);
  if (read) out = *read;
}

void Fields::integer(std::string_view key, int& out) {
  std::optional<std::int64_t> read;
  integer(key, read);
  if (!read) return;
  if (*read < std::numeric_limits<int>::min() || *read > std::numeric_limits<int>::max()) {
    return wrong(key, "a smaller integer");
  }
  out = static_cast<int>(*read);
}

void Fields::integer(std::string_view key, std::optional<std::int64_t>& out) {
  const json::value* v = find(key);
  if (!v) return;
  if (!v->is_int64()) return wrong(key, "integer");
  out = v->get_int64();
}

void Fields::number(std::string_view key, double& out) {
  std::optional<double> read;
  number(key, read);
  if (read) out = *read;
}

void Fields::number(std::string_view key, std::optional<double>& out) {
  const json::value* v = find(key);
  if (!v) return;
  if (!v->is_number()) return wrong(key, "number");
  out = v->is_double()  ? v->get_double()
        : v->is_int64() ? static_cast<double>(v->get_int64())
                        : static_cast<double>(v->get_uint64());
}

void Fields::object(std::string_view key, json::object& out) {
  const json::value* v = find(key);
  if (!v) return;
  if (!v->is_object()) return wrong(key, "object");
  out = v->get_object();
}

void Fields::value(std::string_view key, std::optional<json::value>& out) {
  if (const json::value* v = find(key)) out = *v;
}

const json::array* Fields::array(std::string_view key) {
  const json::value* v = find(key);
  if (!v) return nullptr;
  if (!v->is_array()) wrong(key, "array");
  return v->if_array();
}

void Fields::texts(std::string_view key, std::vector<std::string>& out) {
  list(key, out, [&](const json::value& item) -> Result<std::string> {
    if (item.is_string()) return std::string(item.get_string());
    return fail(
        make_argument_error("/" + json::escape_pointer(key), "expected an array of strings"));
  });
}

void Fields::integers(std::string_view key, std::vector<std::int64_t>& out) {
  list(key, out, [&](const json::value& item) -> Result<std::int64_t> {
    if (item.is_int64()) return item.get_int64();
    return fail(
        make_argument_error("/" + json::escape_pointer(key), "expected an array of integers"));
  });
}

void Fields::bytes(std::string_view key, std::string& out) {
  std::string encoded;
  text(key, encoded);
  auto decoded = decode(encoded);
  if (!decoded) return wrong(key, "base64");
  out = *std::move(decoded);
}

json::value text_value(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    const std::size_t size = sequence(text.substr(good));
    if (size == 0) break;
    good += size;
  }
  if (good == text.size()) return json::value(text);
  std::string mended(text.substr(0, good));
  while (good < text.size()) {
    const std::size_t size = sequence(text.substr(good));
    mended += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(good, size);
    good += size == 0 ? 1 : size;
  }
  return json::value(mended);
}

void put(json::object& o, std::string_view key, std::string_view text) {
  if (!text.empty()) o[key] = text_value(text);
}

void put(json::object& o, std::string_view key, bool flag) {
  if (flag) o[key] = true;
}

void put(json::object& o, std::string_view key, const json::object& member) {
  if (!member.empty()) o[key] = member;
}

void put(json::object& o, std::string_view key, const std::vector<std::string>& texts) {
  put_list(o, key, texts, [](const std::string& text) { return text_value(text); });
}

void put_bytes(json::object& o, std::string_view key, std::string_view bytes) {
  if (!bytes.empty()) o[key] = encode(bytes);
}

}  // namespace weft::model
