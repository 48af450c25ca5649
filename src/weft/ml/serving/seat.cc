#include "weft/ml/serving/seat.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <format>

#include "weft/base/json.h"
#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/instance_type.h"

namespace weft::ml {
namespace {

constexpr std::string_view kRoot = "/opt/ml";

double microseconds(SteadyTime::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// What happens to routes and links on their own loop.

Awaitable<Result<void>> add_way(std::shared_ptr<Routes> routes, std::size_t variant,
                                std::shared_ptr<LinkClient> link) {
  routes->add(variant, std::move(link));
  co_return Result<void>();
}

Awaitable<Result<void>> remove_way(std::shared_ptr<Routes> routes,
                                   std::shared_ptr<LinkClient> link) {
  routes->remove(*link);
  co_return Result<void>();
}

Awaitable<Result<void>> until_idle(std::shared_ptr<LinkClient> link, SteadyTime until) {
  co_await link->idle(until);
  co_return Result<void>();
}

Error taken_down() {
  return make_error(Reason::unavailable, "the model was taken down before it had answered");
}

Milliseconds pause_after(std::size_t deaths) {
  if (deaths >= kWorkerDeathsMax) return kRestartPauseMax;
  return std::min(kRestartPauseMax, kRestartPauseMin * (1 << (deaths - 1)));
}

}  // namespace

Seat::Seat(Parts parts)
    : parts_(std::move(parts)),
      algorithm_(algorithm_of(parts_.world.parts.algorithms, model())),
      files_(parts_.folder, parts_.world.objects_of(parts_.owner)),
      load_(std::make_shared<WorkerLoad>(loops().size())),
      gone_(home()) {}

int Seat::threads() const {
  const InstanceSize size = size_of_instance(parts_.variant.spec.instance_type);
  return std::min(size.threads, parts_.world.parts.workers.threads());
}

bool Seat::script() const { return algorithm_ != nullptr && algorithm_->name == kScriptAlgorithm; }

Milliseconds Seat::stop_grace() const {
  return script() && !hurried_ ? kOwnProgramStopGrace : kWorkerStopGrace;
}

WorkerSpec Seat::program() const {
  const auto& world = parts_.world.parts;
  WorkerSpec out;
  out.title = std::format("endpoint {}, variant {}, model {}", parts_.endpoint,
                          parts_.variant.spec.name, model().name);
  out.program = algorithm_->name;
  out.arguments = {"serve", "--root", std::string(kRoot)};
  for (std::size_t i = 0; i < loops().size(); ++i) {
    out.arguments.emplace_back("--link-fd");
    out.arguments.push_back(std::to_string(kFirstLink + static_cast<int>(i)));
  }
  out.binds = files_.binds(model(), script());
  out.directory = "/";
  out.network = model().network;
  out.threads = threads();
  out.memory_bytes = std::min(size_of_instance(parts_.variant.spec.instance_type).memory_bytes,
                              world.workers.memory_bytes());
  out.links = loops().size();
  return out;
}

Awaitable<> Seat::run() {
  const auto self = shared_from_this();
  const SteadyTime began = parts_.world.now();
  auto fetched = co_await files_.fetch(model(), threads(), script());
  download_us_ = microseconds(parts_.world.now() - began);
  if (fetched) {
    // A program of the user's own is no file that an engine of ours reads.
    if (!script()) fetched_ = *std::move(fetched);
    co_await keep_up();
  } else {
    failure_ = std::move(fetched).error();
  }
  files_.remove();
  if (!was_ready_ && !failure_) failure_ = taken_down();
  parts_.changed();
}

Awaitable<> Seat::keep_up() {
  std::size_t deaths = 0;
  while (!stopping_) {
    const SteadyTime began = parts_.world.now();
    const Error why = co_await live();
    if (stopping_) co_return;
    const auto lived = parts_.world.now() - began;
    // In service the pauses between lives are enough: who asks must not be able to close it.
    if (!fetched_.empty() && !served_ && ended_ && crashed(*ended_))
      parts_.world.quarantine.note_crash(fetched_, *ended_, parts_.world.now());
    if (!was_ready_) {
      failure_ = why;
      co_return;
    }
    deaths = lived >= kWorkerSteady ? 1 : deaths + 1;
    const Milliseconds wait = pause(deaths, why);
    (void)co_await sleep_for(wait, stop_.token());
  }
}

/// How long until it is started again.
Milliseconds Seat::pause(std::size_t deaths, const Error& why) const {
  const Quarantine& quarantine = parts_.world.quarantine;
  const SteadyTime now = parts_.world.now();
  if (const auto allowed = quarantine.allows(fetched_, now); !allowed) {
    log::error("endpoint {}, variant {}, model {}: {}; {}", parts_.endpoint,
               parts_.variant.spec.name, model().name, why.message, allowed.error().message);
    return std::chrono::ceil<Milliseconds>(quarantine.left(fetched_, now));
  }
  note_death(deaths, why);
  return pause_after(deaths);
}

void Seat::note_death(std::size_t deaths, const Error& why) const {
  const std::string& variant = parts_.variant.spec.name;
  if (deaths < kWorkerDeathsMax) {
    log::warn("endpoint {}, variant {}: {}; it is started again", parts_.endpoint, variant,
              why.message);
    return;
  }
  log::error(
      "endpoint {}, variant {}: the variant failed: its worker died {} times in a row, and is "
      "started again every {} s only: {}",
      parts_.endpoint, variant, deaths,
      std::chrono::floor<std::chrono::seconds>(kRestartPauseMax).count(), why.message);
}

/// One program, from its start to its end: why it ended, or why it could not be asked.
Awaitable<Error> Seat::live() {
  ended_.reset();
  hung_.clear();
  served_ = false;
  if (algorithm_ == nullptr) {
    co_return make_error(Reason::unsupported,
                         std::format("nothing here loads the image `{}`", model().image));
  }
  if (auto allowed = parts_.world.quarantine.allows(fetched_, parts_.world.now()); !allowed)
    co_return allowed.error();
  if (auto renewed = files_.renew(model()); !renewed) co_return renewed.error();
  auto started = parts_.world.parts.workers.start(home(), program());
  if (!started) co_return started.error();
  program_ = *std::move(started);
  ++life_;
  log_ = std::make_unique<WorkerLog>(
      home(), parts_.world.parts.clock, parts_.world.parts.logs,
      owned_group(parts_.owner, Endpoints::log_group(parts_.endpoint)),
      std::format("{}/i-{}", parts_.variant.spec.name, random_hex(6, parts_.world.parts.random)));
  TaskGroup tasks(home());
  tasks.spawn(follow());
  tasks.spawn(log_->write());
  const SteadyTime began = parts_.world.now();
  auto able = co_await get_ready();
  if (able && !ended_ && !stopping_) {
    const auto took = parts_.world.now() - began;
    parts_.metrics->loaded(download_us_, microseconds(took), parts_.world.parts.clock.unix_ms());
    // Also for programs that read the log of a model that prints nothing.
    log_->note(
        std::format("model loaded in {} ms", std::chrono::round<Milliseconds>(took).count()));
    co_await serve();
  }
  if (!ended_) program_->stop(stop_grace());
  co_await tasks.join();
  co_await withdraw();
  Error why = able ? death() : not_ready(able.error());
  program_.reset();
  log_.reset();
  co_return why;
}

Awaitable<> Seat::serve() {
  co_await publish();
  ready_ = was_ready_ = served_ = true;
  parts_.changed();
  while (!ended_) co_await gone_.wait();
  ready_ = false;
  parts_.changed();
}

Awaitable<> Seat::follow() {
  while (true) {
    auto line = co_await program_->next_line();
    if (!line) break;
    if (line->stream != WorkerLine::Stream::log) continue;
    log_->add(std::move(line->text));
    co_await log_->room();
  }
  ended_ = co_await program_->ended();
  log_->end();
  close_links(stopping_ ? taken_down() : death());
  gone_.notify();
}

Error Seat::death() const {
  const std::string words = log_->last_words();
  if (!hung_.empty()) {
    return make_error(
        Reason::solution_failed,
        std::format("{}{}{}", hung_, words.empty() ? "" : "; its last lines: ", words));
  }
  return make_error(
      Reason::solution_failed,
      std::format("the model's program ended ({}) before it had answered; its log stream: {}{}{}",
                  ended_ ? ended_->str() : "", log_->stream(),
                  words.empty() ? "" : "; its last lines: ", words));
}

Error Seat::not_ready(const Error& why) const {
  Error out = why;
  if (out.message.empty()) {
    out.message = std::format("the model's program ended ({}) before it could be asked",
                              ended_ ? ended_->str() : "");
  }
  const std::string words = log_->last_words(out.message);
  if (!words.empty()) out.message += "; its last lines: " + words;
  return out;
}

Awaitable<Result<Seat::LinkPtr>> Seat::open(std::size_t loop) {
  auto link = program_->link(loop, loops()[loop]);
  if (!link) co_return fail(Reason::internal, "the model's program was started without a link");
  const auto lost = [home = home(), weak = weak_from_this(), life = life_](std::string hangs) {
    boost::asio::post(home, [weak, life, hangs = std::move(hangs)]() mutable {
      if (const auto self = weak.lock()) self->on_lost(life, std::move(hangs));
    });
  };
  co_return std::make_shared<LinkClient>(LinkClient::Parts{.executor = loops()[loop],
                                                           .loop = loop,
                                                           .link = std::move(link),
                                                           .load = load_,
                                                           .log_stream = log_->stream(),
                                                           .lost = lost});
}

/// A program that does not talk to one loop any more is of no use.
void Seat::on_lost(std::uint64_t life, std::string hangs) {
  if (life != life_ || !program_ || ended_) return;
  if (hung_.empty()) hung_ = std::move(hangs);
  // What hangs has nothing to put in order.
  program_->stop(hung_.empty() ? stop_grace() : kWorkerStopGrace);
}

Awaitable<Result<void>> Seat::get_ready() {
  const SteadyTime until = parts_.world.now() + kModelReadyMax;
  for (std::size_t i = 0; i < loops().size(); ++i) {
    auto work = open(i);
    WEFT_CO_TRY(LinkPtr link, co_await on_loop(loops()[i], std::move(work)));
    links_.push_back(std::move(link));
  }
  std::string said;
  for (std::size_t i = 0; i < loops().size(); ++i) {
    auto work = links_[i]->ready(until);
    WEFT_CO_TRY(said, co_await on_loop(loops()[i], std::move(work)));
  }
  auto about = json::parse_object(said, "it");
  if (!about) {
    co_return fail(Reason::upstream_protocol,
                   std::format("what the model says of itself: {}", about.error().message));
  }
  about_ = std::make_shared<const ModelAbout>(
      ModelAbout{.variant = parts_.variant.spec.name, .about = *std::move(about)});
  co_return Result<void>();
}

Awaitable<> Seat::publish() {
  for (std::size_t i = 0; i < links_.size() && !stopping_; ++i) {
    auto work = add_way(parts_.routes[i], parts_.variant_number, links_[i]);
    (void)co_await on_loop(loops()[i], std::move(work));
  }
}

/// What is left of a program that ended; links go on their own loops.
Awaitable<> Seat::withdraw() {
  close_links(taken_down());
  auto links = std::exchange(links_, {});
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto work = remove_way(parts_.routes[i], std::move(links[i]));
    (void)co_await on_loop(loops()[i], std::move(work));
  }
}

void Seat::close_links(const Error& why) {
  for (std::size_t i = 0; i < links_.size(); ++i)
    boost::asio::post(loops()[i], [link = links_[i], why] { link->close(why); });
}

Awaitable<> Seat::end(SteadyTime until) {
  const auto self = shared_from_this();
  if (std::exchange(stopping_, true)) co_return;
  stop_.cancel(make_error(Reason::cancelled, "the worker is let go"));
  const std::uint64_t life = life_;
  const auto links = links_;
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto work = remove_way(parts_.routes[i], links[i]);
    (void)co_await on_loop(loops()[i], std::move(work));
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto work = until_idle(links[i], until);
    (void)co_await on_loop(loops()[i], std::move(work));
  }
  if (life == life_ && program_ && !ended_) program_->stop(stop_grace());
}

void Seat::hurry() {
  hurried_ = true;
  close_links(taken_down());
  if (stopping_ && program_ && !ended_) program_->stop(stop_grace());
}

}  // namespace weft::ml
