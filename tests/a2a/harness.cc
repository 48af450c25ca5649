#include "harness.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

#include "weft/base/url.h"
#include "weft/wire/jsonrpc.h"
#include "weft/wire/sse.h"

namespace weft::a2a_door {
namespace {

using hub::Emitter;
using Call = std::shared_ptr<const model::Call>;

Awaitable<Result<model::Output>> steps(Emitter& out) {
  for (int i = 1; i <= 3; ++i) {
    model::State state;
    state.progress = model::Progress{i * 1.0, 3.0, std::format("step {}", i)};
    model::Event progress{std::move(state)};
    WEFT_CO_CHECK(co_await out.emit(std::move(progress)));
    model::Event piece{model::Delta{model::Delta::Kind::text, std::format("{};", i)}};
    WEFT_CO_CHECK(co_await out.emit(std::move(piece)));
  }
  co_return model::Output{};
}

Awaitable<Result<model::Output>> pay(Call call, Emitter& out) {
  model::Ask ask;
  model::Ask::Item item;
  item.kind = model::Ask::Kind::form;
  item.message = std::format("Pay {}?", json::write(call->args->get_object().at("amount")));
  item.schema = parsed(
      R"({"type":"object","properties":{"confirm":{"type":"boolean"}},"required":["confirm"]})");
  ask.items["sure"] = std::move(item);
  WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
  const model::Answer& answer = answers.begin()->second;
  if (answer.action != model::AnswerAction::accept) co_return hub::testing::text_output("declined");
  co_return hub::testing::text_output(std::format("paid, {}", json::write(*answer.data)));
}

Awaitable<Result<model::Output>> script(Call call, Emitter& out) {
  const std::string& skill = call->skill.str();
  if (skill == "steps") co_return co_await steps(out);
  if (skill == "pay") co_return co_await pay(call, out);
  if (skill == "slow") {
    while (co_await sleep_for(Milliseconds(10), out.cancelled())) {
    }
    co_return std::unexpected(out.cancelled().why());
  }
  if (skill == "fail") {
    co_return fail(
        reason_from(json::string_at(call->args->get_object(), "reason")).value_or(Reason::internal),
        "as told");
  }
  if (skill == "chat") {
    co_return hub::testing::text_output(
        std::format("{} turns, last: {}", call->turns.size(),
                    model::joined_text(call->turns.back().parts, false)));
  }
  model::Output output = hub::testing::text_output("echo");
  if (call->args) output.data = *call->args;
  co_return output;
}

}  // namespace

json::value parsed(std::string_view text) { return json::parse(text).value(); }

std::shared_ptr<hub::testing::FakeService> fake_service() {
  return std::make_shared<hub::testing::FakeService>(script);
}

std::vector<model::Skill> fake_skills() {
  using hub::testing::fake_skill;
  std::vector<model::Skill> skills;
  skills.push_back(fake_skill(
      "echo", model::Shape::invoke,
      R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"]})"));
  skills.push_back(fake_skill(
      "pay", model::Shape::invoke,
      R"({"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]})"));
  for (const char* id : {"steps", "slow", "fail"})
    skills.push_back(fake_skill(id, model::Shape::invoke, R"({"type":"object"})"));
  return skills;
}

TestHub::TestHub() : weft::testing::TestHub({adapters::a2a::adapter()}) {}

void TestHub::add(std::string id, std::vector<model::Skill> skills) {
  weft::testing::TestHub::add(
      hub::testing::fake_solution(std::move(id), fake_service(), std::move(skills)));
}

Result<hub::JoinReport> TestHub::join(std::string url, std::string name) {
  hub::JoinRequest request;
  request.id = SolutionId(std::move(name));
  request.url = std::move(url);
  return weft::testing::TestHub::join(std::move(request));
}

