// The body of a request that may have to be sent more than once: bytes in memory, or a piece of a
// file. Owned by the request; one piece of work at a time looks at it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "weft/base/async.h"
#include "weft/base/file.h"
#include "weft/base/work_pool.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::remote {

struct Body {
  std::string text;  ///< where there is no file
  std::shared_ptr<const File> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string sha256;  ///< 64 digits
};

Body body_of(std::string text);
/// The digest is made on the pool. Errors: the file is shorter, cannot be read.
Awaitable<Result<Body>> body_of(WorkPool& pool, std::shared_ptr<const File> file,
                                std::uint64_t offset, std::uint64_t size);

/// What is to be put, until it is whole: in memory, and from kHeldBytesMax on in a file without a
/// name, which goes with it.
class Spool {
 public:
  Spool(WorkPool& pool, std::filesystem::path folder) : pool_(pool), folder_(std::move(folder)) {}
  /// Errors: Reason::storage_full.
  Awaitable<Result<void>> write(std::string piece);
  /// Once.
  Awaitable<Result<Body>> finish();

 private:
  struct Written;
  WorkPool& pool_;
  std::filesystem::path folder_;
  std::string held_;
  std::shared_ptr<Written> written_;
};

}  // namespace weft::adapters::sagemaker::remote
