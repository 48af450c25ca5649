#include "chain.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

namespace weft::pairs {
namespace {

using hub::Emitter;
using hub::testing::fake_skill;

/// What each skill of the scripted solution does.
Awaitable<Result<model::Output>> run_script(Seen& seen, std::shared_ptr<const model::Call> call,
                                            Emitter& out) {
  struct Counted {
    Seen& seen;
    explicit Counted(Seen& s) : seen(s) { ++seen.started; }
    ~Counted() { ++seen.released; }
  } counted(seen);
  const json::object args =
      call->args && call->args->is_object() ? call->args->get_object() : json::object();
  const std::string skill = call->skill.str();
  if (skill == "fail") {
    const auto reason = reason_from(json::string_at(args, "reason")).value_or(Reason::internal);
    co_return fail(reason, "the script failed as it was told");
  }
  if (skill == "wait") {
    while (co_await sleep_for(Milliseconds(10), out.cancelled())) {
    }
    co_return std::unexpected(out.cancelled().why());
  }
  std::string said(json::string_at(args, "text"));
  if (skill == "ask") {
    model::Ask ask;
    model::Ask::Item item;
    item.kind = model::Ask::Kind::form;
    item.message = "What is your name?";
    item.schema =
        json::parse(
            R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})")
            .value();
    ask.items["name"] = std::move(item);
    WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
    const auto& answer = answers.begin()->second;
    if (answer.action != model::AnswerAction::accept)
      co_return fail(Reason::refused, "no name was given");
    said = "hello " + std::string(answer.data ? json::string_at(answer.data->as_object(), "name")
                                              : answer.text);
  }
  if (skill == "stream") {
    for (int i = 0; i < 3; ++i) {
      model::State state;
      state.progress = model::Progress{.done = i + 1.0, .total = 3.0, .text = "step"};
      model::Event progress{std::move(state)};
      WEFT_CO_CHECK(co_await out.emit(std::move(progress)));
      model::Event delta{
          model::Delta{.kind = model::Delta::Kind::text, .text = std::format("{}{} ", said, i)}};
      WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
    }
    co_return model::Output{};
  }
  model::Output output = hub::testing::text_output(said);
  if (skill == "data") {
    json::object data;
    data["said"] = said;
    data["length"] = said.size();
    output = model::Output{};
    output.data = std::move(data);
  }
  co_return output;
}

std::vector<model::Skill> skills() {
  constexpr std::string_view kText =
      R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})";
  std::vector<model::Skill> out;
  for (const char* id : {"say", "data", "stream", "ask", "wait"})
    out.push_back(fake_skill(id, model::Shape::invoke, kText));
  out.push_back(fake_skill(
      "fail", model::Shape::invoke,
      R"({"type":"object","properties":{"reason":{"type":"string"}},"required":["reason"]})"));
  return out;
}

}  // namespace

TestHub::TestHub(net::Loops& loops, net::HttpClients& clients)
    : loops_(loops), tables_(), journal_() {
  hub_ = std::make_unique<hub::Hub>(
      hub::Hub::Parts{.clock = clock_, .random = random_, .tables = tables_, .journal = journal_});
  environment_ = std::make_unique<adapters::Environment>(adapters::Environment{.hub = *hub_,
                                                                               .joiner = nullptr,
                                                                               .clients = clients,
                                                                               .public_url = "",
                                                                               .data_directory = "",
                                                                               .config_file = "",
                                                                               .reload = {}});
  std::vector<std::unique_ptr<hub::Protocol>> protocols;
  std::vector<adapters::Route> routes;
  for (const auto& adapter : adapters::all_adapters()) {
    if (adapter.protocol) protocols.push_back(adapter.protocol(*environment_));
  }
  joiner_ = std::make_unique<hub::Joiner>(*hub_, tables_, std::move(protocols));
  environment_->joiner = joiner_.get();
  for (const auto& adapter : adapters::all_adapters()) {
    for (auto& route : adapter.routes(*environment_)) routes.push_back(std::move(route));
  }
  auto handler = adapters::make_front(*environment_, std::move(routes), {});
  server_ = net::HttpServer::create(loops, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                    std::nullopt, {}, std::move(handler))
                .value();
  environment_->public_url = std::format("http://127.0.0.1:{}", server_->port());
  server_->start();
}

TestHub::~TestHub() {
  server_->drain(Milliseconds(0));
  boost::asio::co_spawn(loops_.at(0).executor(), hub_->tasks().stop(), boost::asio::use_future)
      .get();
}

void TestHub::add(std::shared_ptr<const hub::Entry> entry) {
  WEFT_ASSERT(hub_->registry().add(std::move(entry)));
}

