#include "weft/ml/serving/endpoint_run.h"

#include <algorithm>
#include <format>

#include "weft/base/log.h"
#include "weft/base/timers.h"
#include "weft/ml/serving/endpoint_configs.h"
#include "weft/ml/serving/limits.h"

namespace weft::ml {
namespace {

std::string cut(std::string text) {
  if (text.size() <= kFailureBytesMax) return text;
  text.resize(kFailureBytesMax);
  // No half of a character.
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.pop_back();
  return text;
}

}  // namespace

EndpointRun::EndpointRun(Parts parts, EndpointRecord record)
    : parts_(std::move(parts)),
      record_(std::move(record)),
      front_(std::make_shared<EndpointFront>(parts_.world.parts.loops, parts_.world.parts.clock,
                                             record_.endpoint.owner, record_.endpoint.name)),
      command_(parts_.world.home()) {}

std::size_t EndpointRun::planned() const {
  if (status() == EndpointStatus::failed) return claimed_;
  const std::size_t now = record_.current.instances();
  if (!record_.next) return now + claimed_;
  const std::size_t next = record_.next->instances();
  return claimed_ + (record_.resizes ? std::max(now, next) : now + next);
}

Awaitable<> EndpointRun::run() {
  const auto self = shared_from_this();
  show();
  while (!draining_ && !erased_) {
    switch (status()) {
      case EndpointStatus::creating: co_await create(); break;
      case EndpointStatus::system_updating: co_await reload(); break;
      case EndpointStatus::updating: co_await change(); break;
      case EndpointStatus::deleting: co_await remove(); break;
      case EndpointStatus::in_service:
      case EndpointStatus::failed: co_await command_.wait(); break;
    }
  }
  co_await leave();
}

/// Of the model's workers only what can be asked is given back.
Awaitable<Result<EndpointRun::DeploymentPtr>> EndpointRun::bring_up(const Plan& plan) {
  const auto made =
      std::make_shared<Deployment>(Deployment::Parts{.world = parts_.world,
                                                     .owner = record_.endpoint.owner,
                                                     .endpoint = record_.endpoint.name,
                                                     .changed = [this] { show(); }},
                                   plan);
  pending_ = made;
  auto able = co_await made->begin();
  pending_.reset();
  if (able && !wish_.cancelled()) co_return made;
  co_await made->end(parts_.world.now());
  if (wish_.cancelled()) co_return fail(wish_.token().why());
  co_return fail(std::move(able).error());
}

/// From its return on every request goes there.
Awaitable<> EndpointRun::answer_with(DeploymentPtr deployment) {
  deployment_ = std::move(deployment);
  auto routes = deployment_->routes();
  co_await front_->install(std::move(routes));
  front_->say(deployment_->about());
}

/// As it is now: the store does not know of workers that come and go.
Endpoint EndpointRun::shown() const {
  Endpoint out = record_.endpoint;
  for (VariantState& each : out.variants)
    each.instances = deployment_ ? deployment_->ready(each.name) : 0;
  return out;
}

void EndpointRun::show() {
  if (erased_) return;
  if (deployment_) front_->say(deployment_->about());
  parts_.show(shown());
}

void EndpointRun::tell() {
  told_ = true;
  if (parts_.world.parts.serving) parts_.world.parts.serving(shown(), front_);
}

/// Until it is kept (a disk that is full has room again some day); false when weft ends before.
Awaitable<bool> EndpointRun::settle(EndpointRecord next) {
  while (busy_) co_await command_.wait();
  if (status() == EndpointStatus::deleting) co_return false;
  busy_ = true;
  next.endpoint.modified_ms = unix_ms();
  next.endpoint.failure = cut(std::move(next.endpoint.failure));
  while (true) {
    auto kept = co_await parts_.keep(next);
    if (kept) break;
    if (draining_) co_return false;
    log::error("endpoint {}: its state could not be kept, trying again: {}", next.endpoint.name,
               kept.error().message);
    (void)co_await sleep_for(kEndpointKeepAgain, wish_.token());
  }
  busy_ = false;
  record_ = std::move(next);
  log::info("endpoint {}: {}{}{}", record_.endpoint.name, to_string(status()),
            record_.endpoint.failure.empty() ? "" : ": ", record_.endpoint.failure);
  show();
  co_return true;
}

/// A change that somebody asked for: it counts when it is kept.
Awaitable<Result<void>> EndpointRun::take(EndpointRecord next, std::size_t more) {
  next.endpoint.modified_ms = unix_ms();
  busy_ = true;
  claimed_ = more;
  auto kept = co_await parts_.keep(next);
  busy_ = false;
  claimed_ = 0;
  if (kept) {
    record_ = std::move(next);
    show();
  }
  command_.notify();
  co_return kept;
}

Awaitable<> EndpointRun::create() {
  auto made = co_await bring_up(record_.current);
  if (draining_) co_return;
  EndpointRecord next = record_;
  if (made) {
    co_await answer_with(*std::move(made));
    next.endpoint.status = EndpointStatus::in_service;
  } else {
    next.endpoint.status = EndpointStatus::failed;
    next.endpoint.failure = made.error().message;
  }
  const bool kept = co_await settle(std::move(next));
  if (kept && deployment_) tell();
}

/// weft was restarted: what answered before is made to answer again, however long it takes.
Awaitable<> EndpointRun::reload() {
  // Who asks meanwhile is to come again, and not told that there is no such endpoint.
  tell();
  // Best said in the store too; but to answer again matters more.
  busy_ = true;
  (void)co_await parts_.keep(record_);
  busy_ = false;
  Milliseconds pause = kReloadPauseMin;
  while (!wish_.cancelled()) {
    auto made = co_await bring_up(record_.current);
    if (draining_ || status() != EndpointStatus::system_updating) co_return;
    EndpointRecord next = record_;
    if (made) {
      co_await answer_with(*std::move(made));
      next.endpoint.status = EndpointStatus::in_service;
      next.endpoint.failure.clear();
      const bool kept = co_await settle(std::move(next));
      if (kept) tell();
      co_return;
    }
    next.endpoint.failure = std::format(
        "weft was restarted and could not load the endpoint yet: {}", made.error().message);
    if (next.endpoint.failure != record_.endpoint.failure) {
      const bool kept = co_await settle(std::move(next));
      if (!kept) co_return;
    }
    (void)co_await sleep_for(pause, wish_.token());
    pause = std::min(pause * 2, kReloadPauseMax);
  }
}

Awaitable<> EndpointRun::change() {
  if (record_.resizes && deployment_) co_return co_await resize();
  if (!deployment_) {
    tell();
    // weft was restarted meanwhile: what answered then comes first, if it can.
    auto old = co_await bring_up(record_.current);
    if (draining_) co_return;
    if (old) {
      co_await answer_with(*std::move(old));
      tell();
    }
  }
  auto made = co_await bring_up(*record_.next);
  if (draining_) co_return;
  EndpointRecord next = record_;
  next.next.reset();
  next.resizes = false;
  if (made) {
    auto old = std::exchange(deployment_, nullptr);
    co_await answer_with(*made);
    if (old) parts_.tasks.spawn(let_go(shared_from_this(), std::move(old)));
    next.current = *record_.next;
    next.endpoint.config = next.current.config;
    next.endpoint.variants = states_of(next.current);
    next.endpoint.failure.clear();
  } else {
    next.endpoint.failure = std::format("the update to the configuration {} was taken back: {}",
                                        record_.next->config, made.error().message);
    next.endpoint.variants = states_of(next.current);
  }
  next.endpoint.status = deployment_ ? EndpointStatus::in_service : EndpointStatus::system_updating;
  const bool kept = co_await settle(std::move(next));
  if (kept && made) tell();
}

Awaitable<> EndpointRun::resize() {
  const Plan plan = *record_.next;
  auto able = co_await deployment_->grow(plan);
  if (draining_) co_return;
  EndpointRecord next = record_;
  next.next.reset();
  next.resizes = false;
  next.endpoint.status = EndpointStatus::in_service;
  if (able) {
    deployment_->shrink(plan);
    next.current = plan;
  } else {
    next.endpoint.failure =
        std::format("the numbers of instances stay as they were: {}", able.error().message);
  }
  next.endpoint.variants = states_of(next.current);
  (void)co_await settle(std::move(next));
}

/// The last requests of what does not answer new ones any more.
Awaitable<> EndpointRun::let_go(std::shared_ptr<EndpointRun> self, DeploymentPtr deployment) {
  self->leaving_.emplace_back(deployment);
  if (self->draining_) deployment->give_up();
  co_await deployment->end(self->parts_.world.now() + kCallsDrainMax);
  std::erase_if(self->leaving_, [&](const auto& each) { return each.lock() == deployment; });
}

Awaitable<> EndpointRun::remove() {
  co_await front_->install({});
  front_->say(nullptr);
  if (std::exchange(told_, false) && parts_.world.parts.gone)
    parts_.world.parts.gone(record_.endpoint);
  if (auto old = std::exchange(deployment_, nullptr)) {
    co_await let_go(shared_from_this(), std::move(old));
  }
  while (true) {
    std::string owner = record_.endpoint.owner;
    std::string name = record_.endpoint.name;
    auto gone = co_await parts_.erase(std::move(owner), std::move(name));
    erased_ = gone.has_value();
    if (erased_ || draining_) break;
    log::error("endpoint {}: it could not be erased, trying again: {}", record_.endpoint.name,
               gone.error().message);
    (void)co_await sleep_for(kEndpointKeepAgain, {});
  }
  if (erased_) log::info("endpoint {}: deleted", record_.endpoint.name);
}

Awaitable<> EndpointRun::leave() {
  co_await front_->install({});
  front_->say(nullptr);
  if (auto old = std::exchange(deployment_, nullptr)) co_await old->end(parts_.world.now());
}

Result<void> EndpointRun::can_change() const {
  if (status() == EndpointStatus::in_service && !busy_ && !draining_) return {};
  Error error =
      make_error(Reason::invalid_argument,
                 std::format("the endpoint is {} and cannot be changed now", to_string(status())));
  error.code = Code::failed_precondition;
  return fail(std::move(error));
}

Awaitable<Result<void>> EndpointRun::update(Plan plan, bool keep_weights, json::object changed) {
  WEFT_CO_CHECK(can_change());
  for (PlannedVariant& each : plan.variants) {
    const auto was = std::ranges::find(record_.current.variants, each.spec.name,
                                       [](const PlannedVariant& other) { return other.spec.name; });
    if (!keep_weights || was == record_.current.variants.end()) continue;
    each.spec.weight = was->spec.weight;
    each.spec.instances = was->spec.instances;
  }
  const std::size_t more = plan.instances();
  WEFT_CO_CHECK(parts_.world.room_for(more));
  EndpointRecord next = record_;
  next.endpoint.status = EndpointStatus::updating;
  next.endpoint.failure.clear();
  for (auto& [name, value] : changed) {
    if (value.is_null()) {
      next.endpoint.request.erase(name);
    } else {
      next.endpoint.request[name] = std::move(value);
    }
  }
  next.next = std::move(plan);
  next.resizes = false;
  co_return co_await take(std::move(next), more);
}

Awaitable<Result<void>> EndpointRun::change_variants(std::vector<VariantChange> changes) {
  WEFT_CO_CHECK(can_change());
  Plan plan = record_.current;
  for (const VariantChange& change : changes) {
    const auto at = std::ranges::find(plan.variants, change.variant,
                                      [](const PlannedVariant& each) { return each.spec.name; });
    if (at == plan.variants.end()) {
      co_return fail(Reason::invalid_argument,
                     std::format("the endpoint has no variant `{}`", change.variant));
    }
    at->spec.weight = change.weight.value_or(at->spec.weight);
    at->spec.instances = change.instances.value_or(at->spec.instances);
    WEFT_CO_CHECK(check_weight(change.variant, at->spec.weight));
    WEFT_CO_CHECK(check_instances(change.variant, at->spec.instances));
  }
  EndpointRecord next = record_;
  next.endpoint.failure.clear();
  next.endpoint.variants = states_of(plan);
  std::size_t more = 0;
  bool resizes = false;
  for (std::size_t i = 0; i < plan.variants.size(); ++i) {
    VariantSpec& was = next.current.variants[i].spec;
    const VariantSpec& wanted = plan.variants[i].spec;
    was.weight = wanted.weight;
    resizes = resizes || was.instances != wanted.instances;
    more += static_cast<std::size_t>(std::max<std::int64_t>(wanted.instances - was.instances, 0));
  }
  WEFT_CO_CHECK(parts_.world.room_for(more));
  if (resizes) {
    next.endpoint.status = EndpointStatus::updating;
    next.next = std::move(plan);
    next.resizes = true;
  }
  const DeploymentPtr deployment = deployment_;
  const Plan weights = next.current;
  WEFT_CO_CHECK(co_await take(std::move(next), more));
  co_await deployment->set_weights(weights);
  co_return Result<void>();
}

Awaitable<Result<void>> EndpointRun::erase() {
  const bool may = status() == EndpointStatus::in_service || status() == EndpointStatus::failed ||
                   status() == EndpointStatus::system_updating;
  if (!may || busy_ || draining_) {
    Error error = make_error(
        Reason::invalid_argument,
        std::format("the endpoint is {} and cannot be deleted now", to_string(status())));
    error.code = Code::failed_precondition;
    co_return fail(std::move(error));
  }
  EndpointRecord next = record_;
  next.endpoint.status = EndpointStatus::deleting;
  next.next.reset();
  WEFT_CO_CHECK(co_await take(std::move(next), 0));
  wish_.cancel(make_error(Reason::cancelled, "the endpoint is deleted"));
  if (pending_) pending_->give_up();
  co_return Result<void>();
}

void EndpointRun::drain() {
  draining_ = true;
  wish_.cancel(make_error(Reason::cancelled, "weft ends"));
  command_.notify();
  if (pending_) pending_->give_up();
  if (deployment_) deployment_->give_up();
  for (const auto& each : leaving_) {
    if (const auto leaving = each.lock()) leaving->give_up();
  }
}

}  // namespace weft::ml
