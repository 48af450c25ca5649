#include "weft/adapters/openapi/client.h"

#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openapi/answers.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/model/codec.h"
#include "weft/wire/http.h"

namespace weft::adapters::openapi {
namespace {

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

bool loopback_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "127.0.0.1";
}

/// Whether a URL is where the operator pointed: the document's own origin, by any name of this
/// machine when the document is on it. Another port is another service, with keys of its own.
bool is_named(const Url& document, const Url& url) {
  const bool here = loopback_host(document.host) && loopback_host(url.host);
  return same_origin(document, url) ||
         (here && document.scheme == url.scheme && document.port == url.port);
}

/// The server's own path before the operation's.
std::string join_paths(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string joined(base);
  joined += path;
  return joined;
}

void append(std::string& to, std::string_view separator, std::string_view more) {
  if (more.empty()) return;
  if (!to.empty()) to += separator;
  to += more;
}

bool is_stream_type(std::string_view type) { return type.starts_with("text/event-stream"); }

/// The media types of the operation's answers; a stream first when the call is one, else last.
std::string accept_of(const Operation& operation, bool stream) {
  std::string accept;
  for (const bool streams : {stream, !stream}) {
    for (const auto& type : operation.answers) {
      const bool fits = wire::valid_header_value(type) && accept.size() < 512;
      if (fits && is_stream_type(type) == streams) append(accept, ", ", type);
    }
  }
  append(accept, ", ", accept.empty() ? "*/*" : "*/*;q=0.1");
  return accept;
}

}  // namespace

OpenApiService::OpenApiService(Parts parts)
    : clients_(parts.clients),
      random_(parts.random),
      request_(std::move(parts.request)),
      document_url_(std::move(parts.document_url)) {
  current_.store(current_of(std::move(parts.catalog)));
}

std::shared_ptr<const OpenApiService::Current> OpenApiService::current_of(Catalog catalog) {
  auto names = key_names(catalog);
  auto base = parse_url(catalog.solution.url);
  return std::make_shared<const Current>(
      Current{std::move(catalog), std::move(names), std::move(base)});
}

Result<net::ClientRequest> OpenApiService::plain_request(const Url& url, Credentials credentials,
                                                         const model::Call& call,
                                                         SteadyTime deadline) const {
  net::ClientRequest out;
  out.origin.url = url;
  // Another host than the one that was named is only the document's word.
  const bool named = !document_url_ || is_named(*document_url_, url);
  out.origin.egress = named ? net::Egress::open : net::Egress::guarded;
  out.target = url.target();
  out.headers = std::move(credentials.headers);
  if (!call.trace.parent.empty()) out.headers.set("traceparent", call.trace.parent);
  if (!call.trace.state.empty()) out.headers.set("tracestate", call.trace.state);
  out.headers.set("Weft-Depth", std::to_string(call.depth + 1));
  out.deadline = deadline;
  if (call.wants_stream()) out.idle_timeout = silence_until(deadline);
  return out;
}

Result<net::ClientRequest> OpenApiService::request_for(const Current& current,
                                                       const Operation& operation,
                                                       const model::Call& call,
                                                       SteadyTime deadline) const {
  const bool parted = operation.body && operation.body->media_type.starts_with("multipart/");
  static const json::value kNone{json::object()};
  WEFT_TRY(BoundRequest bound, bind_request(operation, call.args ? *call.args : kNone,
                                            parted ? random_hex(16, random_) : std::string()));
  WEFT_TRY(Credentials credentials, credentials_for(operation, request_, current.key_names));
  WEFT_TRY(const Url base, operation.server.empty() ? current.base : parse_url(operation.server));
  // What the operator gave is for the host that was named, not for one that the document names.
  if (document_url_ && !is_named(*document_url_, base)) credentials = Credentials();
  append(bound.query, "&", credentials.query);
  append(bound.cookies, "; ", credentials.cookies);
  std::string target = join_paths(base.path, bound.path);
  if (!bound.query.empty()) target += (target.contains('?') ? "&" : "?") + bound.query;
  wire::Headers configured = std::move(credentials.headers);
  credentials.headers.clear();
  for (const auto& [name, value] : bound.headers) credentials.headers.set(name, value);
  // What the operator configured wins over what a caller gave.
  for (const auto& [name, value] : configured) credentials.headers.set(name, value);
  WEFT_TRY(auto out,
           plain_request(base.with_target(target), std::move(credentials), call, deadline));
  out.method = bound.method;
  if (!out.headers.has("Accept"))
    out.headers.set("Accept", accept_of(operation, call.wants_stream()));
  if (!bound.content_type.empty()) out.headers.set("Content-Type", bound.content_type);
  if (!bound.cookies.empty()) {
    std::string cookies(out.headers.get("Cookie"));
    append(cookies, "; ", bound.cookies);
    out.headers.set("Cookie", cookies);
  }
  out.body = std::move(bound.body);
  if (bound.method == "GET" || bound.method == "HEAD") out.redirects_max = 5;
  return out;
}

