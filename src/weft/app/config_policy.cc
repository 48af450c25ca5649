#include "weft/app/config_policy.h"

#include <charconv>
#include <cmath>
#include <format>
#include <map>

namespace weft::app {
namespace {

std::optional<hub::Approval> approval_from(const YAML::Node& value) {
  static const std::map<std::string, hub::Approval> kWords{{"solution", hub::Approval::solution},
                                                           {"hub", hub::Approval::hub},
                                                           {"both", hub::Approval::both}};
  const auto word = value.IsScalar() ? kWords.find(value.Scalar()) : kWords.end();
  return word == kWords.end() ? std::nullopt : std::optional(word->second);
}

/// Keys of a mapping that are none of those that are read.
bool knows_keys(ConfigNode& node, const YAML::Node& map, std::string_view first,
                std::string_view second) {
  bool all = true;
  for (const auto& item : map) {
    if (item.first.Scalar() == first || item.first.Scalar() == second) continue;
    all = false;
    node.fault(item.first, "W1203", std::format("`{}` is not a key here", item.first.Scalar()),
               std::format("{}, {}", first, second), "");
  }
  return all;
}

std::vector<std::string> names_of(ConfigNode& node, const YAML::Node& list) {
  std::vector<std::string> out;
  if (list.IsSequence()) {
    for (const auto& item : list) {
      if (item.IsScalar() && !item.Scalar().empty()) out.push_back(item.Scalar());
    }
  }
  if (out.empty() || out.size() != list.size()) {
    node.fault(list, "W1205", "`approvers` lists who may approve, by the names of their keys",
               "[alice, bob]", "`weft key ls` lists the names; `local` is whoever has no key");
  }
  return out;
}

/// `{by: hub, approvers: [alice, bob]}`.
void read_approvers(ConfigNode& node, hub::JoinRequest& request, const std::string& skill,
                    const YAML::Node& value) {
  if (!knows_keys(node, value, "by", "approvers")) return;
  const YAML::Node by = value["by"];
  const auto asks = by ? approval_from(by) : std::optional(hub::Approval::hub);
  if (!asks) {
    return node.fault(by, "W1205", "`by` says who asks before a skill runs", "hub, both, solution",
                      "");
  }
  request.approvals[skill] = *asks;
  const YAML::Node approvers = value["approvers"];
  if (!approvers) return;
  if (*asks == hub::Approval::solution) {
    return node.fault(approvers, "W1213",
                      "`approvers` beside `by: solution` does nothing: the solution asks itself",
                      "", "write `by: hub`, or leave `approvers` out");
  }
  request.approvers[skill] = names_of(node, approvers);
}

void read_approval(ConfigNode& node, hub::JoinRequest& request) {
  const auto approval = node.any("approval");
  if (!approval) return;
  const auto one = [&](const std::string& skill, const YAML::Node& value) {
    if (value.IsMap()) return read_approvers(node, request, skill, value);
    if (const auto asks = approval_from(value)) {
      request.approvals[skill] = *asks;
    } else {
      node.fault(value, "W1205", "`approval` says who asks before a skill runs",
                 "solution, hub, both", "");
    }
  };
  if (!approval->IsMap()) return one("*", *approval);
  for (const auto& item : *approval) one(item.first.Scalar(), item.second);
}

/// A mapping by skill.
std::optional<YAML::Node> by_skill(ConfigNode& node, const std::string& key,
                                   const std::string& example) {
  auto map = node.any(key);
  if (!map || map->IsMap()) return map;
  node.fault(*map, "W1202", std::format("`{}` is a mapping by skill", key), example, "");
  return std::nullopt;
}

std::optional<double> amount_of(const YAML::Node& value) {
  if (!value || !value.IsScalar()) return std::nullopt;
  const std::string& text = value.Scalar();
  double amount = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), amount);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && std::isfinite(amount) && amount >= 0 ? std::optional(amount) : std::nullopt;
}

void read_costs(ConfigNode& node, hub::JoinRequest& request) {
  const auto costs = by_skill(node, "cost", "{pay: 0.5}");
  if (!costs) return;
  for (const auto& item : *costs) {
    const bool whole = item.second.IsMap();
    if (whole && !knows_keys(node, item.second, "amount", "currency")) continue;
    const auto amount = amount_of(whole ? item.second["amount"] : item.second);
    const YAML::Node currency = whole ? item.second["currency"] : YAML::Node();
    if (!amount || (currency && !currency.IsNull() && !currency.IsScalar())) {
      node.fault(item.second, "W1205",
                 "what one call costs is a number, with a currency or without",
                 "0.5, {amount: 0.5, currency: EUR}", "");
      continue;
    }
    model::Cost& cost = request.costs[item.first.Scalar()];
    cost.amount = *amount;
    if (currency && currency.IsScalar()) cost.currency = currency.Scalar();
  }
}

void read_dedup(ConfigNode& node, hub::JoinRequest& request) {
  const auto keys = by_skill(node, "dedup", "{pay: request_id}");
  if (!keys) return;
  for (const auto& item : *keys) {
    if (item.second.IsScalar() && !item.second.Scalar().empty()) {
      request.dedup[item.first.Scalar()] = item.second.Scalar();
      continue;
    }
    node.fault(item.second, "W1205",
               "`dedup` names the argument whose key makes calls of the skill one", "request_id",
               "");
  }
}

}  // namespace

void read_policy(ConfigNode& node, hub::JoinRequest& request) {
  read_approval(node, request);
  read_costs(node, request);
  read_dedup(node, request);
  request.share = node.texts("share");
}

}  // namespace weft::app
