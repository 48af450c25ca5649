#include "weft/hub/keys.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <format>
#include <limits>
#include <mutex>
#include <set>

#include "weft/hub/limits.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

constexpr std::string_view kSpace = "keys";
constexpr std::string_view kPrefix = "weft_";
constexpr std::size_t kSecretBytes = 32;
/// The root secret stands by itself: a row of `keys` is a key.
constexpr std::string_view kRootSpace = "aws";
constexpr std::string_view kRootKey = "root_secret";
constexpr std::string_view kAccessPrefix = "WEFT";
constexpr std::string_view kIdPrefix = "key_";
/// As long as AWS's own, of which 30 bytes are base64.
constexpr std::size_t kAwsSecretBytes = 30;
using Hash = std::array<unsigned char, 32>;

/// 256 random bits need no slow hash: what is kept tells nothing about them.
Hash hash_of(std::string_view secret) {
  Hash hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr,
                     0);
  return hash;
}

std::string to_hex(const Hash& hash) {
  std::string out(hash.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), hash.data(), hash.size());
  out.pop_back();
  return out;
}

std::optional<Hash> hash_from(std::string_view hex) {
  Hash hash{};
  std::size_t size = 0;
  const int read =
      sodium_hex2bin(hash.data(), hash.size(), hex.data(), hex.size(), nullptr, &size, nullptr);
  if (read != 0 || size != hash.size()) return std::nullopt;
  return hash;
}

std::string base64url(const unsigned char* bytes, std::size_t size) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(size, kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes, size, kVariant);
  out.pop_back();
  return out;
}

/// `key_0a1b…` is `WEFT0A1B…`, and back by looking for it.
std::string access_key_of(const KeyId& id) {
  std::string_view rest = id.str();
  if (rest.starts_with(kIdPrefix)) rest.remove_prefix(kIdPrefix.size());
  std::string out(kAccessPrefix);
  for (const char c : rest) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string aws_secret_of(const Hash& root, const KeyId& id) {
  Hash mac{};
  crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(id.str().data()),
                         id.str().size(), root.data());
  return base64url(mac.data(), kAwsSecretBytes);
}

struct Record {
  KeyInfo info;
  Hash hash{};
};

json::value to_json(const Record& record) {
  json::object o;
  o["name"] = record.info.name;
  o["admin"] = record.info.admin;
  o["created_ms"] = record.info.created_ms;
  if (record.info.revoked_ms) o["revoked_ms"] = *record.info.revoked_ms;
  json::array solutions;
  for (const auto& solution : record.info.solutions) solutions.emplace_back(solution);
  o["solutions"] = std::move(solutions);
  o["hash"] = to_hex(record.hash);
  return o;
}

Result<Record> record_from(const store::Row& row) {
  const Error broken =
      make_error(Reason::internal, std::format("the record of key {} cannot be read", row.key));
  if (!row.value.is_object()) return fail(broken);
  const json::object& o = row.value.get_object();
  const auto hash = hash_from(json::string_at(o, "hash"));
  if (!hash) return fail(broken);
  Record record;
  record.hash = *hash;
  record.info.id = KeyId(row.key);
  record.info.access_key = access_key_of(record.info.id);
  record.info.name = json::string_at(o, "name");
  record.info.admin = json::bool_at(o, "admin").value_or(false);
  record.info.created_ms = json::int_at(o, "created_ms").value_or(0);
  record.info.revoked_ms = json::int_at(o, "revoked_ms");
  if (const auto* solutions = json::array_at(o, "solutions")) {
    for (const auto& item : *solutions) {
      // A restriction that cannot be read must not become none.
      if (!item.is_string()) return fail(broken);
      record.info.solutions.emplace_back(item.get_string());
    }
  }
  return record;
}

using Records = std::vector<Record>;

bool is_revoked(const Record& record) { return record.info.revoked_ms.has_value(); }

Result<void> check_name(const std::string& name) {
  const bool fits =
      !name.empty() && name.size() <= kKeyNameCharsMax && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.@").contains(c);
      });
  if (fits && name != "local") return {};
  return fail(make_argument_error(
      "/name",
      std::format("`{}` is no name for a key: 1 to {} of letters, digits and -_.@, and not `local`",
                  name, kKeyNameCharsMax)));
}

}  // namespace

struct Keys::State {
  store::Tables& tables;
  const Clock& clock;
  Random& random;
  std::atomic<std::shared_ptr<const Records>> records;
  mutable std::mutex mutex;
  std::set<std::string> being_made;
  std::optional<Hash> root;
  bool root_kept = false;