Result<hub::JoinReport> TestHub::join(std::string url, std::string protocol, std::string name) {
  hub::JoinRequest request;
  request.id = SolutionId(std::move(name));
  request.url = std::move(url);
  request.protocol = std::move(protocol);
  const Executor executor = loops_.at(0).executor();
  return boost::asio::co_spawn(executor, joiner_->join(std::move(request), executor),
                               boost::asio::use_future)
      .get();
}

std::string door(const TestHub& hub, const std::string& protocol, const std::string& name) {
  if (protocol == "mcp") return std::format("{}/mcp/{}", hub.url(), name);
  if (protocol == "a2a") return std::format("{}/a2a/{}", hub.url(), name);
  if (protocol == "openapi") return std::format("{}/api/{}/openapi.json", hub.url(), name);
  return hub.url() + "/v1";
}

Chain::Chain(std::string caller_protocol, std::string solution_protocol)
    : caller_protocol_(std::move(caller_protocol)),
      solution_protocol_(std::move(solution_protocol)),
      loops_(1),
      clients_(loops_, {}) {
  loops_.start();
  third_ = std::make_unique<TestHub>(loops_, clients_);
  second_ = std::make_unique<TestHub>(loops_, clients_);
  first_ = std::make_unique<TestHub>(loops_, clients_);
  auto service = std::make_shared<hub::testing::FakeService>(
      [this](std::shared_ptr<const model::Call> call, Emitter& out) {
        return run_script(seen_, std::move(call), out);
      });
  third_->add(hub::testing::fake_solution("scripted", std::move(service), skills()));
  auto inner =
      second_->join(door(*third_, solution_protocol_, "scripted"), solution_protocol_, "relay");
  if (!inner) {
    broken_ = "the second hub: " + inner.error().message;
    return;
  }
  auto outer = first_->join(door(*second_, caller_protocol_, "relay"), caller_protocol_, "far");
  if (!outer) broken_ = "the first hub: " + outer.error().message;
}

Chain::~Chain() {
  first_.reset();
  second_.reset();
  third_.reset();
  loops_.stop();
}

model::Call Chain::shape(const std::string& skill, json::object args, model::Reply reply) {
  const std::string text = json::write(args);
  std::string inner_skill = skill;
  if (solution_protocol_ == "openai") {
    inner_skill = "chat";
    args = json::object{{"model", "tool/scripted/" + skill}, {"message", text}};
  }
  model::Call call;
  call.id = CallId("pairs");
  call.principal.name = "local";
  call.solution = SolutionId("far");
  call.reply = reply;
  if (caller_protocol_ == "openai") {
    const std::string model = solution_protocol_ == "openai" ? "model/relay/tool/scripted/" + skill
                                                             : "tool/relay/" + skill;
    call.skill = SkillId("chat");
    call.model = model;
    model::Turn turn;
    turn.role = model::Role::user;
    turn.parts.push_back(model::Part::text(text));
    call.turns.push_back(std::move(turn));
    return call;
  }
  call.skill = SkillId(inner_skill);
  call.args = std::move(args);
  return call;
}

Awaitable<Chain::Told> Chain::drive(model::Call call, OnAsk on_ask, int cancel_after) {
  CancelToken never;
  auto context = first_->hub().context(loops_.at(0).executor(), never, call);
  context.deadline = std::chrono::steady_clock::now() + Milliseconds(20'000);
  auto stream = first_->hub().call(std::move(call), std::move(context));
  Told told;
  SteadyTime cancelled{};
  Timer late;
  if (cancel_after >= 0) {
    late = run_after(loops_.at(0).executor(), Milliseconds(100), [&] {
      cancelled = std::chrono::steady_clock::now();
      stream->cancel(make_error(Reason::cancelled, "the test cancelled"));
    });
  }
  while (true) {
    model::Event event = co_await stream->next();
    if (auto* ask = std::get_if<model::Ask>(&event.body); ask != nullptr && on_ask) {
      auto answered = stream->answer(on_ask(*ask));
      WEFT_ASSERT(answered);
    }
    told.events.push_back(std::move(event));
    if (told.events.back().is_end()) break;
  }
  if (cancelled != SteadyTime()) {
    told.ended_after_cancel_ms =
        std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - cancelled)
            .count();
  }
  co_return told;
}

Chain::Told Chain::call(std::string skill, json::object args, model::Reply reply, OnAsk on_ask,
                        int cancel_after) {
  model::Call shaped = shape(skill, std::move(args), reply);
  return boost::asio::co_spawn(loops_.at(0).executor(),
                               drive(std::move(shaped), std::move(on_ask), cancel_after),
                               boost::asio::use_future)
      .get();
}

}  // namespace weft::pairs
