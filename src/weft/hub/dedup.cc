#include "weft/hub/dedup.h"

#include <sodium.h>

#include <format>

#include "weft/store/tables.h"

namespace weft::hub {
namespace {

const std::string kSpace = "secrets";
const std::string kKey = "dedup";
constexpr std::size_t kKeyBytes = 16;

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += std::format("{:02x}", bytes[i]);
  return out;
}

}  // namespace

/// The secret, made when there is none; in the tables when this returns. All that ask for it at
/// once keep the same one.
Awaitable<Result<DedupKeys::Secret>> DedupKeys::secret() {
  {
    const std::scoped_lock lock(mutex_);
    if (kept_) co_return *kept_;
  }
  WEFT_CO_TRY(const auto row, co_await tables_.get(kSpace, kKey));
  Secret out{};
  if (row) {
    std::size_t size = 0;
    const std::string_view text = row->is_string() ? std::string_view(row->get_string()) : "";
    const bool read = sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr,
                                     &size, nullptr) == 0;
    if (!read || size != out.size())
      co_return fail(Reason::internal, "the secret of the keys of calls cannot be read");
  } else {
    {
      const std::scoped_lock lock(mutex_);
      if (!made_) random_.fill(made_.emplace());
      out = *made_;
    }
    json::value text(hex(out.data(), out.size()));
    WEFT_CO_CHECK(co_await tables_.put(kSpace, kKey, std::move(text)));
  }
  const std::scoped_lock lock(mutex_);
  kept_ = out;
  co_return out;
}

Awaitable<Result<std::string>> DedupKeys::key_for(std::shared_ptr<const model::Call> call) {
  WEFT_CO_TRY(const Secret root, co_await secret());
  const std::string& own = call->dedup_key.empty() ? call->id.str() : call->dedup_key;
  const std::string text = std::format("{}\n{}\n{}\n{}", call->principal.name, call->solution.str(),
                                       call->skill.str(), own);
  Secret mac{};
  crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(text.data()),
                         text.size(), root.data());
  co_return hex(mac.data(), kKeyBytes);
}

}  // namespace weft::hub
