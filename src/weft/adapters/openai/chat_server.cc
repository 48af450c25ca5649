// /v1/chat/completions through the model: decode, call, and the events back as a completion or its
// chunks.
#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/reply.h"
#include "weft/adapters/openai/chunk.h"
#include "weft/adapters/openai/codec.h"
#include "weft/adapters/openai/contexts.h"
#include "weft/adapters/openai/conversation.h"
#include "weft/adapters/openai/embedding.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/parking.h"
#include "weft/adapters/openai/server.h"
#include "weft/adapters/openai/trail.h"
#include "weft/hub/producer.h"
#include "weft/model/fold.h"

namespace weft::adapters::openai {
namespace {

/// One request on its way.
struct Chat {
  Environment& environment;
  net::Exchange& exchange;
  ChatRequest request;
  Continuation continuation;
  /// Shared with the stream once it began.
  std::shared_ptr<model::Call> call;
  CompletionHead head;
  bool as_json = false;
  std::vector<model::Loss> losses;
};

wire::Headers chat_headers(const Chat& chat) {
  wire::Headers headers;
  headers.set("x-request-id", chat.call->id.str());
  return headers;
}

void fill_call(Chat& chat, hub::ModelRef& target) {
  model::Call& decoded = chat.request.call;
  model::Call& call = *chat.call;
  call.solution = target.ref.entry->solution->id;
  call.skill = target.ref.skill->id;
  call.model = std::move(target.upstream_model);
  call.reply = chat.request.stream ? model::Reply::stream : model::Reply::unary;
  call.context = ContextId(chat.request.context);
  call.turns = std::move(decoded.turns);
  call.tools = std::move(decoded.tools);
  call.tool_choice = std::move(decoded.tool_choice);
  call.parallel_tools = decoded.parallel_tools;
  call.gen = std::move(decoded.gen);
  call.meta = std::move(decoded.meta);
  chat.as_json = call.gen.format == "json" || call.gen.format == "schema";
}

void respond_output(Chat& chat, const model::Output& output) {
  json::value body(encode_completion(output, chat.head, chat.as_json));
  wire::Headers headers = chat_headers(chat);
  std::vector<model::Loss> losses = std::move(chat.losses);
  add_losses(losses, losses_of_answer(output, chat.as_json));
  (void)respond_json(chat.exchange, 200, body, std::move(headers), losses);
}

void respond_failure(Chat& chat, Error error) {
  // Before it is told: it may be tried again at once.
  chat.continuation.put_back();
  respond_error(chat.exchange, std::move(error), chat.call->id.str());
}

Awaitable<> respond_unary(Chat& chat, Source& source) {
  model::Fold fold(kAnswerBytesMax, chat.call->solution.str());
  TextTrail trail;
  while (!fold.ended()) {
    model::Event event = co_await source.next();
    if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
      model::Turn question = question_turn(*ask, *chat.call);
      model::Output output;
      output.turns.push_back(question);
      const bool tool = std::holds_alternative<model::ToolCall>(question.parts.front().body);
      if (tool) output.finish = model::Finish::tool_calls;
      if (!tool && !trail.said().empty()) {
        auto& text = std::get<model::Text>(output.turns.front().parts.front().body).text;
        text = std::format("{}\n{}", trail.said(), text);
      }
      auto parked = co_await source.park(*chat.call, chat.head.model, output.turns.front(), *ask);
      if (parked) {
        chat.continuation.parked();
        respond_output(chat, output);
      } else {
        respond_failure(chat, parked.error());
      }
      co_return;
    }
    trail.add(event);
    auto added = fold.add(std::move(event));
    if (!added) {
      source.cancel(added.error());
      respond_failure(chat, added.error());
      co_return;
    }
  }
  model::End end = fold.take();
  add_losses(chat.losses, std::move(end.losses));
  if (end.outcome) {
    // Before it is told: the next turn may follow at once.
    const model::Output& output = *end.outcome;
    chat.continuation.answered(*chat.call,
                               replayed_turn(content_text(output, chat.as_json), output));
    respond_output(chat, output);
  } else {
    respond_failure(chat, end.outcome.error());
  }
}

/// A streamed answer. Its head goes out with the first event, so that what fails at once fails with
/// a status.
class Streaming {
 public:
  Streaming(Chat& chat, Source& source)
      : chat_(chat),
        source_(source),
        writer_(chat.head, chat.request.include_usage, chat.as_json),
        fold_(kAnswerBytesMax, chat.call->solution.str()) {}

  Awaitable<> run() {
    while (true) {
      model::Event event = co_await source_.next();
      auto added = fold_.add(event);
      if (!added) {
        source_.cancel(added.error());
        co_await fail(added.error());
        co_return;
      }
      if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
        co_await question(*ask);
        co_return;
      }
      if (event.is_end()) break;
      trail_.add(event);
      std::string out;
      writer_.add(event, out);
      auto sent = co_await send(std::move(out));
      if (!sent) {
        source_.cancel(sent.error());
        co_return;
      }
    }
    model::End end = fold_.take();
    add_losses(chat_.losses, std::move(end.losses));
    if (!end.outcome) {
      co_await fail(end.outcome.error());
      co_return;
    }
    co_await finish(*end.outcome);
  }

