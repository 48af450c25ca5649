// The embedded store: one SQLite file in the data directory, behind Journal and Tables. Owned by
// app; open() and the destructor on one thread, the rest from any loop. Every loop that waits for
// an answer outlives the store.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weft/base/result.h"
#include "weft/store/journal.h"
#include "weft/store/limits.h"
#include "weft/store/tables.h"

namespace weft::store::sqlite {

struct Options {
  std::filesystem::path directory;  ///< made (0700) when missing
  /// For tests: the VFS to use, the pages the file may have, how soon the log is taken in, and a
  /// call at every point where a crash is interesting
  /// (`migrating`, `batch`, `written`, `committed`, `checkpoint`, `checkpointed`), from the
  /// writer's thread.
  std::string vfs;
  std::int64_t pages_max = 0;
  int checkpoint_pages = kCheckpointPages;
  std::function<void(std::string_view)> at_point;
};

class Store {
 public:
  /// Errors name the file and the way out: another hub holds the directory (with its process id),
  /// it cannot be written, the file is damaged, or was made by a newer weft.
  static Result<std::unique_ptr<Store>> open(Options options);
  /// Commits what is queued and stops.
  ~Store();
  Store(const Store&) = delete;

  Journal& journal();
  Tables& tables();

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weft::store::sqlite