  std::shared_ptr<const Records> all() const { return records.load(std::memory_order_acquire); }

  void put(Record record) {
    const std::scoped_lock lock(mutex);
    auto next = std::make_shared<Records>(*all());
    const auto at =
        std::ranges::find(*next, record.info.id, [](const Record& r) { return r.info.id; });
    if (at == next->end()) {
      next->push_back(std::move(record));
    } else {
      *at = std::move(record);
    }
    records.store(std::move(next), std::memory_order_release);
  }

  /// Takes the name, until it is let go of, so that two that are made at once do not share it.
  Result<void> reserve(const std::string& name) {
    const std::scoped_lock lock(mutex);
    const auto now = all();
    const bool taken = std::ranges::any_of(*now, [&](const Record& record) {
      return record.info.name == name && !record.info.revoked_ms;
    });
    if (taken || !being_made.insert(name).second) {
      Error error = make_argument_error(
          "/name", std::format("there is a key `{}` already; revoke it first, or take "
                               "another name",
                               name));
      error.code = Code::already_exists;
      return fail(std::move(error));
    }
    const bool full = now->size() + being_made.size() > kKeysMax;
    if (full && std::ranges::none_of(*now, &is_revoked)) {
      being_made.erase(name);
      return fail(
          Reason::rate_limited,
          std::format("there are {} keys, and no more are kept; revoke some that nobody uses",
                      kKeysMax));
    }
    return {};
  }

  /// Takes out the key that was revoked first, when there are more than are kept.
  std::optional<KeyId> forget_oldest() {
    const std::scoped_lock lock(mutex);
    auto next = std::make_shared<Records>(*all());
    if (next->size() <= kKeysMax) return std::nullopt;
    const auto revoked_at = [](const Record& record) {
      return record.info.revoked_ms.value_or(std::numeric_limits<std::int64_t>::max());
    };
    const auto oldest = std::ranges::min_element(*next, {}, revoked_at);
    if (!is_revoked(*oldest)) return std::nullopt;
    KeyId forgotten = oldest->info.id;
    next->erase(oldest);
    records.store(std::move(next), std::memory_order_release);
    return forgotten;
  }

  void release(const std::string& name) {
    const std::scoped_lock lock(mutex);
    being_made.erase(name);
  }

  /// The root secret, made when there is none; in the tables when this returns. All that ask for it
  /// at once keep the same one.
  Awaitable<Result<Hash>> keep_root() {
    Hash secret{};
    {
      const std::scoped_lock lock(mutex);
      if (!root) random.fill(root.emplace());
      secret = *root;
      if (root_kept) co_return secret;
    }
    json::value row(to_hex(secret));
    WEFT_CO_CHECK(co_await tables.put(std::string(kRootSpace), std::string(kRootKey), row));
    const std::scoped_lock lock(mutex);
    root_kept = true;
    co_return secret;
  }

  Awaitable<Result<void>> load_root() {
    WEFT_CO_TRY(const auto row,
                co_await tables.get(std::string(kRootSpace), std::string(kRootKey)));
    if (!row) co_return Result<void>();
    const auto secret = row->is_string() ? hash_from(row->get_string()) : std::nullopt;
    if (!secret) co_return fail(Reason::internal, "the root of the AWS secrets cannot be read");
    const std::scoped_lock lock(mutex);
    root = secret;
    root_kept = true;
    co_return Result<void>();
  }
};

Keys::Keys(store::Tables& tables, const Clock& clock, Random& random)
    : state_(new State{tables, clock, random, std::make_shared<const Records>(), {}, {}, {}}) {
  // Called again it does nothing; it fails only where there is no randomness at all.
  WEFT_ASSERT(sodium_init() >= 0);
}

Keys::~Keys() = default;

Awaitable<Result<void>> Keys::load() {
  WEFT_CO_CHECK(co_await state_->load_root());
  Records loaded;
  std::string after;
  while (true) {
    WEFT_CO_TRY(const auto rows, co_await state_->tables.scan(std::string(kSpace), "", after, 256));
    if (rows.empty()) break;
    for (const auto& row : rows) {
      WEFT_CO_TRY(auto record, record_from(row));
      loaded.push_back(std::move(record));
    }
    after = rows.back().key;
  }
  const bool some = !loaded.empty();
  {
    const std::scoped_lock lock(state_->mutex);
    state_->records.store(std::make_shared<const Records>(std::move(loaded)),
                          std::memory_order_release);
  }
  // Keys of a time when they signed nothing.
  if (some) WEFT_CO_CHECK(co_await state_->keep_root());
  co_return Result<void>();
}

