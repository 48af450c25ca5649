// Finding an agent's card from the URL that an operator gave, and settling how it will be spoken
// to. Owned by the protocol; one loop a call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/a2a/peer.h"
#include "weft/hub/joiner.h"

namespace weft::adapters::a2a {

/// Where a card may be for a URL, the likeliest first.
std::vector<Url> card_places(const Url& url);

struct Found {
  Url url;
  Card card;
  json::object raw;
};
/// The first card there is. Errors list what was tried and what came.
Awaitable<Result<Found>> find_card(net::HttpClient& client, hub::JoinRequest join,
                                   hub::CallContext context);

/// How sure a card makes that an agent is at the URL the operator gave: quite, where it lies there
/// or below, or where only a host was given; a card at the root of the host says less about a path.
double confidence_of(const Found& found, const Url& named);

/// The agent of a card. An interface on another host than the one the operator named is reached
/// through the guard and without the operator's credentials; loopback names and 0.0.0.0 on the same
/// port mean the named host.
Result<std::shared_ptr<const Agent>> settle_agent(const Found& found, const Url& named);

}  // namespace weft::adapters::a2a
