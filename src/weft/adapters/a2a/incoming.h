// A caller's message as a call of the hub: which skill it means, its arguments, its turn. Owned by
// adapters/a2a; pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/a2a/messages.h"
#include "weft/hub/registry.h"
#include "weft/model/call.h"

namespace weft::adapters::a2a {

/// Where a message goes. Without a skill the caller has to be asked which (`skill` is null).
struct Target {
  std::shared_ptr<const hub::Entry> entry;
  const model::Skill* skill = nullptr;
  /// The `parameters` of a data part {skill, parameters}.
  std::optional<json::value> parameters;
};

/// What is served at one URL: one solution, or (no entry) all of them with the names of the
/// aggregate view.
struct Scope {
  std::shared_ptr<const hub::Snapshot> snapshot;
  std::shared_ptr<const hub::Entry> entry;
  std::string_view name() const {
    return entry ? std::string_view(entry->solution->id.str()) : "the hub";
  }
};

/// By a data part {skill, parameters}, `metadata["weft.skill"]`, the only skill there is, or the
/// one that talks. Errors name the skills there are.
Result<Target> find_target(const Scope& scope, const SendRequest& request);
/// The skill of that outward name; null when there is none.
Target find_named(const Scope& scope, std::string_view name);
/// The question which skill is meant, as a form {skill, parameters}.
model::Ask which_skill(const Scope& scope);

/// Fills the call, taking the parameters out of the target. What an A2A solution may get unchanged
/// rides in Call::meta.
void read_call(Target& target, SendRequest request, model::Call& call);

}  // namespace weft::adapters::a2a
