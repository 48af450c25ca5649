// Conditional writes: whether an object is there is asked right before it is replaced, and of two
// that ask at once one has to come again. Owned by the S3 route; any thread.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace weft::adapters::sagemaker::s3 {

class Commits {
 public:
  /// Holds a place while its condition is asked and its object committed.
  class Claim {
   public:
    Claim() = default;
    Claim(Commits* commits, std::string place) : commits_(commits), place_(std::move(place)) {}
    Claim(Claim&& other) noexcept
        : commits_(std::exchange(other.commits_, nullptr)), place_(std::move(other.place_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (commits_ != nullptr) commits_->leave(place_);
    }
    /// Whether it is held; else another one holds it.
    bool held() const { return commits_ != nullptr; }

   private:
    Commits* commits_ = nullptr;
    std::string place_;
  };

  Claim claim(const std::string& bucket, const std::string& key) {
    std::string place = bucket + '/' + key;
    const std::scoped_lock lock(mutex_);
    return taken_.insert(place).second ? Claim(this, std::move(place)) : Claim();
  }

 private:
  void leave(const std::string& place) {
    const std::scoped_lock lock(mutex_);
    taken_.erase(place);
  }

  std::mutex mutex_;
  std::set<std::string> taken_;
};

}  // namespace weft::adapters::sagemaker::s3
