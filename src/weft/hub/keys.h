// API keys: made once, shown once, kept hashed. Each is a pair for signing AWS requests too, whose
// secret is derived from one root secret in the tables: who checks a signature has to know what it
// was made with. Owned by the hub; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/base/result.h"
#include "weft/model/call.h"

namespace weft::store {
class Tables;
}

namespace weft::hub {

struct KeyInfo {
  KeyId id;
  std::string name;
  bool admin = false;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> revoked_ms;
  /// Solutions it may call; empty: all.
  std::vector<std::string> solutions;
  /// What AWS's programs name it by: `WEFT` and 16 characters.
  std::string access_key;
};

struct NewKey {
  KeyInfo info;
  std::string secret;  ///< `weft_…`; never shown again
  /// What AWS's programs sign with, 40 characters; never shown again either.
  std::string aws_secret;
};

class Keys {
 public:
  Keys(store::Tables& tables, const Clock& clock, Random& random);
  ~Keys();
  Awaitable<Result<void>> load();
  Awaitable<Result<NewKey>> make(std::string name, bool admin, std::vector<std::string> solutions);
  Awaitable<Result<void>> revoke(KeyId id);
  std::vector<KeyInfo> list() const;
  /// Whether a key was ever made; revoking the last one does not open the hub again.
  bool any() const;
  /// Who holds the key: constant time over wrong keys, one identical error for everything wrong.
  Result<model::Principal> authenticate(std::string_view secret) const;
  /// Who signs with an access key. One identical error for a key that is unknown or revoked.
  Result<model::Principal> signer(std::string_view access_key) const;
  /// What a signer() signs with; costs an HMAC, so keep what is derived from it.
  std::string aws_secret(const model::Principal& signer) const;
  bool may_call(const model::Principal& principal, std::string_view solution) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::hub
