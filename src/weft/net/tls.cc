#include "weft/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <format>

namespace weft::net {
namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

std::unexpected<Error> file_fault(std::string_view what, std::string_view file) {
  return fail(Reason::invalid_argument,
              std::format("the {} `{}` cannot be used: {}", what, file, openssl_reason()));
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  static constexpr std::array<unsigned char, 9> kOffer = {8,   'h', 't', 't', 'p',
                                                          '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOffer.data(), kOffer.size(), in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

TlsContext make_context(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method));
  WEFT_ASSERT(context);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace

void TlsContextDelete::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<TlsContext> make_server_tls(const TlsServerConfig& config) {
  TlsContext context = make_context(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context.get(), config.certificate_file.c_str()) != 1) {
    return file_fault("certificate", config.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), config.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_fault("key", config.key_file);
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) return file_fault("key", config.key_file);
  if (!config.client_ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), config.client_ca_file.c_str()) != 1) {
      return file_fault("client authority", config.client_ca_file);
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http_1_1, nullptr);
  return context;
}

Result<TlsContext> make_client_tls(const std::string& ca_file) {
  TlsContext context = make_context(TLS_client_method());
  SSL_CTX_set_default_verify_paths(context.get());
  if (!ca_file.empty() && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    return file_fault("authority", ca_file);
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

ssl_st* make_server_session(ssl_ctx_st* context) {
  SSL* session = SSL_new(context);
  WEFT_ASSERT(session != nullptr);
  SSL_set_accept_state(session);
  return session;
}

ssl_st* make_client_session(ssl_ctx_st* context, const std::string& host) {
  SSL* session = SSL_new(context);
  WEFT_ASSERT(session != nullptr);
  SSL_set_connect_state(session);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else {
    SSL_set_tlsext_host_name(session, host.c_str());
    SSL_set1_host(session, host.c_str());
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  }
  return session;
}

}  // namespace weft::net
