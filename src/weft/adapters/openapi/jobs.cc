// /api/jobs/ID: a job read, watched, answered and cancelled.
#include <charconv>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/server.h"
#include "weft/adapters/openapi/telling.h"

namespace weft::adapters::openapi {
namespace {

model::Shape shape_of(Environment& environment, const hub::TaskView& view) {
  const auto snapshot = environment.hub.registry().snapshot();
  const auto* entry = snapshot->find(view.solution.str());
  const auto* skill = entry ? entry->solution->skill(view.skill.str()) : nullptr;
  return skill ? skill->shape : model::Shape::invoke;
}

void respond_job(Environment& environment, net::Exchange& exchange, int status,
                 hub::TaskView view) {
  wire::Headers headers;
  if (status == 202) headers.set("Location", job_path(view.id));
  if (!view.end && !view.ask) headers.set("Retry-After", "1");
  json::value body(job_json(view, shape_of(environment, view)));
  (void)respond_json(exchange, status, body, std::move(headers));
}

/// Where a stream goes on: after the event that Last-Event-ID names.
std::int64_t resume_point(const wire::RequestHead& head) {
  const std::string_view text = head.headers.get("Last-Event-ID");
  std::int64_t seq = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seq);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && seq > 0 ? seq : 0;
}

Awaitable<> watch(Environment& environment, Request& request, hub::TaskView view) {
  net::Exchange& exchange = request.exchange;
  const std::int64_t after = resume_point(exchange.head());
  // From the first event on: what the caller has had already is not lost at the end.
  auto events = co_await environment.hub.tasks().subscribe(view.id, 0, request.principal,
                                                           exchange.executor());
  if (!events) {
    respond_problem(exchange, events.error());
    co_return;
  }
  wire::Headers headers;
  auto started = co_await start_sse(exchange, std::move(headers));
  if (!started) co_return;
  Telling telling(shape_of(environment, view), Telling::Ends::whole);
  SseWriter writer(exchange, kStreamKeepAlive);
  while (true) {
    auto next = co_await (*events)->next(exchange.gone());
    if (!next || !*next) break;
    const hub::TaskEvent& event = **next;
    if (event.seq <= after) {
      telling.skip(event.event);
      continue;
    }
    const RestEvent shown = telling.tell(event.event, view.id);
    if (shown.name.empty()) continue;
    const std::string data = json::write(shown.data);
    const std::string id = std::to_string(event.seq);
    auto sent = co_await writer.event(shown.name, data, id);
    if (!sent) co_return;
  }
  (void)co_await writer.finish();
}

Awaitable<Result<hub::TaskView>> answer(Environment& environment, Request& request,
                                        hub::TaskView view) {
  WEFT_CO_TRY(const json::value body, co_await read_json(request.exchange));
  if (!view.ask)
    co_return fail(Reason::not_cancelable, std::format("the job {} asks nothing", view.id.str()));
  WEFT_CO_TRY(auto answers, decode_input(*view.ask, body));
  model::Turn said;
  said.parts.push_back(model::Part::data(body));
  co_return co_await environment.hub.tasks().answer(view.id, std::move(answers), std::move(said),
                                                    request.principal);
}

}  // namespace

Awaitable<> serve_job(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  const std::string method = exchange.head().method;
  const bool input = request.rest.size() == 3 && request.rest[2] == "input";
  if (request.rest.size() > 2 && !input) {
    Error error = make_error(Reason::task_not_found, "a job has only /input below it");
    respond_problem(exchange, std::move(error));
    co_return;
  }
  auto view = co_await environment.hub.tasks().get(TaskId(request.rest[1]), request.principal);
  if (!view) {
    respond_problem(exchange, view.error());
    co_return;
  }
  if (!input && method == "GET") {
    if (wants_events(exchange.head())) {
      co_await watch(environment, request, std::move(*view));
    } else {
      respond_job(environment, exchange, 200, std::move(*view));
    }
    co_return;
  }
  Result<hub::TaskView> changed =
      fail(Reason::unsupported,
           std::format("{} is not served here: GET or DELETE a job, POST its /input", method));
  if (input && method == "POST") {
    changed = co_await answer(environment, request, std::move(*view));
  } else if (!input && method == "DELETE") {
    changed = co_await environment.hub.tasks().cancel(view->id, request.principal);
  }
  if (changed) {
    respond_job(environment, exchange, input ? 202 : 200, std::move(*changed));
  } else {
    respond_problem(exchange, changed.error());
  }
}

}  // namespace weft::adapters::openapi
