#include "weft/adapters/a2a/binding.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/extensions.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/own_card.h"
#include "weft/adapters/common/own_url.h"
#include "weft/adapters/common/reply.h"
#include "weft/base/url.h"
#include "weft/hub/names.h"
#include "weft/wire/media_type.h"
#include "weft/wire/sse.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kA2aJson = "application/a2a+json";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

json::object write_page(const Codec& codec, const TaskPage& page) {
  json::array tasks;
  for (const Task& task : page.tasks) tasks.push_back(codec.write(task));
  return {{"tasks", std::move(tasks)},
          {"nextPageToken", page.next_page_token},
          {"pageSize", page.page_size},
          {"totalSize", page.total}};
}

Fault push_refusal() {
  return {kPushNotSupported,
          "weft sends no push notifications; use SubscribeToTask, or GetTask from time to time"};
}

json::object extended_card(Environment& environment, const net::Exchange& exchange,
                           const Scope& scope, Version version) {
  const Shown shown{own_url(environment, exchange), environment.asks_for_keys()};
  const Card card =
      scope.entry ? solution_card(*scope.entry, shown) : hub_card(*scope.snapshot, shown, true);
  return write_card(card, version == Version::v10 ? CardShape::v10 : CardShape::v03);
}

struct ById {
  std::string id;
  std::optional<std::int64_t> history;
};

Result<ById> read_by_id(const json::object& params) {
  const Fields fields(params, "");
  ById out;
  WEFT_TRY(out.id, fields.needed_text("id"));
  WEFT_TRY(out.history, fields.integer("historyLength"));
  if (out.id.size() > kIdCharsMax) {
    return fail(Reason::task_not_found, "there is no such task");
  }
  return out;
}

Awaitable<> serve_card(Environment& environment, Request& request, Scope scope, Outlet outlet) {
  outlet.answer(
      json::value(extended_card(environment, request.exchange, scope, outlet.codec().version())));
  co_return;
}

Awaitable<> serve_send(Desk& desk, Request& request, Scope scope, Outlet outlet,
                       SendRequest message, std::size_t content) {
  Operations operations(desk, request, std::move(scope));
  const auto item = co_await operations.send(std::move(message), content);
  if (!item) co_return outlet.refuse(Fault(item.error()));
  outlet.answer(json::value(outlet.codec().write(*item)), operations.activated());
}

/// A hash of what a message says, whoever sends it and however it is to be answered.
std::size_t content_of(const json::object& params) {
  std::size_t out = 0;
  for (const std::string_view key : {"message", "request", "metadata"}) {
    if (const json::value* said = json::find(params, key))
      out = out * 31 + std::hash<json::value>()(*said);
  }
  return out;
}

/// A stream that was opened, or why not.
Awaitable<> pour(Outlet& outlet, Result<Feed> feed) {
  if (feed) {
    co_await outlet.pour(*std::move(feed));
  } else {
    outlet.refuse(Fault(feed.error()));
  }
}

Awaitable<> serve_stream(Desk& desk, Request& request, Scope scope, Outlet outlet,
                         SendRequest message, std::size_t content) {
  Operations operations(desk, request, std::move(scope));
  auto feed = co_await operations.stream(std::move(message), content);
  co_await pour(outlet, std::move(feed));
}

Awaitable<> serve_list(Desk& desk, Request& request, Scope scope, Outlet outlet,
                       ListRequest wanted) {
  Operations operations(desk, request, std::move(scope));
  const auto page = co_await operations.list(std::move(wanted));
  if (!page) co_return outlet.refuse(Fault(page.error()));
  outlet.answer(json::value(write_page(outlet.codec(), *page)));
}

Awaitable<> serve_task(Desk& desk, Request& request, Scope scope, Outlet outlet, Verb verb,
                       ById named) {
  Operations operations(desk, request, std::move(scope));
  if (verb == Verb::subscribe) {
    auto feed = co_await operations.subscribe(std::move(named.id));
    co_return co_await pour(outlet, std::move(feed));
  }
  Result<Task> task;
  if (verb == Verb::cancel) {
    task = co_await operations.cancel(std::move(named.id));
  } else {
    task = co_await operations.get(std::move(named.id), named.history);
  }
  if (!task) co_return outlet.refuse(Fault(task.error()));
  outlet.answer(json::value(outlet.codec().write(*task)));
}

}  // namespace

Awaitable<> refused(Outlet outlet, Fault fault) {
  outlet.refuse(std::move(fault));
  co_return;
}

Outlet::Outlet(net::Exchange& exchange, Version version, wire::JsonRpcId id)
    : exchange_(exchange), codec_(version), rest_(false), id_(std::move(id)) {}

Outlet::Outlet(net::Exchange& exchange, Version version)
    : exchange_(exchange), codec_(version), rest_(true) {}

std::string_view Outlet::rest_media_type() const {
  if (codec_.version() != Version::v10) return kJson;
  const wire::Headers& headers = exchange_.head().headers;
  const std::string sent = wire::media_type(headers.get("Content-Type"));
  if (!sent.empty()) return sent == kJson ? kJson : kA2aJson;
  const std::string accept = lower(headers.get("Accept"));
  return accept.find(kJson) != std::string::npos && accept.find(kA2aJson) == std::string::npos
             ? kJson
             : kA2aJson;
}

wire::Headers Outlet::headers(std::string_view type) const {
  wire::Headers out;
  out.add("Content-Type", std::string(type));
  out.add("A2A-Version", std::string(to_string(codec_.version())));
  return out;
}

std::string Outlet::frame(json::value result) const {
  return rest_ ? json::write(result) : wire::write_jsonrpc_result(id_, std::move(result));
}

