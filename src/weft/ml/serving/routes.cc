#include "weft/ml/serving/routes.h"

#include <algorithm>
#include <format>
#include <utility>

namespace weft::ml {
namespace {

bool can_be_asked(const Routes::Variant& variant) {
  return std::ranges::any_of(variant.links, [](const auto& each) { return each->usable(); });
}

LinkClient* least_busy(Routes::Variant& variant) {
  const std::size_t count = variant.links.size();
  if (count == 1) return variant.links[0]->usable() ? variant.links[0].get() : nullptr;
  LinkClient* best = nullptr;
  std::uint32_t load = 0;
  const std::size_t first = variant.last + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    LinkClient& link = *variant.links[at];
    if (!link.usable()) continue;
    const std::uint32_t its = link.load();
    if (best != nullptr && its >= load) continue;
    best = &link;
    load = its;
    variant.last = at;
  }
  return best;
}

}  // namespace

Routes::Routes(std::vector<Variant> variants, std::span<const double> weights)
    : variants_(std::move(variants)), by_weight_(weights) {}

Result<Routes::Variant*> Routes::variant_of(std::string_view name) {
  if (!name.empty()) {
    const auto at = std::ranges::find(variants_, name, &Variant::name);
    if (at != variants_.end()) return &*at;
    std::string names;
    for (const Variant& each : variants_)
      names += std::format("{}{}", names.empty() ? "" : ", ", each.name);
    return fail(Reason::invalid_argument,
                std::format("the endpoint has no variant `{}`; it has {}", name, names));
  }
  std::uint32_t among = 0;
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (can_be_asked(variants_[i])) among |= 1U << i;
  }
  if (const auto chosen = by_weight_.next(among)) return &variants_[*chosen];
  return fail(Reason::unavailable,
              among == 0 ? "no worker of the endpoint is ready; try again shortly"
                         : "all variants of the endpoint that are ready have the weight 0: name "
                           "one of them, or give one a weight");
}

Result<Routes::Way> Routes::choose(std::string_view name) {
  WEFT_TRY(Variant* const variant, variant_of(name));
  if (LinkClient* const link = least_busy(*variant)) return Way{.variant = variant, .link = link};
  return fail(
      Reason::unavailable,
      std::format("no worker of the variant {} is ready; try again shortly", variant->name));
}

void Routes::add(std::size_t variant, std::shared_ptr<LinkClient> link) {
  variants_[variant].links.push_back(std::move(link));
}

void Routes::remove(const LinkClient& link) {
  for (Variant& each : variants_)
    std::erase_if(each.links, [&](const auto& its) { return its.get() == &link; });
}

}  // namespace weft::ml
