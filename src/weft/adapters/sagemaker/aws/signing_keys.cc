#include "weft/adapters/sagemaker/aws/signing_keys.h"

namespace weft::adapters::sagemaker {

std::optional<wire::Sha256> SigningKeys::find(const wire::AwsScope& scope) const {
  const std::string name = name_of(scope);
  const std::scoped_lock lock(mutex_);
  const auto at = keys_.find(name);
  return at == keys_.end() ? std::nullopt : std::optional(at->second.key);
}

void SigningKeys::keep(const wire::AwsScope& scope, const wire::Sha256& key) {
  std::string name = name_of(scope);
  const std::scoped_lock lock(mutex_);
  if (keys_.size() >= kept_max_ && !keys_.contains(name)) {
    std::erase_if(keys_, [&](const auto& each) { return each.second.date < scope.date; });
    if (keys_.size() >= kept_max_) keys_.erase(keys_.begin());
  }
  keys_.insert_or_assign(std::move(name), Kept{.date = scope.date, .key = key});
}

std::size_t SigningKeys::size() const {
  const std::scoped_lock lock(mutex_);
  return keys_.size();
}

}  // namespace weft::adapters::sagemaker