namespace {

Awaitable<std::vector<model::Event>> drive(hub::Hub& hub, Executor executor, model::Call call,
                                           TestHub::OnAsk on_ask, int cancel_after) {
  const CancelToken never;
  hub::CallContext context = hub.context(executor, never, call);
  context.deadline = std::chrono::steady_clock::now() + Milliseconds(5'000);
  auto stream = hub.call(std::move(call), context);
  std::vector<model::Event> events;
  while (true) {
    model::Event event = co_await stream->next();
    events.push_back(event);
    if (event.is_end()) co_return events;
    const auto* ask = std::get_if<model::Ask>(&event.body);
    if (ask != nullptr && on_ask) WEFT_ASSERT(stream->answer(on_ask(*ask)).has_value());
    if (static_cast<int>(events.size()) == cancel_after)
      stream->cancel(make_error(Reason::cancelled, "the test cancels"));
  }
}

}  // namespace

std::vector<model::Event> TestHub::call(model::Call call, OnAsk on_ask, int cancel_after) {
  return boost::asio::co_spawn(
             executor(), drive(hub(), executor(), std::move(call), std::move(on_ask), cancel_after),
             boost::asio::use_future)
      .get();
}

json::value Answer::at(std::string_view pointer) const {
  if (messages.empty()) return nullptr;
  const json::value* found = json::at_pointer(messages.back(), pointer);
  return found == nullptr ? json::value() : *found;
}

std::string Answer::text_at(std::string_view pointer) const {
  const json::value v = at(pointer);
  return v.is_string() ? std::string(v.get_string()) : std::string();
}

Answer send(const std::string& url, Sent sent) {
  Answer answer;
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto client = net::HttpClient::create(loop, net::ClientLimits());
    net::ClientRequest request;
    request.origin.url = parse_url(url).value();
    request.origin.egress = net::Egress::open;
    request.method = sent.method;
    request.target = sent.target;
    request.headers = sent.headers;
    if (sent.method == "POST" && !request.headers.has("Content-Type"))
      request.headers.set("Content-Type", "application/json");
    request.body = sent.body;
    request.deadline = std::chrono::steady_clock::now() + Milliseconds(15'000);
    request.idle_timeout = Milliseconds(15'000);
    const CancelToken never;
    auto response = co_await client->send(std::move(request), never);
    if (!response) {
      answer.body = response.error().message;
      co_return;
    }
    answer.status = (*response)->head().status;
    answer.headers = (*response)->head().headers;
    if (!answer.headers.get("Content-Type").starts_with("text/event-stream")) {
      auto text = co_await (*response)->read_all(1 << 24);
      answer.body = text.value_or("");
      if (auto message = json::parse(answer.body)) answer.messages.push_back(*std::move(message));
      co_return;
    }
    wire::SseReader reader(1 << 20);
    while (answer.messages.size() < sent.most) {
      auto piece = co_await (*response)->read_some();
      if (!piece || piece->empty()) break;
      (void)reader.feed(*piece);
      while (auto event = reader.next()) {
        if (!event->data.empty()) answer.messages.push_back(parsed(event->data));
      }
    }
  });
  return answer;
}

Answer rpc(const std::string& url, std::string target, std::string_view method,
           std::string_view params, std::size_t most) {
  Sent sent;
  sent.target = std::move(target);
  sent.body =
      std::format(R"({{"jsonrpc":"2.0","id":"r1","method":"{}","params":{}}})", method, params);
  sent.most = most;
  return send(url, std::move(sent));
}

Agent::Agent(std::string card, Script script) : card_(std::move(card)), script_(std::move(script)) {
  net::ListenAddress address;
  address.host = "127.0.0.1";
  server_ = net::HttpServer::create(loops_, address, std::nullopt, net::ServerLimits(),
                                    [this](net::Exchange& exchange) { return serve(exchange); })
                .value();
  for (auto at = card_.find("%URL%"); at != std::string::npos; at = card_.find("%URL%"))
    card_.replace(at, 5, url());
  WEFT_ASSERT(loops_.start());
  server_->start();
}

Agent::~Agent() {
  server_->drain(Milliseconds(0));
  loops_.stop();
}

std::string Agent::url() const { return std::format("http://127.0.0.1:{}", server_->port()); }

std::vector<std::string> Agent::methods() const {
  const std::lock_guard lock(mutex_);
  return methods_;
}

wire::Headers Agent::asked_with() const {
  const std::lock_guard lock(mutex_);
  return asked_with_;
}

Awaitable<> Agent::serve(net::Exchange& exchange) {
  wire::ResponseHead head;
  const std::string path(exchange.head().path());
  const bool rest = path.starts_with("/rest/");
  if (exchange.head().method == "GET" && !rest) {
    const bool card = path == "/.well-known/agent-card.json";
    head.status = card ? 200 : 404;
    head.headers.add("Content-Type", "application/json");
    std::string body = card ? card_ : "{}";
    (void)exchange.respond(std::move(head), body);
    co_return;
  }
  auto body = co_await exchange.read_body(1 << 20);
  if (!body) co_return;
  json::object request;
  if (rest) {
    request["method"] = std::format("{} {}", exchange.head().method, path.substr(5));
  } else {
    request = parsed(*body).get_object();
  }
  const std::string method(json::string_at(request, "method"));
  {
    const std::lock_guard lock(mutex_);
    methods_.push_back(method);
    asked_with_ = exchange.head().headers;
  }
  const json::object* params = json::object_at(request, "params");
  const Reply reply = script_(method, params == nullptr ? json::object() : *params);
  head.status = reply.status;
  head.headers.add("Content-Type", reply.type);
  for (const auto& [name, value] : reply.headers) head.headers.add(name, value);
  if (!co_await exchange.start(std::move(head))) co_return;
  for (const std::string& piece : reply.pieces) {
    if (!co_await exchange.write(piece)) co_return;
  }
  if (reply.hang) {
    while (co_await sleep_for(Milliseconds(20), exchange.gone())) {
    }
    co_return;
  }
  (void)co_await exchange.finish();
}

std::string card_of(bool streaming, std::string_view url) {
  return std::format(
      R"({{"name":"diary","description":"d","version":"1","supportedInterfaces":[{{"url":"{}","protocolBinding":"JSONRPC",
          "protocolVersion":"1.0"}}],"capabilities":{{"streaming":{}}},"defaultInputModes":["text/plain"],
          "defaultOutputModes":["text/plain"],"skills":[{{"id":"talk","name":"Talk","description":"t","tags":[]}}]}})",
      url, streaming);
}

std::string result_of(std::string_view result) {
  return std::format(R"({{"jsonrpc":"2.0","id":"1","result":{}}})", result);
}

std::string event_of(std::string_view result) {
  std::string out;
  wire::write_sse_data(out, json::write(parsed(result_of(result))));
  return out;
}

}  // namespace weft::a2a_door
