#include "chain.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

#include "aspects.h"
#include "weft/base/named_error.h"
#include "weft/model/fold.h"

namespace weft::pairs {
namespace {

/// How long a call is let wait for its next event before it is given up there.
constexpr Milliseconds kLinger{3};
/// How long an event that does not come is waited for, once the solution has told all it has.
constexpr Milliseconds kSilence{60};
constexpr Milliseconds kCallLimit{20'000};

}  // namespace

TestHub::TestHub(net::Loops& loops, net::HttpClients& clients) : loops_(loops) {
  hub_ = std::make_unique<hub::Hub>(
      hub::Hub::Parts{.clock = clock_, .random = random_, .tables = tables_, .journal = journal_});
  environment_ = std::make_unique<adapters::Environment>(adapters::Environment{.hub = *hub_,
                                                                               .joiner = nullptr,
                                                                               .clients = clients,
                                                                               .listen_url = "",
                                                                               .public_url = "",
                                                                               .data_directory = "",
                                                                               .config_file = "",
                                                                               .reload = {},
                                                                               .ready = {}});
  std::vector<std::unique_ptr<hub::Protocol>> protocols;
  std::vector<adapters::Route> routes;
  for (const auto& adapter : adapters::all_adapters()) {
    if (adapter.protocol) protocols.push_back(adapter.protocol(*environment_));
  }
  joiner_ = std::make_unique<hub::Joiner>(*hub_, tables_, std::move(protocols));
  environment_->joiner = joiner_.get();
  for (const auto& adapter : adapters::all_adapters()) {
    if (!adapter.routes) continue;
    for (auto& route : adapter.routes(*environment_)) routes.push_back(std::move(route));
  }
  auto handler = tap_.on(adapters::make_front(*environment_, std::move(routes), {}));
  server_ = net::HttpServer::create(loops, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                    std::nullopt, {}, std::move(handler))
                .value();
  environment_->listen_url = std::format("http://127.0.0.1:{}", server_->port());
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

std::uint32_t TestHub::running() const {
  std::uint32_t count = 0;
  const auto snapshot = hub_->registry().snapshot();
  for (const auto& entry : snapshot->entries) count += entry->counters->running;
  return count;
}

void TestHub::spy(const std::string& solution, std::shared_ptr<Spied> spied) {
  const auto entry = hub_->registry().snapshot()->find_shared(solution);
  WEFT_ASSERT(entry != nullptr);
  WEFT_ASSERT(hub_->registry().remove(entry->solution->id));
  add(spied_entry(*entry, std::move(spied)));
}

std::string door(const TestHub& hub, const std::string& protocol, const std::string& name) {
  if (protocol == "mcp") return std::format("{}/mcp/{}", hub.url(), name);
  if (protocol == "a2a") return std::format("{}/a2a/{}", hub.url(), name);
  if (protocol == "openapi") return std::format("{}/api/{}/openapi.json", hub.url(), name);
  return hub.url() + "/v1";
}

Chain::Chain(std::string caller_protocol, std::string solution_protocol,
             std::vector<model::Skill> skills)
    : caller_protocol_(std::move(caller_protocol)),
      solution_protocol_(std::move(solution_protocol)),
      loops_(1),
      clients_(loops_, {}) {
  WEFT_ASSERT(loops_.start());
  third_ = std::make_unique<TestHub>(loops_, clients_);
  second_ = std::make_unique<TestHub>(loops_, clients_);
  first_ = std::make_unique<TestHub>(loops_, clients_);
  auto service = std::make_shared<hub::testing::FakeService>(
      [this](std::shared_ptr<const model::Call> call, hub::Emitter& out) {
        return run_script(stage_, std::move(call), out);
      });
  if (skills.empty()) skills = scripted_skills();
  third_->add(hub::testing::fake_solution("scripted", std::move(service), std::move(skills)));
  auto inner =
      second_->join(door(*third_, solution_protocol_, "scripted"), solution_protocol_, "relay");
  if (!inner) {
    broken_ = "the second hub: " + inner.error().message;
    return;
  }
  auto outer = first_->join(door(*second_, caller_protocol_, "relay"), caller_protocol_, "far");
  if (!outer) broken_ = "the first hub: " + outer.error().message;
  if (outer) watch();
}

void Chain::watch() {
  first_->spy("far", near_);
  const bool passed = caller_protocol_ == solution_protocol_ &&
                      (caller_protocol_ == "openai" || caller_protocol_ == "mcp");
  if (passed) return;
  middle_ = std::make_shared<Spied>();
  second_->spy("relay", middle_);
}

Chain::~Chain() {
  first_.reset();
  second_.reset();
  third_.reset();
  loops_.stop();
}

std::uint32_t Chain::running() const {
  return first_->running() + second_->running() + third_->running();
}

model::Call Chain::base(const std::string& skill, model::Reply reply) const {
  const bool to_model = solution_protocol_ == "openai";
  model::Call call;
  call.id = CallId("pairs");
  call.principal.name = "local";
  call.solution = SolutionId("far");
  call.reply = reply;
  call.skill = SkillId(caller_protocol_ == "openai" || to_model ? "chat" : skill);
  if (caller_protocol_ == "openai")
    call.model = (to_model ? "model/relay/tool/scripted/" : "tool/relay/") + skill;
  return call;
}

model::Call Chain::with_args(const std::string& skill, json::object args,
                             model::Reply reply) const {
  // A chat is told arguments as the JSON that they are (protocols.md §14.4.1).
  return caller_protocol_ == "openai" || solution_protocol_ == "openai"
             ? with_words(skill, json::write(args), reply)
             : [&] {
                 model::Call call = base(skill, reply);
                 call.args = std::move(args);
                 return call;
               }();
}

model::Call Chain::with_words(const std::string& skill, std::string words,
                              model::Reply reply) const {
  model::Call call = base(skill, reply);
  if (caller_protocol_ != "openai") {
    json::object args{{"message", words}};
    if (solution_protocol_ == "openai") args["model"] = "tool/scripted/" + skill;
    call.args = std::move(args);
    return call;
  }
  model::Turn turn;
  turn.role = model::Role::user;
  turn.parts.push_back(model::Part::text(std::move(words)));
  call.turns.push_back(std::move(turn));
  return call;
}

model::Call Chain::by_name(const std::string& name) const {
  const json::object args{{"run", 1}};
  const bool talks = caller_protocol_ == "openai" || solution_protocol_ == "openai";
  model::Call call = base(name, model::Reply::unary);
  if (!talks) {
    call.args = args;
    return call;
  }
  call = with_words(name, json::write(args), model::Reply::unary);
  if (caller_protocol_ == "openai")
    call.model = name;
  else
    call.args->as_object()["model"] = name;
  return call;
}

namespace {

/// Ends the call when it is time to, from its own loop.
class Giver {
 public:
  Giver(Executor executor, std::unique_ptr<hub::EventStream>& stream, const Stage& stage,
        GiveUp plan)
      : executor_(executor), stream_(stream), stage_(stage), plan_(plan) {}

  /// Called before each wait for an event.
  void before_next(std::size_t events) {
    if (gave_up_) return;
    timer_.cancel();
    const bool here = events >= static_cast<std::size_t>(plan_.after_events);
    if (here && !plan_.while_waiting) return give_up(true, plan_.by_dropping);
    timer_ = run_after(executor_, here ? kLinger : kSilence, [this, here] { on_time(here); });
  }
  bool dropped() const { return stream_ == nullptr; }
  bool reached() const { return reached_; }
  std::int64_t ms_since() const {
    if (!gave_up_) return 0;
    const auto took = std::chrono::steady_clock::now() - at_;
    return std::chrono::duration_cast<Milliseconds>(took).count();
  }

 private:
  void on_time(bool here) {
    // Not begun yet, or still telling: its next event is on the way.
    if (stage_.waiting == 0) {
      timer_ = run_after(executor_, kLinger, [this, here] { on_time(here); });
      return;
    }
    // What is waited for cannot be dropped.
    give_up(here, false);
  }
  void give_up(bool reached, bool by_dropping) {
    gave_up_ = true;
    reached_ = reached;
    at_ = std::chrono::steady_clock::now();
    if (by_dropping)
      stream_.reset();
    else
      stream_->cancel(make_error(Reason::cancelled, "the test gave up"));
  }

  Executor executor_;
  std::unique_ptr<hub::EventStream>& stream_;
  const Stage& stage_;
  GiveUp plan_;
  Timer timer_;
  SteadyTime at_;
  bool gave_up_ = false;
  bool reached_ = false;
};

}  // namespace

Awaitable<Told> Chain::drive(model::Call call, OnAsk on_ask, std::optional<GiveUp> give_up) {
  const Executor executor = loops_.at(0).executor();
  CancelToken never;
  auto context = first_->hub().context(executor, never, call);
  context.deadline = std::chrono::steady_clock::now() + kCallLimit;
  auto stream = first_->hub().call(std::move(call), std::move(context));
  std::optional<Giver> giver;
  if (give_up) giver.emplace(executor, stream, stage_, *give_up);
  Told told;
  while (true) {
    if (giver) giver->before_next(told.events.size());
    if (!stream) break;
    model::Event event = co_await stream->next();
    if (auto* ask = std::get_if<model::Ask>(&event.body); ask != nullptr && on_ask) {
      auto answered = stream->answer(on_ask(*ask));
      WEFT_ASSERT(answered);
    }
    told.events.push_back(std::move(event));
    if (told.events.back().is_end()) break;
  }
  if (giver) {
    told.gave_up = giver->reached();
    told.ended_after_ms = giver->ms_since();
    // What is over cannot be ended again.
    if (stream) stream->cancel(make_error(Reason::cancelled, "once more"));
  }
  co_return told;
}

Told Chain::run(model::Call call, OnAsk on_ask, std::optional<GiveUp> give_up) {
  for (TestHub* hub : {first_.get(), second_.get(), third_.get()}) hub->tap().clear();
  near_->clear();
  if (middle_) middle_->clear();
  stage_.forget();
  auto done = boost::asio::co_spawn(loops_.at(0).executor(),
                                    drive(std::move(call), std::move(on_ask), give_up),
                                    boost::asio::use_future);
  Told told = done.get();
  const bool ended = !told.events.empty() && told.events.back().is_end();
  if (ended && !give_up) told.hops = hops();
  return told;
}

std::vector<Hop> Chain::hops() const {
  if (stage_.heard().skill.empty() || near_->look().events.empty()) return {};
  if (!middle_) return {near_hop(true)};
  if (middle_->look().events.empty()) return {};
  return {far_hop(), near_hop(false)};
}

namespace {

void add_losses(Hop& hop, const std::vector<model::Loss>& losses) {
  hop.losses.insert(hop.losses.end(), losses.begin(), losses.end());
}

model::End named(model::End end, const std::string& solution) {
  if (!end.outcome)
    end.outcome = std::unexpected(weft::named(std::move(end.outcome).error(), solution));
  return end;
}

model::Shape shape_of(TestHub& hub, const std::string& solution, const SkillId& skill) {
  const auto entry = hub.hub().registry().snapshot()->find_shared(solution);
  return entry->solution->skill(skill.str())->shape;
}

}  // namespace

model::End folded(const std::vector<model::Event>& events) {
  model::Fold fold(std::size_t{1} << 24);
  for (const auto& event : events) {
    if (!fold.add(event)) return {fail(Reason::too_large, "the test's answer"), {}};
  }
  if (!fold.ended()) return {fail(Reason::internal, "no End came"), {}};
  return fold.take();
}

namespace {

/// What came as deltas, as an answer of its own.
model::Output grown(const std::vector<model::Event>& events) {
  std::vector<model::Event> deltas;
  for (const auto& event : events) {
    if (std::holds_alternative<model::Delta>(event.body)) deltas.push_back(event);
  }
  deltas.push_back(model::end_with(model::Output{}));
  return *folded(deltas).outcome;
}

/// Whether the End, where it has turns of its own, says what the deltas said.
bool end_agrees(const std::vector<model::Event>& events) {
  const auto* end = events.empty() ? nullptr : std::get_if<model::End>(&events.back().body);
  if (!end || !end->outcome || end->outcome->turns.empty()) return true;
  const model::Output deltas = grown(events);
  if (deltas.turns.empty()) return true;
  const Aspects streamed = aspects_of(deltas);
  const Aspects whole = aspects_of(model::Output{.turns = end->outcome->turns});
  return streamed.words == whole.words && streamed.refused.turns == whole.refused.turns &&
         streamed.thought.turns == whole.thought.turns &&
         streamed[Aspect::tool_calls] == whole[Aspect::tool_calls];
}

}  // namespace

Hop Chain::far_hop() const {
  const auto middle = middle_->look();
  Hop hop{.protocol = solution_protocol_};
  hop.shape = shape_of(*third_, "scripted", stage_.heard().skill);
  hop.streams = middle.call.wants_stream();
  hop.begun = !stage_.play().events.empty();
  hop.sent = named(stage_.whole(), "scripted");
  hop.came = folded(middle.events);
  hop.end_agrees = end_agrees(middle.events);
  add_losses(hop, third_->tap().losses());
  add_losses(hop, hop.came.losses);
  hop.wire = &third_->tap();
  return hop;
}

Hop Chain::near_hop(bool whole) const {
  const auto near = near_->look();
  Hop hop{.protocol = caller_protocol_};
  hop.streams = near.call.wants_stream();
  hop.came = folded(near.events);
  hop.end_agrees = end_agrees(near.events);
  if (whole) {
    hop.shape = shape_of(*third_, "scripted", stage_.heard().skill);
    hop.begun = !stage_.play().events.empty();
    hop.sent = named(stage_.whole(), "scripted");
    add_losses(hop, third_->tap().losses());
  } else {
    const auto middle = middle_->look();
    hop.shape = shape_of(*second_, "relay", middle.call.skill);
    hop.begun = middle.events.size() > 1;
    hop.sent = named(folded(middle.events), "relay");
  }
  add_losses(hop, second_->tap().losses());
  add_losses(hop, hop.came.losses);
  // What was lost before is told on: it is not of this crossing.
  std::erase_if(hop.losses, [&](const model::Loss& loss) {
    return std::ranges::any_of(hop.sent.losses, [&](const model::Loss& before) {
      return loss.path == before.path && loss.from == before.from && loss.to == before.to;
    });
  });
  hop.wire = &second_->tap();
  return hop;
}

Told Chain::tell(model::Call call, OnAsk on_ask) {
  return run(std::move(call), std::move(on_ask), std::nullopt);
}

Told Chain::tell(model::Call call, GiveUp give_up) { return run(std::move(call), {}, give_up); }

}  // namespace weft::pairs
