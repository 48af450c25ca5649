// The entry of this folder into the table of adapters, and how an MCP server is recognised and
// joined.
#include <format>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/client.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/http_link.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/server.h"
#include "weft/adapters/mcp/stdio_link.h"
#include "weft/adapters/mcp/watch.h"

namespace weft::adapters::mcp {

namespace {

constexpr Milliseconds kPumpsEndMs{4'000};

class McpProtocol final : public hub::Protocol {
 public:
  explicit McpProtocol(Environment& environment) : environment_(environment) {}
  ~McpProtocol() override { pumps_->stop(kPumpsEndMs); }
  std::string_view name() const override { return "mcp"; }
  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override;
  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override;

 private:
  Awaitable<hub::Finding> probe_at(hub::JoinRequest request, Url url, hub::CallContext context);
  Environment& environment_;
  std::shared_ptr<Pumps> pumps_ = std::make_shared<Pumps>();
};

constexpr double kConfidenceOfRefusal = 0.6;

std::string named(const Handshake& shake) {
  const std::string& name = shake.title.empty() ? shake.name : shake.title;
  return name.empty() ? std::string() : std::format(" \"{}\"", name);
}

Awaitable<hub::Finding> McpProtocol::probe_at(hub::JoinRequest request, Url url,
                                              hub::CallContext context) {
  hub::Finding finding;
  auto link = std::make_shared<HttpLink>(environment_.clients, request, url);
  auto shake = co_await link->probe(context);
  if (!shake && link->refused_as_mcp() && shake.error().reason == Reason::deadline) {
    // A busy server: what it said is enough to try it with a connection's longer patience.
    finding.spoken = true;
    finding.confidence = kConfidenceOfRefusal;
    finding.how =
        std::format("POST {} server/discover was refused as legacy MCP servers do", url.target());
    finding.url = url.str();
    co_return finding;
  }
  if (!shake) {
    finding.tried = std::format("POST {}: {}", url.target(), shake.error().message);
    co_return finding;
  }
  finding.spoken = true;
  finding.confidence = 1;
  const std::string_view how = shake->era == Era::modern ? "server/discover" : "initialize";
  finding.how = std::format("POST {} {} was answered by an MCP {} server{}", url.target(), how,
                            shake->version, named(*shake));
  finding.protocol_version = shake->version;
  finding.url = url.str();
  co_await link->close(context);
  co_return finding;
}

Awaitable<hub::Finding> McpProtocol::probe(hub::JoinRequest request, hub::CallContext context) {
  hub::Finding finding;
  if (!request.command.empty()) {
    finding.spoken = true;
    finding.confidence = 0.5;
    finding.how = "a command is taken for an MCP server on standard input and output";
    co_return finding;
  }
  auto url = parse_url(request.url);
  if (!url) {
    finding.tried = url.error().message;
    co_return finding;
  }
  const bool elsewhere = url->path.empty() || url->path == "/";
  hub::CallContext first = context;
  // What hangs at the root must not take the time of the usual place.
  const SteadyTime now = std::chrono::steady_clock::now();
  if (elsewhere) first.deadline = now + (context.deadline - now) / 2;
  finding = co_await probe_at(request, *url, first);
  if (finding.spoken || !elsewhere) co_return finding;
  const Url usual = url->with_target("/mcp");
  hub::Finding second = co_await probe_at(request, usual, context);
  if (!second.spoken) second.tried = finding.tried + "; " + second.tried;
  co_return second;
}

Awaitable<Result<hub::Joined>> McpProtocol::connect(hub::JoinRequest request, hub::Finding finding,
                                                    hub::CallContext context) {
  std::shared_ptr<Link> link;
  model::Solution base;
  base.id = request.id;
  if (request.command.empty()) {
    const std::string where = finding.url.empty() ? request.url : finding.url;
    auto url = parse_url(where);
    if (!url) co_return fail(url.error());
    base.url = url->str();
    link = std::make_shared<HttpLink>(environment_.clients, request, *url);
  } else {
    link = std::make_shared<StdioLink>(pumps_, context.executor, request);
  }
  auto shake = co_await link->connect(context);
  if (!shake) co_return fail(shake.error());
  auto client = std::make_shared<Client>(link);
  auto solution = co_await client->describe(std::move(base), context);
  if (!solution) co_return fail(solution.error());
  if (auto http = std::dynamic_pointer_cast<HttpLink>(link)) {
    watch(*pumps_, environment_.hub, client, http, context.executor);
  } else if (auto stdio = std::dynamic_pointer_cast<StdioLink>(link)) {
    watch(*pumps_, environment_.hub, client, stdio, context.executor);
  }
  hub::Joined joined{*std::move(solution), client};
  co_return joined;
}

void refuse(net::Exchange& exchange, const Error& error) {
  wire::ResponseHead head;
  head.status = http_status(error);
  head.headers.add("Content-Type", "application/json");
  add_error_headers(head.headers, error);
  std::string body = error_message(json::value(), rpc_error_of(error));
  (void)exchange.respond(std::move(head), body);
}

std::vector<Route> routes(Environment& environment) {
  auto server = Server::create(environment);
  Route route;
  route.prefix = "/mcp";
  route.handler = [server](Request& request) { return server->handle(request); };
  route.refuse = refuse;
  return {std::move(route)};
}

}  // namespace

Adapter adapter() {
  Adapter entry;
  entry.name = "mcp";
  entry.protocol = [](Environment& environment) -> std::unique_ptr<hub::Protocol> {
    return std::make_unique<McpProtocol>(environment);
  };
  entry.routes = routes;
  return entry;
}

}  // namespace weft::adapters::mcp
