// Following a redirect (RFC 9110, 15.4): what is asked of whom next, and what must not go along.
// Owned by net; pure, any thread.
#pragma once

#include "weft/base/result.h"
#include "weft/net/http_client.h"
#include "weft/wire/http.h"

namespace weft::net {

bool is_redirect(int status);

/// Turns the request into the one that the redirect asks for. Another origin is guarded (egress.h)
/// and gets no header that may be a credential, nor does a Unix socket's. Errors: no URL, or from
/// https to http.
Result<void> follow(ClientRequest& request, const wire::ResponseHead& head);

}  // namespace weft::net
