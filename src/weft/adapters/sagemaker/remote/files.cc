// Objects from and to files of this machine.
#include <unistd.h>

#include <algorithm>
#include <format>
#include <optional>
#include <system_error>

#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/operations.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::remote {
namespace {

namespace fs = std::filesystem;

/// A file that a download becomes; goes again unless it is kept. Its members belong to whichever
/// thread does the one piece of work that is awaited at a time.
struct Landing {
  explicit Landing(fs::path to) : path(std::move(to)) {}
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() {
    if (file.descriptor() >= 0 && !kept) ::unlink(path.c_str());
  }
  fs::path path;
  File file;
  /// Where the store keeps a checksum of the bytes.
  std::optional<wire::Digest> digest;
  std::string claimed;
  bool kept = false;
};

Result<void> begin(Landing& landing) {
  std::error_code error;
  fs::create_directories(landing.path.parent_path(), error);
  if (error) return fail(file_error("make", landing.path.parent_path(), error.value()));
  WEFT_TRY(landing.file, File::make(landing.path));
  return {};
}

void expect_checksum(Landing& landing, const store::ObjectMeta& meta) {
  if (meta.checksums.empty()) return;
  const auto& [name, value] = *meta.checksums.begin();
  const auto kind = wire::checksum_kind_from(name);
  if (!kind) return;
  landing.digest.emplace(*kind);
  landing.claimed = value;
}

Awaitable<Result<void>> land(WorkPool& pool, std::shared_ptr<Landing> landing, std::string piece) {
  std::move_only_function<Result<void>()> work = [landing = std::move(landing),
                                                  piece = std::move(piece)]() -> Result<void> {
    if (landing->digest) landing->digest->add(piece);
    return landing->file.write(piece, landing->path);
  };
  co_return co_await pool.run<void>(std::move(work));
}

/// One object on its way to a file, gone on with where it was cut off.
class Download {
 public:
  Download(Client& client, std::string bucket, std::string key, fs::path to)
      : client_(client),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        landing_(std::make_shared<Landing>(std::move(to))) {}

  /// False when there is no such object.
  Awaitable<Result<bool>> run() {
    const Version whichever{};
    WEFT_CO_TRY(Opened opened, co_await open_piece(client_, bucket_, key_, whichever, 0, 0));
    if (!opened.response) {
      WEFT_CO_TRY(const bool missing,
                  co_await is_missing(client_, std::move(opened.head), bucket_, /*reads=*/true));
      co_return !missing;
    }
    WEFT_CO_TRY(info_, client_.read(info_of(key_, opened.head.headers)));
    WEFT_CO_CHECK(co_await prepare());
    auto response = std::move(opened.response);
    while (true) {
      auto all = co_await take(std::move(response));
      if (all) break;
      WEFT_CO_CHECK(may_resume(all.error()));
      const Version version{.etag = info_.etag, .size = info_.size};
      WEFT_CO_TRY(Opened more, co_await open_piece(client_, bucket_, key_, version, done_, 0));
      if (!more.response) co_return client_.refused(more.head, bucket_);
      response = std::move(more.response);
    }
    co_return co_await finish();
  }

 private:
  Awaitable<Result<void>> prepare() {
    expect_checksum(*landing_, info_.meta);
    began_ = client_.clock().steady();
    std::move_only_function<Result<void>()> work = [landing = landing_] { return begin(*landing); };
    co_return co_await client_.pool().run<void>(std::move(work));
  }

  /// All that the response has; the file holds what came when it is cut off.
  Awaitable<Result<void>> take(std::unique_ptr<net::ClientResponse> response) {
    while (done_ < info_.size) {
      std::string piece;
      std::optional<Error> broken;
      while (piece.size() < kPieceBytes && done_ + piece.size() < info_.size && !broken) {
        WEFT_CO_CHECK(in_time(done_ + piece.size()));
        const auto part = co_await client_.next(*response);
        if (!part) {
          broken = part.error();
        } else if (part->empty() || part->size() > info_.size - done_ - piece.size()) {
          co_return client_.garbled("an object has another length than it said");
        } else {
          piece += *part;
        }
      }
      done_ += piece.size();
      WEFT_CO_CHECK(co_await land(client_.pool(), landing_, std::move(piece)));
      if (broken) co_return fail(*std::move(broken));
    }
    co_return Result<void>();
  }

