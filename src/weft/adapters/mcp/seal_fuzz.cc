// What a client gives back as requestState, made by whoever wants in: what was sealed opens to the
// same for its own, and nothing else opens; every refusal is one and the same.
#include "weft/adapters/mcp/seal.h"

#include <algorithm>
#include <limits>
#include <ranges>
#include <span>

#include "weft/wire/base64.h"

namespace weft::adapters::mcp {
namespace {

constexpr std::size_t kNameCharsMax = 200;

/// The same bits every time.
class Counter final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

/// A sealed state, and those who try to open it.
class Attack {
 public:
  explicit Attack(ParkedCall call)
      : sealer_(random_), call_(std::move(call)), state_(sealer_.seal(call_, random_)) {}

  void by_its_own() const {
    const auto opened = sealer_.open(state_, call_.principal, call_.digest, call_.expires_ms);
    WEFT_ASSERT(opened && *opened == call_);
  }

  void by_others() const {
    const std::int64_t now = call_.expires_ms;
    refused(sealer_.open(state_, call_.principal + "x", call_.digest, now));
    refused(sealer_.open(state_, call_.principal, call_.digest + "x", now));
    if (now == std::numeric_limits<std::int64_t>::max()) return;
    refused(sealer_.open(state_, call_.principal, call_.digest, now + 1));
  }

  /// Base64 has more than one spelling: what counts is the bytes.
  void with(std::string_view state) const {
    const auto bytes = wire::base64_decode(state);
    const auto opened = sealer_.open(state, call_.principal, call_.digest, call_.expires_ms);
    if (bytes && *bytes == wire::base64_decode(state_)) return;
    refused(opened);
  }

  /// The sealed bytes with some of them changed: a place and what is done to it, over and over.
  void changed(std::string_view edits) const {
    std::string bytes = wire::base64_decode(state_).value();
    for (std::size_t i = 0; i + 1 < edits.size(); i += 2) {
      const std::size_t at = static_cast<unsigned char>(edits[i]) % bytes.size();
      bytes[at] = static_cast<char>(bytes[at] ^ edits[i + 1]);
    }
    with(wire::base64url_encode(bytes));
  }

 private:
  void refused(const Result<ParkedCall>& opened) const {
    WEFT_ASSERT(!opened);
    WEFT_ASSERT(opened.error() == sealer_.open("", "", "", 0).error());
  }

  Counter random_;
  Sealer sealer_;
  ParkedCall call_;
  std::string state_;
};

/// The same value with the members of each object the other way round.
json::value turned(const json::value& v) {
  if (const auto* list = v.if_array()) {
    json::array out;
    for (const json::value& item : *list) out.push_back(turned(item));
    return out;
  }
  const auto* o = v.if_object();
  if (!o) return v;
  json::object out;
  for (const auto& member : std::views::reverse(*o)) out[member.key()] = turned(member.value());
  return out;
}

void fuzz_digest(std::string_view text) {
  const auto document = json::parse(text);
  if (!document || !document->is_object()) return;
  const json::value other_way = turned(*document);
  json::object more = document->get_object();
  more["arguments"] = json::array{*document};
  for (const std::string_view method : {"tools/call", "resources/read", "tasks/get", "ping"}) {
    const std::string digest = call_digest(method, document->get_object());
    WEFT_ASSERT(call_digest(method, other_way.get_object()) == digest);
    WEFT_ASSERT(call_digest(method, more) != digest);
  }
}

void fuzz(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('\n'));
  const std::string_view rest = text.substr(std::min(name.size() + 1, text.size()));
  const bool fits = name.size() <= kNameCharsMax && wire::is_utf8(name);
  ParkedCall call{TaskId("01T"), fits ? std::string(name) : "ann", "digest", 0};
  for (const char c : rest.substr(0, 8))
    call.expires_ms = static_cast<std::int64_t>(static_cast<std::uint64_t>(call.expires_ms) << 8 |
                                                static_cast<unsigned char>(c));
  const Attack attack(std::move(call));
  attack.by_its_own();
  attack.by_others();
  attack.with(rest);
  attack.changed(rest);
  fuzz_digest(text);
}

}  // namespace
}  // namespace weft::adapters::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::mcp::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
