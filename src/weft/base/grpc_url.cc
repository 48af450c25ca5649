#include "weft/base/grpc_url.h"

#include <format>

namespace weft {
namespace {

constexpr std::string_view kGrpc = "grpc://";
constexpr std::string_view kGrpcTls = "grpcs://";

}  // namespace

bool is_grpc_url(std::string_view text) {
  return text.starts_with(kGrpc) || text.starts_with(kGrpcTls);
}

Result<Url> parse_grpc_url(std::string_view text) {
  const bool plain = text.starts_with(kGrpc);
  if (!plain && !text.starts_with(kGrpcTls)) {
    return fail(Reason::invalid_argument,
                std::format("`{}` does not begin with grpc:// or grpcs://", text));
  }
  const std::string_view rest = text.substr(plain ? kGrpc.size() : kGrpcTls.size());
  return parse_url(std::format("{}://{}", plain ? "http" : "https", rest));
}

std::string grpc_url(const Url& url) {
  return std::format("{}{}", url.tls() ? kGrpcTls : kGrpc, url.authority());
}

}  // namespace weft
