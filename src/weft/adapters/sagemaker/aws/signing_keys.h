// The signing keys of the day: deriving one costs four HMACs, and a caller signs with the same one
// until midnight. Owned by AwsDoor; any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "weft/wire/aws_signature.h"

namespace weft::adapters::sagemaker {

class SigningKeys {
 public:
  explicit SigningKeys(std::size_t kept_max) : kept_max_(kept_max) {}
  /// The key that was kept for this scope, if any.
  std::optional<wire::Sha256> find(const wire::AwsScope& scope) const;
  /// Keeps it; call it with keys whose signature fitted alone. With too many, the day before's go
  /// first.
  void keep(const wire::AwsScope& scope, const wire::Sha256& key);
  std::size_t size() const;

 private:
  static std::string name_of(const wire::AwsScope& scope) {
    return scope.access_key + '/' + scope.str();
  }

  struct Kept {
    std::string date;
    wire::Sha256 key{};
  };
  std::size_t kept_max_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Kept> keys_;
};

}  // namespace weft::adapters::sagemaker
