// TLS contexts. Owned by the server or client that made them; a context may be used from any
// thread, its sessions from one loop.
#pragma once

#include <memory>
#include <string>

#include "weft/base/result.h"
#include "weft/net/http_server.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weft::net {

struct TlsContextDelete {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDelete>;

/// Errors name the file and what is wrong with it.
Result<TlsContext> make_server_tls(const TlsServerConfig& config);
/// Checks servers against the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR are honoured)
/// and, when `ca_file` is set, those in it.
Result<TlsContext> make_client_tls(const std::string& ca_file);

ssl_st* make_server_session(ssl_ctx_st* context);
/// The session checks that the certificate is the host's (a name or an address).
ssl_st* make_client_session(ssl_ctx_st* context, const std::string& host);

}  // namespace weft::net
