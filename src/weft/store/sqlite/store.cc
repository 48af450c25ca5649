#include "weft/store/sqlite/store.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <format>

#include "weft/base/log.h"
#include "weft/store/limits.h"
#include "weft/store/sqlite/database.h"
#include "weft/store/sqlite/heads.h"
#include "weft/store/sqlite/journal.h"
#include "weft/store/sqlite/journal_rows.h"
#include "weft/store/sqlite/lock.h"
#include "weft/store/sqlite/migrations.h"
#include "weft/store/sqlite/tables.h"

namespace weft::store::sqlite {
namespace {

/// SQLite would make the file readable to all; those beside it take over its mode.
Result<void> make_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return fail(Reason::unavailable,
                std::format("{} cannot be written: {}", file.string(),
                            std::error_code(errno, std::system_category()).message()));
  }
  ::close(descriptor);
  return {};
}

Result<std::unique_ptr<Connection>> open_writer(const std::filesystem::path& file,
                                                const Options& options) {
  WEFT_TRY(auto writer, Connection::open(file, Connection::Mode::writer, options.vfs));
  WEFT_CHECK(migrate(*writer, options.at_point));
  if (options.pages_max > 0) {
    writer->execute(std::format("PRAGMA max_page_count = {}", options.pages_max).c_str());
    WEFT_CHECK(writer->take_failure());
  }
  WEFT_TRY(const bool checked, quick_check(*writer));
  WEFT_TRY(const bool walked, check_recent_chains(*writer));
  if (!checked || !walked) log::info("{} is large: only a part of it was checked", file.string());
  return writer;
}

}  // namespace

struct Store::Parts {
  Parts(DirectoryLock lock_taken, std::unique_ptr<Connection> writer,
        std::vector<std::unique_ptr<Connection>> readers, const Options& options)
      : lock(std::move(lock_taken)),
        database(std::move(writer), std::move(readers),
                 {options.at_point, [this] { heads.clear(); }, options.checkpoint_pages}) {}

  DirectoryLock lock;
  Heads heads;
  Database database;
  SqliteJournal journal{database, heads};
  SqliteTables tables{database};
};

Result<std::unique_ptr<Store>> Store::open(Options options) {
  if (sodium_init() < 0) return fail(Reason::internal, "libsodium does not start");
  if (!options.at_point) options.at_point = [](std::string_view) {};
  WEFT_TRY(auto lock, DirectoryLock::take(options.directory));
  const auto file = options.directory / "weft.db";
  WEFT_CHECK(make_file(file));
  WEFT_TRY(auto writer, open_writer(file, options));
  std::vector<std::unique_ptr<Connection>> readers;
  for (std::size_t i = 0; i < kReaderThreads; ++i) {
    WEFT_TRY(auto reader, Connection::open(file, Connection::Mode::reader, options.vfs));
    readers.push_back(std::move(reader));
  }
  auto parts =
      std::make_unique<Parts>(std::move(lock), std::move(writer), std::move(readers), options);
  WEFT_CHECK(parts->database.start());
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;
Journal& Store::journal() { return parts_->journal; }
Tables& Store::tables() { return parts_->tables; }

}  // namespace weft::store::sqlite