 private:
  Awaitable<Result<void>> send(std::string text) {
    if (!sse_) {
      wire::Headers headers = chat_headers(chat_);
      if (!chat_.losses.empty()) headers.set("Weft-Loss", model::summary(chat_.losses));
      losses_told_ = chat_.losses.size();
      WEFT_CO_CHECK(co_await start_sse(chat_.exchange, std::move(headers)));
      sse_.emplace(chat_.exchange, kStreamKeepAlive);
    }
    if (text.empty()) co_return Result<void>();
    co_return co_await sse_->raw(text);
  }

  Awaitable<> finish(const model::Output& output) {
    std::string end;
    add_losses(chat_.losses, losses_of_answer(output, chat_.as_json));
    if (!writer_.end(output, end)) {
      chat_.losses.push_back(
          {"/choices/0/message/content", "answer", "stream", model::LossKind::reordered, ""});
    }
    std::string out;
    if (sse_ && chat_.losses.size() > losses_told_) {
      out = std::format(": weft-loss {}\n\n", model::summary(chat_.losses));
    }
    out += end;
    chat_.continuation.answered(*chat_.call, replayed_turn(writer_.content(), output));
    auto sent = co_await send(std::move(out));
    if (sent) (void)co_await sse_->finish();
  }

  Awaitable<> question(const model::Ask& ask) {
    model::Turn turn = question_turn(ask, *chat_.call);
    model::Turn said = turn;
    const bool tool = std::holds_alternative<model::ToolCall>(turn.parts.front().body);
    if (!trail_.said().empty()) {
      if (tool) {
        said.parts.insert(said.parts.begin(), model::Part::text(trail_.said()));
      } else {
        auto& text = std::get<model::Text>(said.parts.front().body).text;
        text = std::format("{}\n{}", trail_.said(), text);
      }
    }
    auto parked = co_await source_.park(*chat_.call, chat_.head.model, said, ask);
    if (!parked) {
      co_await fail(parked.error());
      co_return;
    }
    chat_.continuation.parked();
    std::string out;
    writer_.ask(turn, out);
    auto sent = co_await send(std::move(out));
    if (sent) (void)co_await sse_->finish();
  }

  Awaitable<> fail(Error error) {
    if (!sse_) {
      respond_failure(chat_, std::move(error));
      co_return;
    }
    chat_.continuation.put_back();
    std::string out;
    writer_.fail(error, out);
    auto sent = co_await send(std::move(out));
    if (sent) (void)co_await sse_->finish();
  }

  Chat& chat_;
  Source& source_;
  ChunkWriter writer_;
  TextTrail trail_;
  model::Fold fold_;
  std::optional<SseWriter> sse_;
  std::size_t losses_told_ = 0;
};

/// A text of weft's own in place of an answer: which skill is meant, what was not understood.
Awaitable<> respond_words(Chat& chat, model::Turn turn) {
  model::Output output;
  const bool tool = std::holds_alternative<model::ToolCall>(turn.parts.back().body);
  if (tool) output.finish = model::Finish::tool_calls;
  output.turns.push_back(std::move(turn));
  if (!chat.request.stream) {
    respond_output(chat, output);
    co_return;
  }
  std::string out;
  ChunkWriter writer(chat.head, chat.request.include_usage, false);
  writer.end(output, out);
  wire::Headers headers = chat_headers(chat);
  auto started = co_await start_sse(chat.exchange, std::move(headers));
  if (!started) co_return;
  auto written = co_await chat.exchange.write(out);
  if (written) (void)co_await chat.exchange.finish();
}

model::Turn which_skill(const hub::Entry& entry) {
  std::string text =
      std::format("`{}` has several skills. Name one as the model:", entry.solution->id.str());
  for (const auto& skill : entry.solution->skills) {
    text += std::format("\n- tool/{}/{}", entry.solution->id.str(), skill.id.str());
    if (!skill.description.empty())
      text += ": " + skill.description.substr(0, skill.description.find('\n'));
  }
  model::Turn turn{.role = model::Role::assistant};
  turn.parts.push_back(model::Part::text(std::move(text)));
  return turn;
}

/// Whether a name means this skill: its own, or as a tool of one solution or of all.
bool is_called(const model::Solution& solution, const model::Skill& skill, std::string_view name) {
  const std::string& id = skill.id.str();
  return name == id || name == hub::tool_name(id) || name == hub::tool_name(solution.id.str(), id);
}

