#include "weft/dialogue/router/evaluation.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft::dialogue {
namespace {

std::optional<double> share(std::size_t part, std::size_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// How often one that means a skill scores higher than one that means none; a draw is a half.
std::optional<double> auroc_of(std::vector<std::pair<float, bool>> scored, std::size_t meant,
                               std::size_t others) {
  if (meant == 0 || others == 0) return std::nullopt;
  std::ranges::sort(scored);
  double wins = 0;
  std::size_t others_below = 0;
  for (std::size_t i = 0; i < scored.size();) {
    std::size_t end = i;
    std::size_t meant_here = 0;
    while (end < scored.size() && scored[end].first == scored[i].first)
      meant_here += scored[end++].second ? 1U : 0U;
    const std::size_t others_here = end - i - meant_here;
    wins += static_cast<double>(meant_here) *
            (static_cast<double>(others_below) + static_cast<double>(others_here) / 2);
    others_below += others_here;
    i = end;
  }
  return wins / (static_cast<double>(meant) * static_cast<double>(others));
}

double at_share(const std::vector<double>& sorted, std::size_t percent) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() * percent / 100, sorted.size() - 1)];
}

}  // namespace

RoutingEvaluation evaluate(const Router& router, std::span<const RoutedQuery> queries) {
  RoutingEvaluation out;
  RoutingFigures& figures = out.figures;
  std::size_t top1 = 0;
  std::size_t top3 = 0;
  std::size_t taken = 0;
  std::size_t rejected = 0;
  std::size_t asked = 0;
  std::vector<std::pair<float, bool>> scored;
  std::vector<double> times;
  for (const RoutedQuery& query : queries) {
    const auto began = std::chrono::steady_clock::now();
    Routing routing = router.route(query.text);
    const auto took = std::chrono::steady_clock::now() - began;
    times.push_back(std::chrono::duration<double, std::micro>(took).count());
    scored.emplace_back(routing.ranked.front().score, query.gold.has_value());
    const bool declined = routing.zone == Zone::decline;
    if (query.gold) {
      ++figures.meant;
      const bool first = routing.ranked.front().skill == *query.gold;
      const auto three = std::min<std::size_t>(routing.ranked.size(), 3);
      top1 += first ? 1 : 0;
      top3 += std::ranges::contains(std::span(routing.ranked).first(three), *query.gold,
                                    &RankedSkill::skill)
                  ? 1
                  : 0;
      taken += first && !declined ? 1 : 0;
      asked += routing.zone == Zone::ask ? 1 : 0;
    } else {
      ++figures.others;
      rejected += declined ? 1 : 0;
    }
    out.answers.push_back(std::move(routing));
  }
  figures.top1 = share(top1, figures.meant);
  figures.top3 = share(top3, figures.meant);
  figures.accuracy = share(taken, figures.meant);
  figures.asked = share(asked, figures.meant);
  figures.rejected = share(rejected, figures.others);
  figures.joint = share(taken + rejected, queries.size());
  figures.auroc = auroc_of(std::move(scored), figures.meant, figures.others);
  std::ranges::sort(times);
  figures.p50_us = at_share(times, 50);
  figures.p99_us = at_share(times, 99);
  return out;
}

}  // namespace weft::dialogue