Awaitable<Result<NewKey>> Keys::make(std::string name, bool admin,
                                     std::vector<std::string> solutions) {
  WEFT_CO_CHECK(check_name(name));
  WEFT_CO_TRY(const Hash root, co_await state_->keep_root());
  WEFT_CO_CHECK(state_->reserve(name));
  std::array<unsigned char, kSecretBytes> bytes{};
  NewKey made;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->random.fill(bytes);
    made.info.id = KeyId(std::string(kIdPrefix) + random_hex(8, state_->random));
  }
  made.secret = std::string(kPrefix) + base64url(bytes.data(), bytes.size());
  sodium_memzero(bytes.data(), bytes.size());
  made.info.access_key = access_key_of(made.info.id);
  made.aws_secret = aws_secret_of(root, made.info.id);
  made.info.name = name;
  made.info.admin = admin;
  made.info.created_ms = state_->clock.unix_ms();
  made.info.solutions = std::move(solutions);
  Record record{made.info, hash_of(made.secret)};
  auto stored =
      co_await state_->tables.put(std::string(kSpace), made.info.id.str(), to_json(record));
  if (stored) state_->put(std::move(record));
  state_->release(name);
  if (!stored) co_return fail(std::move(stored).error());
  if (const auto forgotten = state_->forget_oldest()) {
    // One that the disk keeps is forgotten by the next that is made after a start.
    (void)co_await state_->tables.erase(std::string(kSpace), forgotten->str());
  }
  co_return made;
}

Awaitable<Result<void>> Keys::revoke(KeyId id) {
  const auto now = state_->all();
  const auto at = std::ranges::find(*now, id, [](const Record& record) { return record.info.id; });
  if (at == now->end()) {
    Error error = make_argument_error(
        "/id", std::format("there is no key {}; `weft key ls` lists them", id.str()));
    error.code = Code::not_found;
    co_return fail(std::move(error));
  }
  Record record = *at;
  if (record.info.revoked_ms) co_return Result<void>();
  record.info.revoked_ms = state_->clock.unix_ms();
  // Refused from now on, whatever the disk says to it.
  state_->put(record);
  auto stored = co_await state_->tables.put(std::string(kSpace), id.str(), to_json(record));
  co_return stored;
}

std::vector<KeyInfo> Keys::list() const {
  std::vector<KeyInfo> out;
  const auto now = state_->all();
  for (const auto& record : *now) out.push_back(record.info);
  return out;
}

bool Keys::any() const { return !state_->all()->empty(); }

Result<model::Principal> Keys::authenticate(std::string_view secret) const {
  const auto now = state_->all();
  // What is too long to be a key costs no more than a key.
  const Hash hash = hash_of(secret.substr(0, kSecretCharsMax));
  const Record* holder = nullptr;
  for (const auto& record : *now) {
    const bool same = sodium_memcmp(record.hash.data(), hash.data(), hash.size()) == 0;
    if (same && !record.info.revoked_ms) holder = &record;
  }
  if (!holder || secret.size() > kSecretCharsMax) {
    return fail(Reason::unauthenticated,
                "a valid API key is needed; `weft key new NAME` makes one");
  }
  return model::Principal{holder->info.name, holder->info.id.str(), holder->info.admin};
}

Result<model::Principal> Keys::signer(std::string_view access_key) const {
  const auto now = state_->all();
  const auto at = std::ranges::find_if(
      *now, [access_key](const Record& r) { return r.info.access_key == access_key; });
  if (at == now->end() || is_revoked(*at)) {
    return fail(Reason::unauthenticated,
                "a valid access key is needed; `weft key new NAME` makes one");
  }
  return model::Principal{at->info.name, at->info.id.str(), at->info.admin};
}

std::string Keys::aws_secret(const model::Principal& signer) const {
  std::optional<Hash> root;
  {
    const std::scoped_lock lock(state_->mutex);
    root = state_->root;
  }
  WEFT_ASSERT(root);  // it is older than any key
  return aws_secret_of(*root, KeyId(signer.key_id));
}

bool Keys::may_call(const model::Principal& principal, std::string_view solution) const {
  if (principal.key_id.empty()) return true;
  const auto now = state_->all();
  const auto at =
      std::ranges::find(*now, principal.key_id, [](const Record& r) { return r.info.id.str(); });
  if (at == now->end() || at->info.revoked_ms) return false;
  return at->info.solutions.empty() || std::ranges::contains(at->info.solutions, solution);
}

}  // namespace weft::hub