/// Of a solution that has several skills, a forced choice of tool names the one that is meant; it
/// is then no tool of the caller's own.
void take_forced_choice(Chat& chat, hub::ModelRef& target) {
  model::Call& call = chat.request.call;
  if (target.ref.skill || call.tool_choice.empty()) return;
  const model::Solution& solution = *target.ref.entry->solution;
  for (const auto& skill : solution.skills) {
    if (!is_called(solution, skill, call.tool_choice)) continue;
    target.ref.skill = &skill;
    std::erase_if(call.tools, [&](const auto& tool) { return tool.name == call.tool_choice; });
    call.tool_choice.clear();
    return;
  }
}

/// A caller that named no context goes on in the one of the words that it replays.
void take_context(Chat& chat, const hub::ModelRef& target) {
  if (!chat.call->context.empty() || target.ref.skill->shape != model::Shape::converse) return;
  chat.call->context = chat.continuation.begin(*chat.call, chat.environment.hub.random());
}

Awaitable<> run(Chat& chat, Source& source) {
  if (chat.request.stream) {
    Streaming streaming(chat, source);
    co_await streaming.run();
  } else {
    co_await respond_unary(chat, source);
  }
  co_await source.close();
}

/// An answer of embeddings has no place for a question.
Error cannot_ask(const model::Ask& ask, std::string_view solution, std::string_view skill) {
  const bool approval = std::ranges::any_of(
      ask.items, [](const auto& item) { return item.second.kind == model::Ask::Kind::approve; });
  return make_error(
      Reason::unsupported,
      std::format("`{0}/{1}` {2}, and embeddings have no place for a question: call it where one "
                  "can be answered (POST /api/{0}/{1}, or MCP){3}",
                  solution, skill,
                  approval ? "has to be approved before it is called" : "asks back",
                  approval ? ", or give it `approval: solution`" : ""));
}

}  // namespace

Awaitable<> serve_translated_chat(Door& door, Request& request, std::string body,
                                  hub::ModelRef target) {
  Environment& environment = door.environment;
  net::Exchange& exchange = request.exchange;
  auto call = std::make_shared<model::Call>(begin_call(environment.hub, request));
  const std::string id = call->id.str();
  auto decoded = decode_chat_request(body);
  if (!decoded) {
    respond_error(exchange, decoded.error(), id);
    co_return;
  }
  Chat chat{.environment = environment,
            .exchange = exchange,
            .request = std::move(*decoded),
            .continuation = Continuation(door.contexts, environment.hub.clock()),
            .call = std::move(call)};
  chat.head = {"chatcmpl-" + id, environment.hub.clock().unix_ms() / 1000, chat.request.model};
  take_forced_choice(chat, target);
  if (!target.ref.skill) {
    model::Turn turn = which_skill(*target.ref.entry);
    co_await respond_words(chat, std::move(turn));
    co_return;
  }
  fill_call(chat, target);
  Source source(environment, exchange, chat.call->context);
  auto resumed = co_await source.resume(*chat.call, chat.head.model);
  if (!resumed) {
    respond_error(exchange, resumed.error(), id);
  } else if (resumed->again) {
    model::Turn turn = std::move(*resumed->again);
    co_await respond_words(chat, std::move(turn));
  } else {
    if (resumed->taken_up) {
      chat.continuation.resume(std::move(resumed->context));
    } else {
      take_context(chat, target);
      source.start(chat.call);
    }
    co_await run(chat, source);
  }
}

Awaitable<> serve_translated_embeddings(Environment& environment, Request& request,
                                        std::string body, hub::ModelRef target) {
  net::Exchange& exchange = request.exchange;
  model::Call call = begin_call(environment.hub, request);
  const std::string id = call.id.str();
  auto decoded = decode_embedding_request(body);
  if (!decoded) {
    respond_error(exchange, decoded.error(), id);
    co_return;
  }
  call.solution = target.ref.entry->solution->id;
  call.skill = target.ref.skill->id;
  call.model = target.upstream_model;
  call.args = std::move(decoded->call.args);
  call.gen = std::move(decoded->call.gen);
  const auto context = environment.hub.context(exchange.executor(), exchange.gone(), call);
  auto stream = environment.hub.call(std::move(call), context);
  auto folded =
      co_await hub::fold_stream(*stream, kAnswerBytesMax, target.ref.entry->solution->id.str());
  auto outcome = folded.ask ? fail(cannot_ask(*folded.ask, target.ref.entry->solution->id.str(),
                                              target.ref.skill->id.str()))
                            : std::move(folded.end.outcome);
  auto answer = outcome ? encode_embeddings(*outcome, decoded->model, decoded->base64)
                        : std::unexpected(outcome.error());
  if (!answer) {
    respond_error(exchange, answer.error(), id);
    co_return;
  }
  json::value document(std::move(*answer));
  wire::Headers headers;
  headers.set("x-request-id", id);
  std::vector<model::Loss> losses = std::move(folded.end.losses);
  (void)respond_json(exchange, 200, document, std::move(headers), losses);
}

}  // namespace weft::adapters::openai