std::unique_ptr<hub::EventStream> OpenApiService::reattach(std::shared_ptr<const model::Call> call,
                                                           model::Accepted accepted,
                                                           hub::CallContext context) {
  auto location = parse_url(accepted.upstream_task);
  if (!location) return nullptr;
  auto self = std::static_pointer_cast<OpenApiService>(shared_from_this());
  return hub::make_stream(context, [self, call, url = *std::move(location)](hub::Emitter& out) {
    return self->follow(call, url, Milliseconds(0), out);
  });
}

Awaitable<Result<model::Output>> OpenApiService::run(std::shared_ptr<const model::Call> call,
                                                     hub::Emitter& out) {
  std::vector<model::Loss> losses = losses_of_call(*call, {});
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  const auto current = current_.load();
  const auto found = current->catalog.operations.find(call->skill.str());
  if (found == current->catalog.operations.end()) {
    co_return fail(Reason::solution_not_found,
                   std::format("the document has no operation `{}` any more", call->skill.str()));
  }
  WEFT_CO_TRY(auto to_send, request_for(*current, found->second, *call, out.deadline()));
  const Url sent_to = to_send.origin.url;
  CancelToken cancel = out.cancelled();
  WEFT_CO_TRY(auto response, co_await clients_.at(out.executor()).send(std::move(to_send), cancel));
  if (!is_job(response->head())) co_return co_await read_answer(*response, out);
  auto location = sent_to.resolve(response->head().headers.get("Location"));
  if (!location || !same_origin(*location, sent_to)) {
    co_return fail(Reason::upstream_protocol, "the job's Location is not at the service itself");
  }
  const Milliseconds first = wait_of(response->head(), kPollFirst);
  response.reset();
  model::Event accepted{model::Accepted{.upstream_task = location->str(), .upstream_context = {}}};
  WEFT_CO_CHECK(co_await out.emit(std::move(accepted)));
  Url job = std::move(*location);
  co_return co_await follow(call, std::move(job), first, out);
}

Awaitable<Result<model::Output>> OpenApiService::follow(std::shared_ptr<const model::Call> call,
                                                        Url location, Milliseconds first,
                                                        hub::Emitter& out) {
  const auto current = current_.load();
  const auto found = current->catalog.operations.find(call->skill.str());
  Operation free;
  const Operation& operation = found == current->catalog.operations.end() ? free : found->second;
  WEFT_CO_TRY(const Credentials credentials,
              credentials_for(operation, request_, current->key_names));
  hub::Emitter* emitter = &out;
  OpenApiService* self = this;
  // The lambda is no coroutine: it only starts one.
  Get get = [self, emitter, call, credentials](Url url) {
    return send_get(self, emitter, call, credentials, std::move(url));
  };
  co_return co_await poll_job(std::move(location), first, out, std::move(get));
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> OpenApiService::send_get(
    OpenApiService* self, hub::Emitter* out, std::shared_ptr<const model::Call> call,
    Credentials credentials, Url url) {
  if (self->document_url_ && !is_named(*self->document_url_, url)) credentials = Credentials();
  if (!credentials.query.empty()) append(url.query, "&", credentials.query);
  const std::string cookies = credentials.cookies;
  WEFT_CO_TRY(auto to_send,
              self->plain_request(url, std::move(credentials), *call, out->deadline()));
  if (!cookies.empty()) to_send.headers.set("Cookie", cookies);
  to_send.headers.set("Accept", "application/json, */*;q=0.5");
  CancelToken cancel = out->cancelled();
  co_return co_await self->clients_.at(out->executor()).send(std::move(to_send), cancel);
}

Awaitable<Result<std::shared_ptr<const model::Solution>>> OpenApiService::refresh(
    hub::CallContext context) {
  if (!document_url_) co_return nullptr;
  WEFT_CO_TRY(const std::string text,
              co_await fetch_document(clients_, request_, *document_url_, context));
  WEFT_CO_TRY(const Document document, read_document(text));
  WEFT_CO_TRY(Catalog catalog, read_catalog(document, document_url_));
  const auto before = current_.load();
  catalog.solution.id = request_.id;
  if (model::to_json(catalog.solution) == model::to_json(before->catalog.solution))
    co_return nullptr;
  auto solution = std::make_shared<const model::Solution>(catalog.solution);
  current_.store(current_of(std::move(catalog)));
  co_return solution;
}

}  // namespace weft::adapters::openapi
