#include "weft/adapters/mcp/seal.h"

#include <sodium.h>

#include <algorithm>

#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::mcp {

namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Members sorted by key, so that the same arguments always give the same text.
json::value sorted(const json::value& v) {
  if (v.is_array()) {
    json::array out;
    for (const json::value& element : v.get_array()) out.push_back(sorted(element));
    return out;
  }
  if (!v.is_object()) return v;
  std::vector<std::string> keys;
  for (const auto& member : v.get_object()) keys.emplace_back(member.key());
  std::ranges::sort(keys);
  json::object out;
  for (const std::string& key : keys) out[key] = sorted(v.get_object().at(key));
  return out;
}

Result<ParkedCall> read_state(std::string_view plain) {
  WEFT_TRY(json::object o, json::parse_object(plain, "requestState"));
  ParkedCall call;
  call.task = TaskId(std::string(json::string_at(o, "t")));
  call.principal = std::string(json::string_at(o, "p"));
  call.digest = std::string(json::string_at(o, "d"));
  call.expires_ms = json::int_at(o, "e").value_or(0);
  return call;
}

std::unexpected<Error> refused() {
  return fail(make_argument_error("/requestState",
                                  "requestState is not valid here: call again without it"));
}

}  // namespace

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);

Sealer::Sealer(Random& random) { random.fill(key_); }

std::string Sealer::seal(const ParkedCall& call, Random& random) const {
  json::object o;
  o["t"] = call.task.str();
  o["p"] = call.principal;
  o["d"] = call.digest;
  o["e"] = call.expires_ms;
  const std::string plain = json::write(o);
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  random.fill(std::span(bytes_of(sealed), kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, nullptr,
                                             bytes_of(plain), plain.size(), nullptr, 0, nullptr,
                                             bytes_of(sealed), key_.data());
  return wire::base64url_encode(sealed);
}

Result<ParkedCall> Sealer::open(std::string_view state, std::string_view principal,
                                std::string_view digest, std::int64_t now_ms) const {
  if (state.size() > kRequestStateCharsMax) return refused();
  auto sealed = wire::base64_decode(state);
  if (!sealed || sealed->size() < kNonceBytes + kTagBytes) return refused();
  std::string plain(sealed->size() - kNonceBytes - kTagBytes, '\0');
  const int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), nullptr, nullptr, bytes_of(*sealed) + kNonceBytes,
      sealed->size() - kNonceBytes, nullptr, 0, bytes_of(*sealed), key_.data());
  if (bad != 0) return refused();
  auto call = read_state(plain);
  if (!call || call->principal != principal || call->digest != digest || call->expires_ms < now_ms)
    return refused();
  return call;
}

std::string call_digest(std::string_view method, const json::object& params) {
  json::object o;
  o["method"] = method;
  o["name"] = json::string_at(params, name_param(method));
  if (const json::value* arguments = json::find(params, "arguments"))
    o["arguments"] = sorted(*arguments);
  const std::string text = json::write(o);
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), bytes_of(text), text.size());
  return wire::base64url_encode(
      std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace weft::adapters::mcp
