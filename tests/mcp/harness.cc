#include "harness.h"

#include <format>

#include "weft/adapters/mcp/headers.h"
#include "weft/base/url.h"
#include "weft/wire/sse.h"

namespace weft::mcp_door {

namespace {

using hub::Emitter;
using Call = std::shared_ptr<const model::Call>;

Awaitable<Result<model::Output>> steps(Emitter& out) {
  for (int i = 1; i <= 3; ++i) {
    model::State state;
    state.progress = model::Progress{i * 1.0, 3.0, std::format("step {}", i)};
    model::Event event{std::move(state)};
    WEFT_CO_CHECK(co_await out.emit(std::move(event)));
  }
  co_return hub::testing::text_output("done");
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
  if (skill == "list") {
    model::Output output;
    output.data = parsed("[1,2]");
    co_return output;
  }
  if (skill == "chat")
    co_return hub::testing::text_output("you said " +
                                        model::joined_text(call->turns.back().parts, false));
  co_return hub::testing::text_output("echo " + json::write(*call->args));
}

}  // namespace

json::value parsed(std::string_view text) { return json::parse(text).value(); }

std::shared_ptr<hub::testing::FakeService> fake_service() {
  return std::make_shared<hub::testing::FakeService>(script);
}

std::vector<model::Skill> fake_skills() {
  using hub::testing::fake_skill;
  constexpr std::string_view kOpen = R"({"type":"object"})";
  std::vector<model::Skill> skills;
  skills.push_back(fake_skill(
      "echo", model::Shape::invoke,
      R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"]})"));
  skills.push_back(fake_skill(
      "pay", model::Shape::invoke,
      R"({"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]})"));
  for (const char* id : {"steps", "slow", "fail", "list"})
    skills.push_back(fake_skill(id, model::Shape::invoke, kOpen));
  skills.push_back(fake_skill("chat", model::Shape::converse));
  skills[5].output_schema = parsed(R"({"type":"array"})");
  return skills;
}

namespace {

/// A server as it was before 2026-07-28.
net::Handler refuse_modern(net::Handler front) {
  return [front = std::move(front)](net::Exchange& exchange) -> Awaitable<> {
    if (exchange.head().headers.get("MCP-Protocol-Version") != "2026-07-28") {
      co_await front(exchange);
      co_return;
    }
    wire::ResponseHead head;
    head.status = 400;
    (void)exchange.respond(std::move(head), "Bad Request: unsupported protocol version");
  };
}

}  // namespace

TestHub::TestHub(HubOptions options)
    : weft::testing::TestHub({adapters::mcp::adapter()},
                             options.legacy_only ? refuse_modern : Guard()) {}

void TestHub::add(std::string id, std::shared_ptr<hub::Service> service,
                  std::vector<model::Skill> skills) {
  auto entry = hub::testing::fake_solution(std::move(id), std::move(service), std::move(skills));
  auto solution = std::make_shared<model::Solution>(*entry->solution);
  solution->caps.ask = true;
  auto asking = hub::make_entry(*solution, entry->service, {}, "a test made it");
  weft::testing::TestHub::add(asking);
}

json::value Answer::at(std::string_view pointer) const {
  if (messages.empty()) return nullptr;
  const json::value* found = json::at_pointer(messages.back(), pointer);
  return found == nullptr ? json::value() : *found;
}

std::string Answer::text() const {
  const json::value v = at("/result/content/0/text");
  return v.is_string() ? std::string(v.get_string()) : std::string();
}

