// Listens at a joined server for changes of its list of tools and brings them into the registry.
// Owned by the protocol's pumps; one loop.
#pragma once

#include <memory>

#include "weft/adapters/mcp/client.h"
#include "weft/adapters/mcp/http_link.h"
#include "weft/adapters/mcp/pumps.h"
#include "weft/adapters/mcp/stdio_link.h"
#include "weft/hub/hub.h"

namespace weft::adapters::mcp {

/// Begins to listen when the server says that its list changes. Ends with the client, when the
/// server offers no stream, or with the pumps.
void watch(Pumps& pumps, hub::Hub& hub, std::weak_ptr<Client> client,
           std::shared_ptr<HttpLink> link, Executor executor);
/// The same for a child process, which says it among all else.
void watch(Pumps& pumps, hub::Hub& hub, std::weak_ptr<Client> client,
           std::shared_ptr<StdioLink> link, Executor executor);

}  // namespace weft::adapters::mcp
