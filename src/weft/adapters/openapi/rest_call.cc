// POST /api/SOLUTION/SKILL: unary, as events, or as a job.
#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/server.h"
#include "weft/adapters/openapi/telling.h"
#include "weft/hub/producer.h"

namespace weft::adapters::openapi {
namespace {

/// One request on its way.
struct RestCall {
  Environment& environment;
  net::Exchange& exchange;
  model::Call call;
  model::Shape shape = model::Shape::invoke;
};

Result<hub::SkillRef> find_skill(Environment& environment, const Request& request) {
  const std::string& solution = request.rest[0];
  std::string skill = request.rest[1];
  for (std::size_t i = 2; i < request.rest.size(); ++i) skill += "/" + request.rest[i];
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), request.principal};
  WEFT_TRY(auto found, hub::find_skill(*snapshot, solution, skill, &audience));
  // What is wrong with the arguments would tell of the skill.
  if (!audience.may_know(solution)) return fail(hub::may_not_call(request.principal, solution));
  return found;
}

/// Arguments that steer the call of a model rather than fill it.
void steer(model::Call& call, const json::object& args) {
  call.model = json::string_at(args, "model");
  call.gen.max_tokens = json::int_at(args, "max_tokens");
  call.gen.temperature = json::number_at(args, "temperature");
}

Awaitable<Result<hub::TaskView>> park(RestCall& rest, std::unique_ptr<hub::EventStream> stream,
                                      model::Ask ask) {
  auto call = std::make_shared<const model::Call>(rest.call);
  json::object meta{{"door", "openapi"}};
  co_return co_await rest.environment.hub.tasks().park(std::move(call), std::move(stream),
                                                       std::move(ask), std::move(meta));
}

/// Whether someone must be let in elsewhere before the call goes on.
bool needs_login(const model::Ask& ask) {
  return std::ranges::any_of(ask.items, [](const auto& entry) {
    const auto kind = entry.second.kind;
    return kind == model::Ask::Kind::login || kind == model::Ask::Kind::url;
  });
}

/// A question that this connection cannot wait for: 409, or 403 where a login is needed, and the
/// job that waits. (401 would say that the key for weft is wrong.)
void respond_question(net::Exchange& exchange, hub::TaskView view, model::Ask ask) {
  std::string message;
  for (const auto& [key, item] : ask.items) message += (message.empty() ? "" : "\n") + item.message;
  const bool login = needs_login(ask);
  const int status = login ? 403 : 409;
  json::object body{{"type", kQuestionType},
                    {"title", login ? "The skill needs a login" : "The skill asks back"},
                    {"status", status},
                    {"detail", message},
                    {"question", question_json(ask)},
                    {"job", job_path(view.id)},
                    {"input", job_path(view.id) + "/input"}};
  wire::Headers headers;
  headers.set("Content-Type", "application/problem+json");
  headers.set("Location", job_path(view.id));
  json::value document(std::move(body));
  (void)respond_json(exchange, status, document, std::move(headers));
}

Awaitable<> respond_unary(RestCall rest, std::unique_ptr<hub::EventStream> stream) {
  auto folded = co_await hub::fold_stream(*stream, kAnswerBytesMax, rest.call.solution.str());
  if (folded.ask) {
    auto view = co_await park(rest, std::move(stream), *folded.ask);
    if (view) {
      respond_question(rest.exchange, std::move(*view), std::move(*folded.ask));
    } else {
      respond_problem(rest.exchange, view.error());
    }
    co_return;
  }
  if (!folded.end.outcome) {
    respond_problem(rest.exchange, folded.end.outcome.error());
    co_return;
  }
  const model::Output& output = *folded.end.outcome;
  std::vector<model::Loss> losses = std::move(folded.end.losses);
  json::value body = encode_output(output, rest.shape, losses);
  note_facts(output, rest.shape, losses);
  wire::Headers headers;
  headers.set(kFormHeader, form_of(output, rest.shape));
  if (output.usage) headers.set(kUsageHeader, usage_header(*output.usage));
  (void)respond_json(rest.exchange, 200, body, std::move(headers), losses);
}

/// False when the caller is gone.
Awaitable<bool> put(SseWriter& writer, RestEvent shown) {
  if (shown.name.empty()) co_return true;
  const std::string data = json::write(shown.data);
  const auto sent = co_await writer.event(shown.name, data, "");
  co_return sent.has_value();
}

