// The bytes that were read and not used yet, in a block of fixed size that a connection only holds
// while it needs it. Owned by its connection; one loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace weft::net {

/// Blocks of one size, kept for the next who needs one.
class BufferPool {
 public:
  explicit BufferPool(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  std::unique_ptr<char[]> take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(block_bytes_);
    auto block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void give(std::unique_ptr<char[]> block) {
    if (free_.size() < kKeptMax) free_.push_back(std::move(block));
  }
  std::size_t block_bytes() const { return block_bytes_; }

 private:
  static constexpr std::size_t kKeptMax = 256;
  std::size_t block_bytes_;
  std::vector<std::unique_ptr<char[]>> free_;
};

class Buffer {
 public:
  explicit Buffer(std::shared_ptr<BufferPool> pool) : pool_(std::move(pool)) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::string_view bytes() const { return {block_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t size) { begin_ += size; }
  /// Where the next bytes go; rewinds when everything was used: views from before are void then.
  void rewind() {
    if (!block_) block_ = pool_->take();
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Room at the end, without touching what views may see.
  char* room() {
    if (!block_) block_ = pool_->take();
    return block_.get() + end_;
  }
  std::size_t room_size() const { return pool_->block_bytes() - end_; }
  void filled(std::size_t size) { end_ += size; }
  /// Gives the block back; what it held is gone.
  void release() {
    if (block_) pool_->give(std::move(block_));
    block_.reset();
    begin_ = end_ = 0;
  }

 private:
  std::shared_ptr<BufferPool> pool_;
  std::unique_ptr<char[]> block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weft::net
