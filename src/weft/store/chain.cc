#include "weft/store/chain.h"

#include <sodium.h>

#include <string>

namespace weft::store {
namespace {

class Hasher {
 public:
  Hasher() { crypto_generichash_init(&state_, nullptr, 0, sizeof(Hash)); }
  void number(std::int64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
    add(bytes.data(), bytes.size());
  }
  void text(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    add(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  }
  void hash(const Hash& value) { add(value.data(), value.size()); }
  Hash finish() {
    Hash out{};
    crypto_generichash_final(&state_, out.data(), out.size());
    return out;
  }

 private:
  void add(const std::uint8_t* data, std::size_t size) {
    crypto_generichash_update(&state_, data, size);
  }
  crypto_generichash_state state_;
};

}  // namespace

Hash digest_of(std::string_view kind, std::int64_t at_ms, std::string_view payload) {
  Hasher hasher;
  hasher.text(kind);
  hasher.number(at_ms);
  hasher.text(payload);
  return hasher.finish();
}

Hash link(const Hash& previous, std::string_view task, std::int64_t seq, const Hash& digest) {
  Hasher hasher;
  hasher.hash(previous);
  hasher.text(task);
  hasher.number(seq);
  hasher.hash(digest);
  return hasher.finish();
}

Hash chain_start(std::string_view task) { return link(Hash{}, task, 0, Hash{}); }

}  // namespace weft::store