/// Events until the end, or until a question: then the stream says where it waits, and is over.
Awaitable<> respond_events(RestCall rest, std::unique_ptr<hub::EventStream> stream) {
  model::Event event = co_await stream->next();
  if (const auto* end = std::get_if<model::End>(&event.body); end && !end->outcome) {
    respond_problem(rest.exchange, end->outcome.error());
    co_return;
  }
  wire::Headers headers;
  headers.set(kFormHeader, "events");
  auto started = co_await start_sse(rest.exchange, std::move(headers));
  if (!started) co_return;
  SseWriter writer(rest.exchange, kStreamKeepAlive);
  Telling telling(rest.shape, Telling::Ends::bare);
  while (!event.is_end() && !std::holds_alternative<model::Ask>(event.body)) {
    if (!co_await put(writer, telling.tell(event, TaskId()))) co_return;
    event = co_await stream->next();
  }
  TaskId job;
  if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
    auto view = co_await park(rest, std::move(stream), *ask);
    if (view) {
      job = view->id;
    } else {
      event = model::end_with(view.error());
    }
  }
  if (!co_await put(writer, telling.tell(event, job))) co_return;
  (void)co_await writer.finish();
}

/// Bad arguments are refused before there is a job.
Result<void> check_arguments(const hub::SkillRef& ref, const model::Call& call) {
  if (ref.skill->shape != model::Shape::invoke || !ref.skill->input_schema) return {};
  WEFT_TRY(const Schema* schema, ref.entry->input_schema(*ref.skill));
  return schema ? schema->require(*call.args) : Result<void>();
}

Awaitable<> respond_job(RestCall rest) {
  json::object meta{{"door", "openapi"}};
  auto view = co_await rest.environment.hub.tasks().start(
      std::move(rest.call), rest.exchange.executor(), std::move(meta));
  if (!view) {
    respond_problem(rest.exchange, view.error());
    co_return;
  }
  wire::Headers headers;
  headers.set("Location", job_path(view->id));
  headers.set("Preference-Applied", "respond-async");
  json::value body(job_json(*view, rest.shape));
  (void)respond_json(rest.exchange, 202, body, std::move(headers));
}

Result<RestCall> make_call(Environment& environment, Request& request, const hub::SkillRef& ref,
                           json::value args) {
  const auto* object = args.if_object();
  if (!object) {
    return fail(Reason::invalid_argument,
                std::format("the body must be an object, got {}", json::type_name(args)));
  }
  RestCall rest{.environment = environment,
                .exchange = request.exchange,
                .call = begin_call(environment.hub, request)};
  rest.shape = ref.skill->shape;
  rest.call.solution = ref.entry->solution->id;
  rest.call.skill = ref.skill->id;
  if (rest.shape == model::Shape::converse) steer(rest.call, *object);
  rest.call.args = std::move(args);
  return rest;
}

}  // namespace

Awaitable<> serve_call(Environment& environment, Request& request) {
  net::Exchange& exchange = request.exchange;
  auto ref = find_skill(environment, request);
  if (ref && exchange.head().method != "POST") {
    ref = fail(Reason::unsupported,
               std::format("a skill is called with POST, not {}", exchange.head().method));
  }
  if (!ref) {
    respond_problem(exchange, ref.error());
    co_return;
  }
  auto body = co_await read_json(exchange);
  auto rest = body ? make_call(environment, request, *ref, std::move(*body))
                   : std::unexpected(body.error());
  if (!rest) {
    respond_problem(exchange, rest.error());
    co_return;
  }
  if (exchange.head().headers.has_token("Prefer", "respond-async")) {
    rest->call.reply = model::Reply::task;
    auto fits = check_arguments(*ref, rest->call);
    if (!fits) {
      respond_problem(exchange, fits.error());
      co_return;
    }
    co_await respond_job(std::move(*rest));
    co_return;
  }
  const bool events = wants_events(exchange.head());
  rest->call.reply = events ? model::Reply::stream : model::Reply::unary;
  const auto context = environment.hub.context(exchange.executor(), exchange.gone(), rest->call);
  auto stream = environment.hub.call(rest->call, context);
  if (events) {
    co_await respond_events(std::move(*rest), std::move(stream));
  } else {
    co_await respond_unary(std::move(*rest), std::move(stream));
  }
}

}  // namespace weft::adapters::openapi
