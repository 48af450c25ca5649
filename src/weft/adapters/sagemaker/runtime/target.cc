#include "weft/adapters/sagemaker/runtime/target.h"

#include "weft/ml/api.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

/// Whose endpoint it is, as far as its entry says so.
bool is_anothers(const hub::Entry& entry, const model::Principal& principal) {
  const std::string_view owner = json::string_at(entry.solution->raw, "owner");
  return !owner.empty() && owner != principal.name;
}

bool is_endpoint(const hub::Entry& entry, std::string_view name) {
  return entry.solution->title == name &&
         dynamic_cast<const ml::Inferring*>(entry.service.get()) != nullptr;
}

}  // namespace

std::shared_ptr<const hub::Entry> find_endpoint(const hub::Snapshot& snapshot,
                                                std::string_view name,
                                                const model::Principal& principal) {
  auto found = snapshot.find_shared(name);
  if (found && !is_anothers(*found, principal)) return found;
  for (const auto& entry : snapshot.entries) {
    if (!is_endpoint(*entry, name)) continue;
    if (!is_anothers(*entry, principal)) return entry;
    if (!found) found = entry;
  }
  return found;
}

}  // namespace weft::adapters::sagemaker::runtime
