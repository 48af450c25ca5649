#include "weft/ml/serving/deployment.h"

#include <algorithm>
#include <format>
#include <system_error>

#include "weft/base/on_loop.h"

namespace weft::ml {
namespace {

std::vector<double> weights_of(const Plan& plan) {
  std::vector<double> out;
  out.reserve(plan.variants.size());
  for (const PlannedVariant& each : plan.variants) out.push_back(each.spec.weight);
  return out;
}

// Seats leave the list before their coroutines end.

Awaitable<> run_seat(std::shared_ptr<Seat> seat) { co_await seat->run(); }

Awaitable<> end_seat(std::shared_ptr<Seat> seat, SteadyTime until) { co_await seat->end(until); }

Awaitable<Result<void>> weigh(std::shared_ptr<Routes> routes, std::vector<double> weights) {
  routes->set_weights(weights);
  co_return Result<void>();
}

}  // namespace

Deployment::Deployment(Parts parts, const Plan& plan)
    : parts_(std::move(parts)),
      folder_(parts_.world.parts.folder / random_hex(8, parts_.world.parts.random)),
      tasks_(parts_.world.home()),
      changed_(parts_.world.home()) {
  for (const PlannedVariant& planned : plan.variants) {
    variants_.push_back(
        {.planned = planned,
         .metrics = std::make_shared<const ServingMetrics>(parts_.world.parts.metrics, parts_.owner,
                                                           parts_.endpoint, planned.spec.name),
         .seats = {}});
  }
  for (std::size_t i = 0; i < parts_.world.parts.loops.size(); ++i) {
    std::vector<Routes::Variant> ways;
    ways.reserve(variants_.size());
    for (const Variant& each : variants_)
      ways.push_back({.name = each.planned.spec.name, .metrics = each.metrics, .links = {}});
    routes_.push_back(std::make_shared<Routes>(std::move(ways), weights_of(plan)));
  }
}

void Deployment::add_seats(std::size_t variant, std::int64_t instances) {
  Variant& its = variants_[variant];
  while (static_cast<std::int64_t>(its.seats.size()) < instances) {
    auto seat = std::make_shared<Seat>(Seat::Parts{.world = parts_.world,
                                                   .owner = parts_.owner,
                                                   .endpoint = parts_.endpoint,
                                                   .variant = its.planned,
                                                   .variant_number = variant,
                                                   .folder = folder_ / std::to_string(next_seat_++),
                                                   .routes = routes_,
                                                   .metrics = its.metrics,
                                                   .changed = [this] { on_changed(); }});
    tasks_.spawn(run_seat(seat));
    its.seats.push_back(std::move(seat));
  }
}

void Deployment::drop_seats(std::size_t variant, std::int64_t instances) {
  auto& seats = variants_[variant].seats;
  const SteadyTime until = parts_.world.now() + kCallsDrainMax;
  while (static_cast<std::int64_t>(seats.size()) > instances) {
    tasks_.spawn(end_seat(seats.back(), until));
    seats.pop_back();
  }
}

void Deployment::on_changed() {
  changed_.notify();
  parts_.changed();
}

Awaitable<Result<void>> Deployment::all_ready() {
  while (true) {
    bool all = true;
    for (const Variant& variant : variants_) {
      for (const auto& seat : variant.seats) {
        all = all && seat->was_ready();
        if (!seat->failure()) continue;
        Error why = *seat->failure();
        why.message = std::format("variant {}: model {}: {}", variant.planned.spec.name,
                                  variant.planned.model.name, why.message);
        co_return fail(std::move(why));
      }
    }
    if (given_up_) co_return fail(Reason::cancelled, "it is not wanted any more");
    if (all) co_return Result<void>();
    co_await changed_.wait();
  }
}

Awaitable<Result<void>> Deployment::begin() {
  for (std::size_t i = 0; i < variants_.size(); ++i)
    add_seats(i, variants_[i].planned.spec.instances);
  co_return co_await all_ready();
}

Awaitable<Result<void>> Deployment::grow(const Plan& plan) {
  std::vector<std::int64_t> before;
  before.reserve(variants_.size());
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    before.push_back(static_cast<std::int64_t>(variants_[i].seats.size()));
    add_seats(i, plan.variants[i].spec.instances);
  }
  auto able = co_await all_ready();
  if (!able && !given_up_) {
    for (std::size_t i = 0; i < variants_.size(); ++i) drop_seats(i, before[i]);
  }
  co_return able;
}

void Deployment::shrink(const Plan& plan) {
  for (std::size_t i = 0; i < variants_.size(); ++i) drop_seats(i, plan.variants[i].spec.instances);
}

Awaitable<> Deployment::set_weights(const Plan& plan) {
  const std::vector<double> weights = weights_of(plan);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    auto work = weigh(routes_[i], weights);
    (void)co_await on_loop(parts_.world.parts.loops[i], std::move(work));
  }
}

Awaitable<> Deployment::end(SteadyTime until) {
  for (const Variant& variant : variants_) {
    for (const auto& seat : variant.seats) tasks_.spawn(end_seat(seat, until));
  }
  co_await tasks_.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Deployment::give_up() {
  given_up_ = true;
  changed_.notify();
  for (const Variant& variant : variants_) {
    for (const auto& seat : variant.seats) seat->hurry();
  }
}

std::int64_t Deployment::ready(std::string_view name) const {
  const auto at = std::ranges::find(variants_, name,
                                    [](const Variant& each) { return each.planned.spec.name; });
  if (at == variants_.end()) return 0;
  return std::ranges::count_if(at->seats, [](const auto& seat) { return seat->ready(); });
}

std::shared_ptr<const ModelAbout> Deployment::about() const {
  const bool any = std::ranges::any_of(variants_, [](const Variant& variant) {
    return std::ranges::any_of(variant.seats, [](const auto& seat) { return seat->ready(); });
  });
  if (!any) return nullptr;
  const Variant& first = variants_.front();
  for (const auto& seat : first.seats) {
    if (auto about = seat->about()) return about;
  }
  return nullptr;
}

}  // namespace weft::ml
