#include "weft/wire/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <boost/crc.hpp>

#include <algorithm>
#include <variant>

#include "weft/base/hex.h"
#include "weft/base/result.h"
#include "weft/wire/headers.h"

namespace weft::wire {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Castagnoli's polynomial (RFC 9260, appendix B), and NVMe's of 64 bits (NVM Command Set 1.0,
// 5.2.1.3.4).
using Crc32 = boost::crc_optimal<32, 0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using Crc64Nvme =
    boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, true, true>;

template <class Crc>
std::string bytes_of_crc(const Crc& crc, std::size_t size) {
  std::string out(size, '\0');
  auto value = static_cast<std::uint64_t>(crc.checksum());
  for (std::size_t i = size; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

template <class T, void (*free)(T*)>
struct Free {
  void operator()(T* it) const { free(it); }
};
template <class T, void (*free)(T*)>
using Fetched = std::unique_ptr<T, Free<T, free>>;
using Context = Fetched<EVP_MD_CTX, EVP_MD_CTX_free>;

EVP_MAC_CTX* hmac_context() {
  const Fetched<EVP_MAC, EVP_MAC_free> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(algorithm.get());
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
      OSSL_PARAM_construct_end()};
  WEFT_ASSERT(context != nullptr && EVP_MAC_CTX_set_params(context, parameters.data()) == 1);
  return context;
}

Context begin(const EVP_MD* algorithm) {
  Context context(EVP_MD_CTX_new());
  WEFT_ASSERT(context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1);
  return context;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
  // Each thread keeps its own: finding the algorithm and making room for it takes longer than a
  // short digest.
  static const Fetched<EVP_MD, EVP_MD_free> kAlgorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const Context context(EVP_MD_CTX_new());
  Sha256 out{};
  WEFT_ASSERT(EVP_DigestInit_ex2(context.get(), kAlgorithm.get(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
              EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return out;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local const Fetched<EVP_MAC_CTX, EVP_MAC_CTX_free> context(hmac_context());
  Sha256 out{};
  std::size_t size = 0;
  // No key at all would mean the one before.
  const std::string_view own = key.data() == nullptr ? std::string_view("") : key;
  WEFT_ASSERT(EVP_MAC_init(context.get(), bytes_of(own), own.size(), nullptr) == 1 &&
              EVP_MAC_update(context.get(), bytes_of(bytes), bytes.size()) == 1 &&
              EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 &&
              size == out.size());
  return out;
}

Sha256 hmac_sha256(const Sha256& key, std::string_view bytes) {
  return hmac_sha256(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()),
                     bytes);
}

std::string hex(const Sha256& digest) { return weft::hex(digest); }

std::optional<DigestKind> checksum_kind_from(std::string_view word) {
  for (const DigestKind kind : {DigestKind::sha1, DigestKind::sha256, DigestKind::crc32,
                                DigestKind::crc32c, DigestKind::crc64nvme}) {
    if (same_name(word, to_string(kind))) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(DigestKind kind) {
  switch (kind) {
    case DigestKind::md5: return "md5";
    case DigestKind::sha1: return "sha1";
    case DigestKind::sha256: return "sha256";
    case DigestKind::crc32: return "crc32";
    case DigestKind::crc32c: return "crc32c";
    case DigestKind::crc64nvme: return "crc64nvme";
  }
  return "";
}

std::size_t digest_bytes(DigestKind kind) {
  switch (kind) {
    case DigestKind::md5: return 16;
    case DigestKind::sha1: return 20;
    case DigestKind::sha256: return 32;
    case DigestKind::crc32:
    case DigestKind::crc32c: return 4;
    case DigestKind::crc64nvme: return 8;
  }
  return 0;
}

struct Digest::State {
  std::variant<Context, Crc32, Crc32c, Crc64Nvme> of;

  explicit State(DigestKind kind) {
    switch (kind) {
      case DigestKind::md5: of = begin(EVP_md5()); break;
      case DigestKind::sha1: of = begin(EVP_sha1()); break;
      case DigestKind::sha256: of = begin(EVP_sha256()); break;
      case DigestKind::crc32: of.emplace<Crc32>(); break;
      case DigestKind::crc32c: of.emplace<Crc32c>(); break;
      case DigestKind::crc64nvme: of.emplace<Crc64Nvme>(); break;
    }
  }

  void add(std::string_view bytes) {
    std::visit(
        [bytes](auto& each) {
          if constexpr (std::is_same_v<std::decay_t<decltype(each)>, Context>) {
            WEFT_ASSERT(EVP_DigestUpdate(each.get(), bytes.data(), bytes.size()) == 1);
          } else {
            each.process_bytes(bytes.data(), bytes.size());
          }
        },
        of);
  }

  std::string finish() {
    if (const auto* crc = std::get_if<Crc32>(&of)) return bytes_of_crc(*crc, 4);
    if (const auto* crc = std::get_if<Crc32c>(&of)) return bytes_of_crc(*crc, 4);
    if (const auto* crc = std::get_if<Crc64Nvme>(&of)) return bytes_of_crc(*crc, 8);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    auto* context = std::get<Context>(of).get();
    WEFT_ASSERT(EVP_DigestFinal_ex(context, out.data(), &size) == 1);
    return {reinterpret_cast<const char*>(out.data()), size};
  }
};

Digest::Digest(DigestKind kind) : kind_(kind), state_(std::make_unique<State>(kind)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  WEFT_ASSERT(state_);
  state_->add(bytes);
}

std::string Digest::finish() {
  WEFT_ASSERT(state_);
  std::string out = state_->finish();
  state_.reset();
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weft::wire
