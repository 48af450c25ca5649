// Asking a place which protocol it speaks. Owned by hub (Joiner); one loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/hub/joiner.h"

namespace weft::hub {

struct Probed {
  Protocol* protocol = nullptr;
  Finding finding;
};

/// All protocols at once, within kProbeDeadlineMs (one alone within kConnectDeadlineMs): what each
/// found, the surest first.
Awaitable<std::vector<Probed>> probe_all(std::vector<Protocol*> protocols, JoinRequest request,
                                         Executor executor, CancelToken cancel);
/// What was tried, one line each.
std::string tried_lines(const std::vector<Probed>& probed);

}  // namespace weft::hub
