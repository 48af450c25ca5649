#include "weft/ml/owned_objects.h"

#include <algorithm>
#include <format>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "weft/base/json.h"
#include "weft/base/timers.h"
#include "weft/store/tables.h"
#include "weft/wire/digest.h"

namespace weft::ml {
namespace {

constexpr std::string_view kSpace = "bucket_owners";
constexpr std::string_view kNobody = "local";
constexpr std::size_t kPage = 256;
/// How often a bucket that is being made is looked for.
constexpr Milliseconds kChangeWait{10};
constexpr std::size_t kBucketCharsMin = 3;
constexpr std::size_t kBucketCharsMax = 63;

/// "Bucket naming rules" of the S3 User Guide.
bool is_bucket_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool fits =
      name.size() >= kBucketCharsMin && name.size() <= kBucketCharsMax && plain(name.front()) &&
      plain(name.back()) &&
      std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '.'; });
  const bool address = name.find_first_not_of("0123456789.") == std::string_view::npos &&
                       std::ranges::count(name, '.') == 3;
  return fits && !address && !name.contains("..") && !name.starts_with("xn--") &&
         !name.starts_with("sthree-") && !name.ends_with("-s3alias") && !name.ends_with("--ol-s3");
}

Result<void> check_name(std::string_view name) {
  if (is_bucket_name(name)) return {};
  return fail(make_argument_error(
      "/bucket", std::format("`{}` is no name for a bucket: 3 to 63 lower-case letters, digits, "
                             "- and ., with a letter or digit first and last",
                             name.substr(0, kBucketCharsMax))));
}

/// The names of spaces are short, and those of stores need not be.
std::string space_of(std::string_view store) {
  if (store.empty()) return std::string(kSpace);
  constexpr std::size_t kDigits = 16;
  return std::format("{}.{}", kSpace, wire::hex(wire::sha256(store)).substr(0, kDigits));
}

Error not_allowed() { return make_error(Reason::permission_denied, "Access Denied"); }

Error missing(const std::string& bucket) {
  Error error =
      make_error(Reason::invalid_argument, std::format("there is no bucket `{}`", bucket));
  error.code = Code::not_found;
  return error;
}

/// Taken by this owner, or by another one.
Error taken(const std::string& bucket, bool own) {
  Error error = make_error(own ? Reason::invalid_argument : Reason::permission_denied,
                           own ? std::format("you have a bucket `{}` already", bucket)
                               : std::format("the name `{}` is taken", bucket));
  error.code = Code::already_exists;
  return error;
}

Error being_made(const std::string& bucket) {
  Error error = make_error(Reason::unavailable,
                           std::format("the bucket `{}` is being made or removed", bucket));
  error.code = Code::aborted;
  return error;
}

}  // namespace

struct OwnedObjects::State {
  State(store::Objects& of_all, store::Tables& of_tables, std::string of_space)
      : all(of_all), tables(of_tables), space(std::move(of_space)) {}

  store::Objects& all;
  store::Tables& tables;
  std::string space;
  std::mutex mutex;
  /// By bucket. A row may outlive its bucket: it says nothing then.
  std::map<std::string, std::string, std::less<>> owners;
  std::set<std::string> changing;

  std::string owner_of(std::string_view bucket) {
    const std::scoped_lock lock(mutex);
    const auto at = owners.find(bucket);
    return at == owners.end() ? std::string(kNobody) : at->second;
  }
  /// Whether it is being made or removed right now.
  bool changes(const std::string& bucket) {
    const std::scoped_lock lock(mutex);
    return changing.contains(bucket);
  }
  void set(const std::string& bucket, std::string owner) {
    const std::scoped_lock lock(mutex);
    owners.insert_or_assign(bucket, std::move(owner));
  }
  void forget(const std::string& bucket) {
    const std::scoped_lock lock(mutex);
    owners.erase(bucket);
  }
};

