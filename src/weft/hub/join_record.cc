#include "weft/hub/join_record.h"

#include <array>
#include <format>

#include "weft/base/url.h"

namespace weft::hub {
namespace {

constexpr std::array<std::string_view, 3> kApprovals{"solution", "hub", "both"};

json::value pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  json::array out;
  for (const auto& [name, value] : pairs) {
    json::array pair;
    pair.emplace_back(name);
    pair.emplace_back(value);
    out.emplace_back(std::move(pair));
  }
  return out;
}

void read_lists(const json::object& o, JoinRequest& request) {
  if (const auto* command = json::array_at(o, "command")) {
    for (const auto& word : *command) {
      if (word.is_string()) request.command.emplace_back(word.get_string());
    }
  }
  if (const auto* environment = json::object_at(o, "environment")) {
    for (const auto& [name, value] : *environment) {
      if (value.is_string()) request.environment[name] = std::string(value.get_string());
    }
  }
  const auto* headers = json::array_at(o, "headers");
  for (std::size_t i = 0; headers && i < headers->size(); ++i) {
    const auto* pair = (*headers)[i].if_array();
    if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) continue;
    request.headers.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  }
}

Result<void> read_approvals(const json::object& o, JoinRequest& request) {
  const auto* approvals = json::object_at(o, "approvals");
  if (!approvals) return {};
  for (const auto& [skill, word] : *approvals) {
    const auto* at = word.is_string()
                         ? std::ranges::find(kApprovals, std::string_view(word.get_string()))
                         : kApprovals.end();
    if (at == kApprovals.end())
      return fail(make_argument_error("/approvals", "an approval that cannot be read"));
    request.approvals[skill] = static_cast<Approval>(at - kApprovals.begin());
  }
  return {};
}

void write_policy(json::object& o, const JoinRequest& request) {
  json::object approvers;
  for (const auto& [skill, names] : request.approvers) {
    json::array list;
    for (const auto& name : names) list.emplace_back(name);
    approvers[skill] = std::move(list);
  }
  if (!approvers.empty()) o["approvers"] = std::move(approvers);
  json::object costs;
  for (const auto& [skill, cost] : request.costs)
    costs[skill] = json::object{{"amount", cost.amount}, {"currency", cost.currency}};
  if (!costs.empty()) o["costs"] = std::move(costs);
  json::object keys;
  for (const auto& [skill, argument] : request.dedup) keys[skill] = argument;
  if (!keys.empty()) o["dedup"] = std::move(keys);
  json::array shared;
  for (const auto& name : request.share) shared.emplace_back(name);
  if (!shared.empty()) o["share"] = std::move(shared);
}

/// A guard that cannot be read must not become none.
Result<void> read_approvers(const json::object& o, JoinRequest& request) {
  const auto* approvers = json::object_at(o, "approvers");
  if (!approvers) return {};
  for (const auto& [skill, list] : *approvers) {
    const auto* names = list.if_array();
    const bool read =
        names != nullptr && !names->empty() &&
        std::ranges::all_of(*names, [](const auto& name) { return name.is_string(); });
    if (!read) return fail(make_argument_error("/approvers", "approvers that cannot be read"));
    for (const auto& name : *names) request.approvers[skill].emplace_back(name.get_string());
  }
  return {};
}

Result<void> read_policy(const json::object& o, JoinRequest& request) {
  WEFT_CHECK(read_approvers(o, request));
  if (const auto* costs = json::object_at(o, "costs")) {
    for (const auto& [skill, cost] : *costs) {
      const auto* price = cost.if_object();
      const auto amount = price ? json::number_at(*price, "amount") : std::nullopt;
      if (!amount) return fail(make_argument_error("/costs", "a cost that cannot be read"));
      request.costs[skill] = {.amount = *amount,
                              .currency = std::string(json::string_at(*price, "currency"))};
    }
  }
  if (const auto* shared = json::array_at(o, "share")) {
    for (const auto& name : *shared) {
      if (name.is_string()) request.share.emplace_back(name.get_string());
    }
  }
  if (const auto* keys = json::object_at(o, "dedup")) {
    for (const auto& [skill, argument] : *keys) {
      if (argument.is_string()) request.dedup[skill] = std::string(argument.get_string());
    }
  }
  return {};
}

}  // namespace

json::value to_json(const JoinRequest& request) {
  json::object o;
  o["id"] = request.id.str();
  o["protocol"] = request.protocol;
  o["url"] = request.url;
  json::array command;
  for (const auto& word : request.command) command.emplace_back(word);
  o["command"] = std::move(command);
  json::object environment;
  for (const auto& [name, value] : request.environment) environment[name] = value;
  o["environment"] = std::move(environment);
  o["headers"] = pairs_json(request.headers);
  o["bearer"] = request.bearer;
  o["timeout_ms"] = request.timeout_ms;
  o["concurrency_max"] = static_cast<std::int64_t>(request.concurrency_max);
  json::object approvals;
  for (const auto& [skill, approval] : request.approvals) {
    approvals[skill] = kApprovals.at(static_cast<std::size_t>(approval));
  }
  o["approvals"] = std::move(approvals);
  write_policy(o, request);
  if (!request.details.empty()) o["details"] = request.details;
  o["origin"] = request.origin;
  return o;
}

Result<JoinRequest> join_request_from(const json::value& v) {
  if (!v.is_object()) return fail(make_argument_error("", "expected object"));
  const json::object& o = v.get_object();
  JoinRequest request;
  request.id = SolutionId(std::string(json::string_at(o, "id")));
  request.protocol = json::string_at(o, "protocol");
  request.url = json::string_at(o, "url");
  read_lists(o, request);
  request.bearer = json::string_at(o, "bearer");
  request.timeout_ms = json::int_at(o, "timeout_ms").value_or(0);
  request.concurrency_max =
      static_cast<std::size_t>(json::int_at(o, "concurrency_max").value_or(0));
  WEFT_CHECK(read_approvals(o, request));
  WEFT_CHECK(read_policy(o, request));
  if (const auto* details = json::object_at(o, "details")) request.details = *details;
  request.origin = json::string_at(o, "origin");
  if (request.id.empty() || request.url.empty() == request.command.empty()) {
    return fail(make_argument_error("", "a solution needs a name, and a URL or a command"));
  }
  return request;
}

bool same_request(const JoinRequest& a, const JoinRequest& b) {
  const auto compared = [](const JoinRequest& request) {
    json::value v = to_json(request);
    v.get_object().erase("origin");
    return v;
  };
  return compared(a) == compared(b);
}

std::string place_of(const JoinRequest& request) {
  if (request.command.empty()) return request.url;
  std::string out;
  for (const auto& word : request.command) out += std::format("{}{}", out.empty() ? "" : " ", word);
  return std::format("`{}`", out);
}

SolutionId name_for(const model::Solution& solution, const JoinRequest& request) {
  std::string name = slug(solution.id.str());
  if (name.empty()) name = slug(solution.title);
  if (const auto url = parse_url(request.url); name.empty() && url) name = slug(url->host);
  if (name.empty() && !request.command.empty()) {
    const std::string& program = request.command.front();
    name = slug(std::string_view(program).substr(program.find_last_of('/') + 1));
  }
  return SolutionId(name.empty() ? "solution" : std::move(name));
}

}  // namespace weft::hub
