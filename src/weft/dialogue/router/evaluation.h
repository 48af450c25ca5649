// How well a router finds what is meant: the measures of CLINC150 and BANKING77. Owned by whoever
// asks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/dialogue/router/router.h"

namespace weft::dialogue {

struct RoutedQuery {
  std::string text;
  std::optional<std::size_t> gold;  ///< nothing: no skill is meant
};

/// Shares are of 1; nothing where there is no such query.
struct RoutingFigures {
  std::size_t meant = 0;
  std::size_t others = 0;          ///< queries that mean no skill
  std::optional<double> top1;      ///< the right one is first, whatever the zone
  std::optional<double> top3;      ///< among the first three
  std::optional<double> accuracy;  ///< first, and not declined
  std::optional<double> rejected;  ///< of the others: declined
  std::optional<double> joint;     ///< right of all: first and not declined, or declined
  std::optional<double> auroc;     ///< of the first score, between the two kinds
  std::optional<double> asked;     ///< of those that mean one: the zone says ask
  double p50_us = 0;               ///< of a query
  double p99_us = 0;
};

struct RoutingEvaluation {
  RoutingFigures figures;
  std::vector<Routing> answers;  ///< in the order of the queries
};

RoutingEvaluation evaluate(const Router& router, std::span<const RoutedQuery> queries);

}  // namespace weft::dialogue
