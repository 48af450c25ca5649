// POST /admin/v1/call: one call, its canonical events as an SSE stream. A question parks the call
// as a task.
#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
#include "weft/adapters/admin/views.h"
#include "weft/model/codec.h"

namespace weft::adapters::admin {
namespace {

Result<model::Call> read_call(Environment& environment, const Request& request,
                              const json::object& body) {
  WEFT_CHECK(check_members(body, {"solution", "skill", "args", "text"}));
  model::Call call = begin_call(environment.hub, request);
  const auto snapshot = environment.hub.registry().snapshot();
  WEFT_TRY(hub::SkillRef ref, hub::find_skill(*snapshot, json::string_at(body, "solution"),
                                              json::string_at(body, "skill")));
  call.solution = ref.entry->solution->id;
  call.skill = ref.skill->id;
  call.reply = model::Reply::stream;
  if (const auto* args = json::find(body, "args")) call.args = *args;
  if (const std::string_view text = json::string_at(body, "text"); !text.empty()) {
    model::Turn turn;
    turn.role = model::Role::user;
    turn.parts.push_back(model::Part::text(std::string(text)));
    call.turns.push_back(std::move(turn));
  }
  return call;
}

Awaitable<> pump(Environment& environment, Request& request,
                 std::shared_ptr<const model::Call> call,
                 std::unique_ptr<hub::EventStream> stream) {
  wire::Headers headers;
  if (!co_await start_sse(request.exchange, std::move(headers))) co_return;
  SseWriter writer(request.exchange, Milliseconds(15'000));
  while (true) {
    model::Event event = co_await stream->next();
    const std::string data = json::write(model::to_json(event));
    if (!co_await writer.event(kind_of(event), data, "")) co_return;
    if (event.is_end()) break;
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      json::object meta;
      auto parked =
          co_await environment.hub.tasks().park(call, std::move(stream), *ask, std::move(meta));
      // A question that cannot be kept is the end of the call.
      const std::string text =
          json::write(parked ? describe(*parked) : model::to_json(model::end_with(parked.error())));
      (void)co_await writer.event(parked ? "parked" : "end", text, "");
      break;
    }
  }
  (void)co_await writer.finish();
}

}  // namespace

Awaitable<> handle_call(Environment& environment, Request& request) {
  if (request.exchange.head().method != "POST") {
    co_return answer_error(request.exchange, wrong_method(request, "POST"));
  }
  auto body = co_await read_object(request.exchange);
  if (!body) co_return answer_error(request.exchange, body.error());
  auto call = read_call(environment, request, *body);
  if (!call) co_return answer_error(request.exchange, call.error());
  auto kept = std::make_shared<const model::Call>(*call);
  auto context =
      environment.hub.context(request.exchange.executor(), request.exchange.gone(), *kept);
  auto stream = environment.hub.call(*std::move(call), std::move(context));
  co_await pump(environment, request, std::move(kept), std::move(stream));
}

}  // namespace weft::adapters::admin