class OwnedObjects::View final : public store::Objects {
 public:
  View(std::shared_ptr<State> state, std::string owner)
      : state_(std::move(state)), owner_(std::move(owner)) {}

  Awaitable<Result<std::vector<store::BucketInfo>>> buckets() override {
    WEFT_CO_TRY(auto out, co_await state_->all.buckets());
    std::erase_if(out, [this](const auto& bucket) { return !owns(bucket.name); });
    co_return out;
  }
  Awaitable<Result<std::optional<store::BucketInfo>>> bucket(std::string name) override {
    WEFT_CO_TRY(auto found, co_await state_->all.bucket(name));
    if (found && !owns(name)) co_return fail(not_allowed());
    co_return found;
  }
  Awaitable<Result<void>> make_bucket(std::string name) override;
  Awaitable<Result<void>> remove_bucket(std::string name) override;

  Awaitable<Result<std::unique_ptr<store::ObjectWriter>>> put(std::string bucket,
                                                              std::string key) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.put(std::move(bucket), std::move(key));
  }
  Awaitable<Result<std::optional<store::ObjectInfo>>> head(std::string bucket,
                                                           std::string key) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.head(std::move(bucket), std::move(key));
  }
  Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open(std::string bucket,
                                                               std::string key) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.open(std::move(bucket), std::move(key));
  }
  Awaitable<Result<bool>> remove(std::string bucket, std::string key) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.remove(std::move(bucket), std::move(key));
  }
  Awaitable<Result<store::ObjectPage>> list(std::string bucket, store::ObjectQuery query) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.list(std::move(bucket), std::move(query));
  }

  Awaitable<Result<std::string>> begin_upload(std::string bucket, std::string key,
                                              store::ObjectMeta meta) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.begin_upload(std::move(bucket), std::move(key), std::move(meta));
  }
  Awaitable<Result<std::unique_ptr<store::ObjectWriter>>> put_part(std::string bucket,
                                                                   std::string key,
                                                                   std::string upload,
                                                                   int number) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.put_part(std::move(bucket), std::move(key), std::move(upload),
                                            number);
  }
  Awaitable<Result<std::vector<store::PartInfo>>> parts(std::string bucket, std::string key,
                                                        std::string upload) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.parts(std::move(bucket), std::move(key), std::move(upload));
  }
  Awaitable<Result<store::ObjectInfo>> complete_upload(
      std::string bucket, std::string key, std::string upload,
      std::vector<std::pair<int, std::string>> parts,
      std::optional<store::ObjectDigest> digest) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.complete_upload(
        std::move(bucket), std::move(key), std::move(upload), std::move(parts), std::move(digest));
  }
  Awaitable<Result<void>> abort_upload(std::string bucket, std::string key,
                                       std::string upload) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.abort_upload(std::move(bucket), std::move(key),
                                                std::move(upload));
  }
  Awaitable<Result<std::vector<store::UploadInfo>>> uploads(std::string bucket,
                                                            std::string prefix) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.uploads(std::move(bucket), std::move(prefix));
  }

  Awaitable<Result<bool>> fetch(std::string bucket, std::string key,
                                std::filesystem::path to) override {
    WEFT_CO_CHECK(co_await allowed(bucket));
    co_return co_await state_->all.fetch(std::move(bucket), std::move(key), std::move(to));
  }
  Awaitable<Result<store::ObjectInfo>> take(std::filesystem::path from, std::string bucket,
                                            std::string key, store::ObjectMeta meta) override {
    WEFT_CO_CHECK(check_name(bucket));
    // It would make the bucket by itself, and for nobody.
    while (true) {
      // Of many jobs that end at once the first makes it.
      while (state_->changes(bucket)) (void)co_await sleep_for(kChangeWait, {});
      if (owns(bucket)) break;
      const auto made = co_await make_bucket(bucket);
      if (!made && made.error().code != Code::aborted) co_return fail(made.error());
    }
    co_return co_await state_->all.take(std::move(from), std::move(bucket), std::move(key),
                                        std::move(meta));
  }

 private:
  bool owns(std::string_view bucket) const { return state_->owner_of(bucket) == owner_; }

  /// Whether the bucket may be used; that it is not there is said by whoever uses it.
  Awaitable<Result<void>> allowed(std::string bucket) const {
    if (owns(bucket)) co_return Result<void>();
    WEFT_CO_TRY(const auto found, co_await state_->all.bucket(bucket));
    co_return fail(found ? not_allowed() : missing(bucket));
  }

  /// Holds the name while the bucket comes or goes.
  class Change {
   public:
    Change(State& state, std::string bucket) : state_(state), bucket_(std::move(bucket)) {
      const std::scoped_lock lock(state_.mutex);
      held_ = state_.changing.insert(bucket_).second;
    }
    ~Change() {
      if (!held_) return;
      const std::scoped_lock lock(state_.mutex);
      state_.changing.erase(bucket_);
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    bool held() const { return held_; }

   private:
    State& state_;
    std::string bucket_;
    bool held_ = false;
  };

  std::shared_ptr<State> state_;
  std::string owner_;
};

