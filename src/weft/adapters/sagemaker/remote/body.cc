#include "weft/adapters/sagemaker/remote/body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/base/hex.h"

namespace weft::adapters::sagemaker::remote {
namespace {

std::string hex_of(std::string_view bytes) {
  return hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Result<std::string> sha256_of(const File& file, std::uint64_t offset, std::uint64_t size) {
  wire::Digest digest(wire::DigestKind::sha256);
  std::uint64_t done = 0;
  while (done < size) {
    const auto wanted = std::min<std::uint64_t>(size - done, kPieceBytes);
    WEFT_TRY(const std::string piece, file.read(offset + done, static_cast<std::size_t>(wanted)));
    if (piece.empty()) return fail(Reason::internal, "a file became shorter while it was sent");
    digest.add(piece);
    done += piece.size();
  }
  return hex_of(digest.finish());
}

/// It has no name from its first moment on.
Result<File> nameless(const std::filesystem::path& folder) {
  std::string name = (folder / "XXXXXX").string();
  File out(::mkostemp(name.data(), O_CLOEXEC));
  if (out.descriptor() < 0) return fail(file_error("make", folder, errno));
  ::unlink(name.c_str());
  return out;
}

}  // namespace

Body body_of(std::string text) {
  Body out;
  out.size = text.size();
  out.sha256 = wire::hex(wire::sha256(text));
  out.text = std::move(text);
  return out;
}

Awaitable<Result<Body>> body_of(WorkPool& pool, std::shared_ptr<const File> file,
                                std::uint64_t offset, std::uint64_t size) {
  std::move_only_function<Result<std::string>()> work = [file, offset, size] {
    return sha256_of(*file, offset, size);
  };
  WEFT_CO_TRY(std::string digest, co_await pool.run<std::string>(std::move(work)));
  Body out;
  out.file = std::move(file);
  out.offset = offset;
  out.size = size;
  out.sha256 = std::move(digest);
  co_return out;
}

/// Its members belong to whichever thread does the one piece of work that is awaited at a time.
struct Spool::Written {
  explicit Written(File of) : file(std::move(of)), digest(wire::DigestKind::sha256) {}
  File file;
  wire::Digest digest;
  std::uint64_t size = 0;
};

Awaitable<Result<void>> Spool::write(std::string piece) {
  if (!written_ && held_.size() + piece.size() <= kHeldBytesMax) {
    held_ += piece;
    co_return Result<void>();
  }
  std::move_only_function<Result<std::shared_ptr<Written>>()> work =
      [written = written_, folder = folder_, held = std::exchange(held_, {}),
       piece = std::move(piece)]() mutable -> Result<std::shared_ptr<Written>> {
    if (!written) {
      WEFT_TRY(File file, nameless(folder));
      written = std::make_shared<Written>(std::move(file));
    }
    for (const std::string* each : {&held, &piece}) {
      WEFT_CHECK(written->file.write(*each, folder));
      written->digest.add(*each);
      written->size += each->size();
    }
    return written;
  };
  WEFT_CO_TRY(written_, co_await pool_.run<std::shared_ptr<Written>>(std::move(work)));
  co_return Result<void>();
}

Awaitable<Result<Body>> Spool::finish() {
  if (!written_) co_return body_of(std::exchange(held_, {}));
  Body out;
  out.size = written_->size;
  out.sha256 = hex_of(written_->digest.finish());
  out.file = std::make_shared<const File>(std::move(written_->file));
  written_.reset();
  co_return out;
}

}  // namespace weft::adapters::sagemaker::remote
