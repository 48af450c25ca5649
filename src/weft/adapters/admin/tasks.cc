#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
#include "weft/adapters/admin/views.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {
namespace {

Awaitable<> list(Environment& environment, Request& request) {
  auto filter = read_filter(request.exchange.head().query());
  if (!filter) co_return answer_error(request.exchange, filter.error());
  auto page = co_await environment.hub.tasks().list(*std::move(filter), request.principal);
  if (!page) co_return answer_error(request.exchange, page.error());
  json::array tasks;
  for (const auto& view : page->tasks) tasks.push_back(describe(view));
  json::object body;
  body["tasks"] = std::move(tasks);
  body["total"] = page->total;
  body["next_page_token"] = page->next_page_token;
  answer(request.exchange, 200, std::move(body));
}

Awaitable<> events(Environment& environment, Request& request, TaskId id) {
  const auto& head = request.exchange.head();
  const std::int64_t after = read_after(head.headers.get("Last-Event-ID"), head.query());
  auto subscribed = co_await environment.hub.tasks().subscribe(id, after, request.principal,
                                                               request.exchange.executor());
  if (!subscribed) co_return answer_error(request.exchange, subscribed.error());
  wire::Headers headers;
  if (!co_await start_sse(request.exchange, std::move(headers))) co_return;
  SseWriter writer(request.exchange, Milliseconds(15'000));
  while (true) {
    auto next = co_await (*subscribed)->next(request.exchange.gone());
    if (!next || !*next) break;
    const std::string data = json::write(model::to_json((*next)->event));
    const std::string seq = std::format("{}", (*next)->seq);
    if (!co_await writer.event(kind_of((*next)->event), data, seq)) co_return;
  }
  (void)co_await writer.finish();
}

Awaitable<Result<hub::TaskView>> act(Environment& environment, Request& request, TaskId id,
                                     std::string verb) {
  if (verb == "cancel") co_return co_await environment.hub.tasks().cancel(id, request.principal);
  WEFT_CO_TRY(json::object body, co_await read_object(request.exchange));
  WEFT_CO_TRY(hub::TaskView view, co_await environment.hub.tasks().get(id, request.principal));
  if (!view.ask) {
    co_return fail(Reason::unsupported, std::format("task {} asks nothing; it is {}", id.str(),
                                                    model::to_string(view.state)));
  }
  WEFT_CO_TRY(model::Answers answers, read_answers(body, *view.ask));
  model::Turn said;
  said.role = model::Role::user;
  co_return co_await environment.hub.tasks().answer(id, std::move(answers), std::move(said),
                                                    request.principal);
}

}  // namespace

Awaitable<> handle_tasks(Environment& environment, Request& request) {
  const std::string& method = request.exchange.head().method;
  if (request.rest.empty()) {
    if (method == "GET") co_return co_await list(environment, request);
    co_return answer_error(request.exchange, wrong_method(request, "GET"));
  }
  TaskId id(request.rest.front());
  if (request.rest.size() == 1 && method == "GET") {
    auto view = co_await environment.hub.tasks().get(id, request.principal);
    if (!view) co_return answer_error(request.exchange, view.error());
    co_return answer(request.exchange, 200, describe(*view));
  }
  const std::string verb = request.rest.size() == 2 ? request.rest[1] : std::string();
  if (verb == "events" && method == "GET")
    co_return co_await events(environment, request, std::move(id));
  if ((verb == "cancel" || verb == "answer") && method == "POST") {
    auto view = co_await act(environment, request, std::move(id), verb);
    if (!view) co_return answer_error(request.exchange, view.error());
    co_return answer(request.exchange, 200, describe(*view));
  }
  answer_error(request.exchange,
               wrong_method(request,
                            "GET tasks/ID, GET tasks/ID/events, POST tasks/ID/cancel and "
                            "POST tasks/ID/answer"));
}

}  // namespace weft::adapters::admin