namespace {

struct Sent {
  std::string url;
  std::string path;
  std::string method;
  wire::Headers headers;
  std::string body;
};

net::ClientRequest request_of(const Sent& sent) {
  net::ClientRequest request;
  request.origin.url = parse_url(sent.url).value();
  request.origin.egress = net::Egress::open;
  request.method = sent.method;
  request.target = sent.path;
  request.headers = sent.headers;
  if (sent.method == "POST") request.headers.set("Content-Type", "application/json");
  if (!request.headers.has("Accept"))
    request.headers.set("Accept", "application/json, text/event-stream");
  request.body = sent.body;
  request.deadline = std::chrono::steady_clock::now() + Milliseconds(15'000);
  request.idle_timeout = Milliseconds(15'000);
  return request;
}

Awaitable<> read_stream(net::HttpClient& client, net::ClientResponse& response, Sent sent,
                        Caller::OnMessage on_message, Answer& answer) {
  wire::SseReader reader(1 << 20);
  bool stop = false;
  while (!stop) {
    auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    answer.body += *piece;
    (void)reader.feed(*piece);
    while (auto event = reader.next()) {
      if (event->data.empty()) continue;
      answer.event_ids.push_back(event->id);
      answer.messages.push_back(parsed(event->data));
      if (!on_message) continue;
      const json::object reply = on_message(answer.messages.back(), stop);
      if (reply.empty()) continue;
      Sent back = sent;
      back.body = json::write(json::value(reply));
      net::ClientRequest request = request_of(back);
      const CancelToken never;
      auto posted = co_await client.send(std::move(request), never);
      WEFT_ASSERT(posted.has_value() && (*posted)->head().status == 202);
    }
  }
}

}  // namespace

Answer Caller::send(std::string method, json::value body, OnMessage on_message,
                    wire::Headers more) {
  Answer answer;
  Sent sent{url_, path, method, headers, method == "POST" ? json::write(body) : std::string()};
  for (const auto& [name, value] : more) sent.headers.set(name, value);
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto client = net::HttpClient::create(loop, net::ClientLimits());
    net::ClientRequest request = request_of(sent);
    const CancelToken never;
    auto response = co_await client->send(std::move(request), never);
    if (!response) {
      answer.body = response.error().message;
      co_return;
    }
    answer.status = (*response)->head().status;
    answer.headers = (*response)->head().headers;
    if (answer.headers.get("Content-Type").starts_with("text/event-stream")) {
      co_await read_stream(*client, **response, sent, on_message, answer);
      co_return;
    }
    auto text = co_await (*response)->read_all(1 << 24);
    answer.body = text.value_or("");
    if (auto message = json::parse(answer.body)) answer.messages.push_back(*std::move(message));
  });
  return answer;
}

Answer Caller::initialize(std::string_view capabilities, std::string_view version) {
  headers.remove("Mcp-Session-Id");
  const std::string params = std::format(
      R"({{"protocolVersion":"{}","capabilities":{},"clientInfo":{{"name":"test","version":"1"}}}})",
      version, capabilities);
  Answer answer = legacy("initialize", params);
  headers.set("Mcp-Session-Id", std::string(answer.headers.get("Mcp-Session-Id")));
  headers.set("MCP-Protocol-Version", std::string(version));
  (void)post(parsed(R"({"jsonrpc":"2.0","method":"notifications/initialized"})"));
  return answer;
}

Answer Caller::legacy(std::string method, std::string_view params, OnMessage on_message, int id) {
  return post(parsed(std::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id,
                                 method, params)),
              std::move(on_message));
}

Answer Caller::modern(std::string method, std::string_view params, OnMessage on_message,
                      std::string_view capabilities, wire::Headers more) {
  json::object p = parsed(params).get_object();
  json::object& meta =
      p["_meta"].is_object() ? p["_meta"].get_object() : p["_meta"].emplace_object();
  meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
  meta["io.modelcontextprotocol/clientCapabilities"] = parsed(capabilities);
  json::object message;
  message["jsonrpc"] = "2.0";
  message["id"] = 1;
  message["method"] = method;
  wire::Headers own;
  adapters::mcp::add_modern_headers(own, method, p, {});
  for (const auto& [name, value] : more) own.set(name, value);
  message["params"] = std::move(p);
  return send("POST", json::value(std::move(message)), std::move(on_message), std::move(own));
}

}  // namespace weft::mcp_door
