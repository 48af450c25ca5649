#include "weft/adapters/openai/client.h"

#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openai/answer.h"
#include "weft/adapters/openai/chunk.h"
#include "weft/adapters/openai/codec.h"
#include "weft/adapters/openai/embedding.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/models.h"
#include "weft/wire/sse.h"

namespace weft::adapters::openai {
namespace {

bool is_event_stream(const wire::ResponseHead& head) {
  return head.headers.get("Content-Type").starts_with("text/event-stream");
}

/// The model a call names: its own, or `model` among its arguments.
std::string asked_model(const model::Call& call) {
  if (!call.model.empty() || !call.args || !call.args->is_object()) return call.model;
  return std::string(json::string_at(call.args->get_object(), "model"));
}

model::Skill chat_skill(const OpenAiService::Models& models) {
  model::Skill skill;
  skill.id = SkillId("chat");
  skill.title = "Chat";
  skill.description = models.empty()
                          ? "Talk with a language model."
                          : std::format("Talk with the language model {}.", models.front());
  skill.shape = model::Shape::converse;
  skill.media_in = {"text/plain", "image/*", "audio/*"};
  skill.media_out = {"text/plain"};
  skill.effects.read_only = true;
  return skill;
}

model::Skill embed_skill() {
  model::Skill skill;
  skill.id = SkillId("embed");
  skill.title = "Embed";
  skill.description =
      "Turns texts into vectors: {input: a text or several} gives {embeddings: [[…]]}.";
  skill.shape = model::Shape::embed;
  skill.effects.read_only = true;
  skill.effects.idempotent = true;
  return skill;
}

}  // namespace

Awaitable<ErrorAnswer> read_error(net::ClientResponse& response) {
  std::string body;
  while (body.size() < kErrorBodyBytesMax) {
    auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    body += piece->substr(0, kErrorBodyBytesMax - body.size());
  }
  const auto& head = response.head();
  co_return read_error_answer(head.status, head.headers, body);
}

OpenAiService::OpenAiService(net::HttpClients& clients, hub::JoinRequest request, Url base,
                             Models models)
    : clients_(clients),
      request_(std::move(request)),
      base_(std::move(base)),
      models_(std::make_shared<const Models>(std::move(models))) {}

model::Solution OpenAiService::describe(const Url& base, const Models& models, bool embeds) {
  model::Solution solution;
  solution.title = base.authority();
  solution.description = std::format("An OpenAI-compatible server with {} model{}.", models.size(),
                                     models.size() == 1 ? "" : "s");
  solution.kind = model::Kind::model;
  solution.protocol = "openai";
  solution.protocol_version = "v1";
  solution.url = base.str();
  solution.skills.push_back(chat_skill(models));
  if (embeds) solution.skills.push_back(embed_skill());
  solution.caps.stream = true;
  solution.caps.multi_turn = true;
  json::array names;
  for (const auto& name : models) names.emplace_back(name);
  solution.raw["models"] = std::move(names);
  return solution;
}

Result<std::string> OpenAiService::model_for(std::string_view asked) const {
  if (!asked.empty()) return std::string(asked);
  const auto models = models_.load();
  if (models->empty()) {
    return fail(make_argument_error(
        "/model", "the server lists no models: name one as model/SOLUTION/MODEL"));
  }
  return models->front();
}

Result<net::ClientRequest> OpenAiService::request(std::string_view method, std::string_view path,
                                                  const hub::CallContext& context) const {
  std::string target = base_.path;
  target += base_.path.ends_with('/') ? path.substr(1) : path;
  const Url url = base_.with_target(target);
  return solution_request(request_, method, url, context);
}

Awaitable<Result<model::Output>> OpenAiService::run(std::shared_ptr<const model::Call> call,
                                                    hub::Emitter& out) {
  return call->skill.str() == "embed" ? embed(std::move(call), out) : chat(std::move(call), out);
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> OpenAiService::post(
    std::string path, json::object body, std::shared_ptr<const model::Call> call,
    hub::Emitter& out) {
  const hub::CallContext context{out.executor(), out.deadline(), out.cancelled()};
  WEFT_CO_TRY(auto to_send, request("POST", path, context));
  to_send.headers.set("Content-Type", "application/json");
  if (!call->trace.parent.empty()) to_send.headers.set("traceparent", call->trace.parent);
  if (!call->trace.state.empty()) to_send.headers.set("tracestate", call->trace.state);
  to_send.headers.set("Weft-Depth", std::to_string(call->depth + 1));
  to_send.body = json::write(body);
  if (call->wants_stream()) to_send.idle_timeout = silence_until(out.deadline());
  CancelToken cancel = out.cancelled();
  WEFT_CO_TRY(auto response, co_await client(out.executor()).send(std::move(to_send), cancel));
  if (response->head().status / 100 == 2) co_return std::move(response);
  ErrorAnswer answer = co_await read_error(*response);
  co_return fail(std::move(answer.error));
}

Awaitable<Result<model::Output>> OpenAiService::chat(std::shared_ptr<const model::Call> call,
                                                     hub::Emitter& out) {
  WEFT_CO_TRY(const std::string model, model_for(asked_model(*call)));
  std::vector<model::Loss> losses;
  json::object body = encode_chat_request(*call, model, call->wants_stream(), losses);
  for (auto& loss : losses) out.lose(std::move(loss));
  std::string path = "/chat/completions";
  WEFT_CO_TRY(auto response, co_await post(std::move(path), std::move(body), call, out));
  if (is_event_stream(response->head())) co_return co_await read_stream(*response, out);
  WEFT_CO_TRY(const std::string text, co_await response->read_all(kAnswerBytesMax));
  co_return decode_completion(text);
}

Awaitable<Result<model::Output>> OpenAiService::read_stream(net::ClientResponse& response,
                                                            hub::Emitter& out) {
  wire::SseReader sse(kStreamEventBytesMax);
  ChunkReader chunks;
  while (!chunks.done()) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) break;
    // What was whole before it broke the format counts, however the bytes came together.
    const auto fed = sse.feed(piece);
    while (auto event = sse.next()) {
      WEFT_CO_TRY(auto events, chunks.read(event->data));
      for (auto& e : events) WEFT_CO_CHECK(co_await out.emit(std::move(e)));
      if (chunks.done()) break;
    }
    if (!chunks.done()) WEFT_CO_CHECK(fed);
  }
  if (!chunks.whole()) {
    co_return fail(Reason::upstream_protocol, "the answer's stream broke off before its end");
  }
  co_return chunks.take();
}