  /// Whether it may go on that has come so far.
  Result<void> in_time(std::uint64_t bytes) const {
    const auto most = client_.waits().answer + std::chrono::seconds(bytes / kBytesPerSecondMin);
    if (client_.clock().steady() - began_ <= most) return {};
    return fail(
        unreached(client_.store(), make_error(Reason::deadline, "an object only drips in")));
  }

  Result<void> may_resume(const Error& why) {
    if (why.reason != Reason::unavailable) return fail(why);
    if (done_ - resumed_at_ >= kFarBytes) resumes_ = 0;
    resumed_at_ = done_;
    if (++resumes_ > kResumesMax) return fail(why);
    return {};
  }

  Awaitable<Result<bool>> finish() {
    if (landing_->digest) {
      const auto claimed = wire::base64_decode(landing_->claimed);
      if (!claimed || *claimed != landing_->digest->finish())
        co_return client_.garbled(std::format("`{}` has other bytes than its checksum", key_));
    }
    landing_->kept = true;
    co_return true;
  }

  Client& client_;
  std::string bucket_;
  std::string key_;
  std::shared_ptr<Landing> landing_;
  store::ObjectInfo info_;
  SteadyTime began_;
  std::uint64_t done_ = 0;
  std::uint64_t resumed_at_ = 0;
  int resumes_ = 0;
};

struct Taken {
  std::shared_ptr<const File> file;
  std::uint64_t size = 0;
};

Result<Taken> open_file(const fs::path& from) {
  WEFT_TRY(File file, File::open(from));
  WEFT_TRY(const struct stat of, file.status());
  return Taken{.file = std::make_shared<const File>(std::move(file)),
               .size = static_cast<std::uint64_t>(of.st_size)};
}

Awaitable<Result<store::ObjectInfo>> send(Client& client, const Taken& from, std::string bucket,
                                          std::string key, store::ObjectMeta meta) {
  Body body;
  body.file = from.file;
  body.size = from.size;
  // Parts have digests of their own.
  if (from.size <= kTakenPartBytes) {
    WEFT_CO_TRY(body, co_await body_of(client.pool(), from.file, 0, from.size));
  }
  co_return co_await put(client, std::move(bucket), std::move(key), std::move(body),
                         std::move(meta), kTakenPartBytes);
}

}  // namespace

Awaitable<Result<bool>> fetch(Client& client, std::string bucket, std::string key, fs::path to) {
  if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
  WEFT_CO_CHECK(check_key(key));
  Download download(client, std::move(bucket), std::move(key), std::move(to));
  co_return co_await download.run();
}

Awaitable<Result<store::ObjectInfo>> take(Client& client, fs::path from, std::string bucket,
                                          std::string key, store::ObjectMeta meta) {
  if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
  WEFT_CO_CHECK(check_key(key));
  std::move_only_function<Result<Taken>()> open = [from] { return open_file(from); };
  WEFT_CO_TRY(const Taken file, co_await client.pool().run<Taken>(std::move(open)));
  auto kept = co_await send(client, file, bucket, key, meta);
  if (!kept && kept.error().code == Code::not_found &&
      kept.error().reason == Reason::invalid_argument) {
    auto made = co_await make_bucket(client, bucket);
    if (!made && made.error().code != Code::already_exists) co_return fail(made.error());
    kept = co_await send(client, file, std::move(bucket), std::move(key), std::move(meta));
  }
  if (!kept) co_return fail(std::move(kept).error());
  std::move_only_function<Result<void>()> remove = [from] {
    ::unlink(from.c_str());
    return Result<void>();
  };
  WEFT_CO_CHECK(co_await client.pool().run<void>(std::move(remove)));
  co_return *std::move(kept);
}

}  // namespace weft::adapters::sagemaker::remote
