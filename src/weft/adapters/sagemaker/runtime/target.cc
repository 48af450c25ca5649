#include "weft/adapters/sagemaker/runtime/target.h"

#include "weft/ml/api.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

const ml::Inferring* endpoint_of(const hub::Entry& entry, std::string_view name) {
  if (entry.solution->title != name) return nullptr;
  return dynamic_cast<const ml::Inferring*>(entry.service.get());
}

}  // namespace

std::shared_ptr<const hub::Entry> find_endpoint(const hub::Snapshot& snapshot,
                                                std::string_view name,
                                                const model::Principal& principal) {
  // Nearly always the endpoint of that name has that id, and is the caller's.
  auto found = snapshot.find_shared(name);
  if (found) {
    const ml::Inferring* const endpoint = endpoint_of(*found, name);
    if (endpoint != nullptr && endpoint->owner() == principal.name) return found;
  }
  for (const auto& entry : snapshot.entries) {
    const ml::Inferring* const endpoint = endpoint_of(*entry, name);
    if (endpoint == nullptr) continue;
    if (endpoint->owner() == principal.name) return entry;
    if (!found) found = entry;
  }
  return found;
}

}  // namespace weft::adapters::sagemaker::runtime