Awaitable<Result<model::Output>> OpenAiService::embed(std::shared_ptr<const model::Call> call,
                                                      hub::Emitter& out) {
  WEFT_CO_TRY(const std::string model, model_for(asked_model(*call)));
  WEFT_CO_TRY(json::object body, encode_embedding_request(*call, model));
  std::string path = "/embeddings";
  WEFT_CO_TRY(auto response, co_await post(std::move(path), std::move(body), call, out));
  WEFT_CO_TRY(const std::string text, co_await response->read_all(kAnswerBytesMax));
  co_return decode_embeddings(text);
}

Awaitable<Result<std::shared_ptr<const model::Solution>>> OpenAiService::refresh(
    hub::CallContext context) {
  WEFT_CO_TRY(auto listed, request("GET", "/models", context));
  HttpClientRef http{client(context.executor)};
  WEFT_CO_TRY(auto now, co_await fetch_models(http, std::move(listed), context.cancel));
  if (now == *models_.load()) co_return nullptr;
  auto solution = std::make_shared<model::Solution>(describe(base_, now, embeds_));
  solution->id = request_.id;
  models_.store(std::make_shared<const Models>(std::move(now)));
  co_return std::shared_ptr<const model::Solution>(std::move(solution));
}

}  // namespace weft::adapters::openai