std::string Outlet::frame(const Fault& fault) const {
  if (!rest_) return wire::write_jsonrpc_error(id_, to_jsonrpc(fault));
  if (codec_.version() == Version::v10) return json::write(to_rest(fault));
  const wire::JsonRpcError error = to_jsonrpc(fault);
  json::object body{{"code", error.code}, {"message", error.message}};
  if (error.data) body["data"] = *error.data;
  return json::write(body);
}

void Outlet::answer(json::value result, const std::vector<std::string>& extensions) {
  wire::ResponseHead head;
  head.headers = headers(rest_ ? rest_media_type() : kJson);
  name_extensions(head.headers, extensions, codec_.version());
  std::string body = frame(std::move(result));
  (void)exchange_.respond(std::move(head), body);
}

void Outlet::refuse(Fault fault) {
  wire::ResponseHead head;
  head.status = rest_ ? fault.row.http : jsonrpc_http_status(fault);
  head.headers = headers(rest_ ? rest_media_type() : kJson);
  add_error_headers(head.headers, fault.error);
  std::string body = frame(fault);
  (void)exchange_.respond(std::move(head), body);
}

Awaitable<> Outlet::pour(Feed feed) {
  wire::Headers extra;
  extra.add("A2A-Version", std::string(to_string(codec_.version())));
  const auto began = co_await start_sse(exchange_, std::move(extra));
  if (!began) co_return;
  SseWriter writer(exchange_, Milliseconds(kKeepAliveMs));
  const CancelToken gone = exchange_.gone();
  while (true) {
    auto items = co_await feed.next(gone);
    if (!items) {
      if (gone.cancelled()) co_return;
      const std::string text = frame(Fault(items.error()));
      const std::string_view name = rest_ ? "error" : "";
      (void)co_await writer.event(name, text, "");
      break;
    }
    if (items->empty()) break;
    for (const StreamItem& item : *items) {
      const std::string text = frame(json::value(codec_.write(item)));
      const auto sent = co_await writer.event("", text, "");
      if (!sent) co_return;
    }
  }
  (void)co_await writer.finish();
}

Named named_version(const wire::RequestHead& head) {
  std::string word(head.headers.get("A2A-Version"));
  if (word.empty()) {
    for (const auto& [key, value] : parse_query(head.query())) {
      if (lower(key) == "a2a-version") word = value;
    }
  }
  if (word.empty()) return {};
  if (word == "1.0" || word.starts_with("1.0.")) return {Version::v10, std::nullopt};
  if (word == "0.3" || word.starts_with("0.3.")) return {Version::v03, std::nullopt};
  return {std::nullopt,
          Fault(kVersionNotSupported,
                std::format("A2A version `{}` is not spoken here; 1.0 and 0.3 are", word))};
}

bool json_content(std::string_view content_type) {
  const std::string type = wire::media_type(content_type);
  return type == kJson || type == kA2aJson;
}

std::shared_ptr<const hub::Snapshot> seen_by(hub::Hub& hub, const model::Principal& principal) {
  auto all = hub.registry().snapshot();
  const auto hidden = [&](const std::shared_ptr<const hub::Entry>& entry) {
    return !hub.keys().may_call(principal, entry->solution->id.str());
  };
  if (principal.key_id.empty() || std::ranges::none_of(all->entries, hidden)) return all;
  auto seen = std::make_shared<hub::Snapshot>(*all);
  std::erase_if(seen->entries, hidden);
  seen->absent = nullptr;
  return seen;
}

Result<Scope> scope_of(Environment& environment, const model::Principal& principal,
                       std::string_view solution) {
  if (solution.empty()) return Scope{seen_by(environment.hub, principal), nullptr};
  Scope scope{environment.hub.registry().snapshot(), nullptr};
  scope.entry = scope.snapshot->find_shared(solution);
  const hub::Audience audience{environment.hub.keys(), principal};
  const bool allowed = audience.may_know(solution);
  if (!scope.entry && allowed)
    return fail(hub::missing_solution(*scope.snapshot, solution, &audience));
  if (!allowed) {
    return fail(
        Reason::solution_not_found,
        std::format("no solution `{}` has joined; `weft ls` lists those that have", solution));
  }
  return scope;
}

Awaitable<> serve(Desk& desk, Request& request, Scope scope, Outlet outlet, Verb verb,
                  json::object params) {
  const Codec codec = outlet.codec();
  switch (verb) {
    case Verb::card:
      return serve_card(desk.environment, request, std::move(scope), std::move(outlet));
    case Verb::push: return refused(std::move(outlet), push_refusal());
    case Verb::send:
    case Verb::stream: {
      auto message = codec.read_request(params);
      if (!message) return refused(std::move(outlet), Fault(message.error()));
      // A caller that asks for a webhook is told before anything is begun.
      if (message->push) return refused(std::move(outlet), push_refusal());
      message->activate = extensions_in(request.exchange.head().headers);
      const bool unique = Resent::unique(message->message.id);
      const std::size_t content = unique ? content_of(params) : 0;
      const auto go = verb == Verb::send ? serve_send : serve_stream;
      return go(desk, request, std::move(scope), std::move(outlet), *std::move(message), content);
    }
    case Verb::list: {
      auto wanted = codec.read_list(params);
      if (!wanted) return refused(std::move(outlet), Fault(wanted.error()));
      return serve_list(desk, request, std::move(scope), std::move(outlet), *std::move(wanted));
    }
    case Verb::get:
    case Verb::cancel:
    case Verb::subscribe: break;
  }
  auto named = read_by_id(params);
  if (!named) return refused(std::move(outlet), Fault(named.error()));
  return serve_task(desk, request, std::move(scope), std::move(outlet), verb, *std::move(named));
}

}  // namespace weft::adapters::a2a
