#include "weft/net/redirect.h"

#include <algorithm>
#include <array>
#include <format>

namespace weft::net {
namespace {

/// Whether what was meant for `from` may go to `to` unchanged: the same origin, or its https form.
bool same_trust(const Url& from, const Url& to) {
  if (from.host != to.host) return false;
  if (from.scheme == to.scheme) return from.port == to.port;
  return from.scheme == "http" && from.port == 80 && to.port == 443;
}

/// Only what says nothing about who asks goes to another host: any other field may be a credential.
wire::Headers harmless(const wire::Headers& headers) {
  static constexpr std::array<std::string_view, 5> kKept = {
      "accept", "accept-language", "content-type", "user-agent", "traceparent"};
  wire::Headers out;
  for (const auto& [name, value] : headers) {
    const auto same = [&](std::string_view kept) { return wire::same_name(kept, name); };
    if (std::ranges::any_of(kKept, same)) out.add(name, value);
  }
  return out;
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<void> follow(ClientRequest& request, const wire::ResponseHead& head) {
  const Url here =
      request.target.empty() ? request.origin.url : request.origin.url.with_target(request.target);
  WEFT_TRY(const Url there, here.resolve(head.headers.get("location")));
  if (here.tls() && !there.tls()) {
    return fail(Reason::permission_denied,
                std::format("{} redirects from https to http ({}); that is not followed",
                            here.str(), there.str()));
  }
  if (!request.origin.unix_path.empty() || !same_trust(here, there)) {
    request.headers = harmless(request.headers);
    request.origin.egress = Egress::guarded;
    request.origin.unix_path.clear();
  }
  request.origin.url = there;
  request.target = there.target();
  const bool as_get = head.status == 303 ||
                      ((head.status == 301 || head.status == 302) && request.method == "POST");
  if (as_get && request.method != "HEAD") {
    request.method = "GET";
    request.body.clear();
    request.headers.remove("content-type");
  }
  return {};
}

}  // namespace weft::net