Awaitable<Result<void>> OwnedObjects::View::make_bucket(std::string name) {
  WEFT_CO_CHECK(check_name(name));
  const Change change(*state_, name);
  if (!change.held()) co_return fail(being_made(name));
  WEFT_CO_TRY(const auto found, co_await state_->all.bucket(name));
  if (found) co_return fail(taken(name, owns(name)));
  // First whose it will be: a bucket that is there without an owner would be another one's.
  json::object row;
  row["owner"] = owner_;
  WEFT_CO_CHECK(co_await state_->tables.put(state_->space, name, json::value(row)));
  state_->set(name, owner_);
  auto made = co_await state_->all.make_bucket(name);
  if (made) co_return made;
  // Another one may have made it meanwhile, past this hub; or it was made, and nobody heard of it.
  const bool refused =
      made.error().code == Code::already_exists || made.error().reason == Reason::permission_denied;
  const auto there = refused ? std::nullopt : co_await state_->all.bucket(name);
  if (there && *there) co_return Result<void>();
  if (refused || there) {
    state_->forget(name);
    (void)co_await state_->tables.erase(state_->space, name);
  }
  co_return made;
}

Awaitable<Result<void>> OwnedObjects::View::remove_bucket(std::string name) {
  const Change change(*state_, name);
  if (!change.held()) co_return fail(being_made(name));
  WEFT_CO_CHECK(co_await allowed(name));
  WEFT_CO_CHECK(co_await state_->all.remove_bucket(name));
  state_->forget(name);
  // A row that stays says nothing: there is no such bucket.
  (void)co_await state_->tables.erase(state_->space, name);
  co_return Result<void>();
}

OwnedObjects::OwnedObjects(store::Objects& all, store::Tables& tables, std::string_view of_store)
    : state_(std::make_shared<State>(all, tables, space_of(of_store))) {}

OwnedObjects::~OwnedObjects() = default;

Awaitable<Result<void>> OwnedObjects::start() {
  std::string after;
  while (true) {
    WEFT_CO_TRY(const auto rows, co_await state_->tables.scan(state_->space, "", after, kPage));
    if (rows.empty()) co_return Result<void>();
    for (const store::Row& row : rows) {
      const std::string owner(
          row.value.is_object() ? json::string_at(row.value.get_object(), "owner") : "");
      // Whose it is must not become somebody's by accident.
      if (owner.empty()) {
        co_return fail(Reason::internal,
                       std::format("the record of the bucket {} cannot be read", row.key));
      }
      state_->set(row.key, owner);
    }
    after = rows.back().key;
  }
}

std::shared_ptr<store::Objects> OwnedObjects::of(std::string owner) const {
  return std::make_shared<View>(state_, std::move(owner));
}

std::string OwnedObjects::owner_of(std::string_view bucket) const {
  return state_->owner_of(bucket);
}

}  // namespace weft::ml
