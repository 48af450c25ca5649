#include "weft/hub/join_record.h"

#include <format>

namespace weft::hub {
namespace {

constexpr std::pair<std::string_view, Approval> kApprovals[] = {
    {"solution", Approval::solution}, {"hub", Approval::hub}, {"both", Approval::both}};

std::string_view word_of(Approval approval) {
  for (const auto& [word, each] : kApprovals) {
    if (each == approval) return word;
  }
  return "solution";
}

Result<std::vector<std::pair<std::string, std::string>>> pairs_at(const json::object& o, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto* list = json::array_at(o, key);
  if (list == nullptr) return out;
  for (const auto& item : *list) {
    const auto* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) {
      return fail(Reason::internal, std::format("`{}` of a kept solution is damaged", key));
    }
    out.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  }
  return out;
}

template <class Range>
json::array pairs_of(const Range& range) {
  json::array out;
  for (const auto& [name, value] : range) out.push_back(json::array{name, value});
  return out;
}

}  // namespace

json::value to_json(const JoinRequest& request) {
  json::object out;
  out["id"] = request.id.str();
  out["protocol"] = request.protocol;
  out["url"] = request.url;
  json::array command;
  for (const auto& word : request.command) command.emplace_back(word);
  out["command"] = std::move(command);
  out["environment"] = pairs_of(request.environment);
  out["headers"] = pairs_of(request.headers);
  out["bearer"] = request.bearer;
  out["timeout_ms"] = request.timeout_ms;
  out["concurrency_max"] = request.concurrency_max;
  json::object approvals;
  for (const auto& [skill, approval] : request.approvals) approvals[skill] = word_of(approval);
  out["approvals"] = std::move(approvals);
  out["origin"] = request.origin;
  return out;
}

Result<JoinRequest> join_request_from_json(const json::value& v) {
  const auto* o = v.if_object();
  if (o == nullptr) return fail(Reason::internal, "a kept solution is no object");
  JoinRequest request;
  request.id = SolutionId(std::string(json::string_at(*o, "id")));
  request.protocol = json::string_at(*o, "protocol");
  request.url = json::string_at(*o, "url");
  if (const auto* command = json::array_at(*o, "command")) {
    for (const auto& word : *command) {
      if (word.is_string()) request.command.emplace_back(word.get_string());
    }
  }
  WEFT_TRY(auto environment, pairs_at(*o, "environment"));
  for (auto& [name, value] : environment) request.environment[name] = value;
  WEFT_TRY(request.headers, pairs_at(*o, "headers"));
  request.bearer = json::string_at(*o, "bearer");
  request.timeout_ms = json::int_at(*o, "timeout_ms").value_or(0);
  request.concurrency_max = static_cast<std::size_t>(json::int_at(*o, "concurrency_max").value_or(0));
  if (const auto* approvals = json::object_at(*o, "approvals")) {
    for (const auto& [skill, word] : *approvals) {
      for (const auto& [name, approval] : kApprovals) {
        if (word.is_string() && word.get_string() == name) request.approvals[skill] = approval;
      }
    }
  }
  request.source = Source::added;
  request.origin = json::string_at(*o, "origin");
  if (request.id.empty() || request.url.empty() == request.command.empty()) {
    return fail(Reason::internal, "a kept solution has no name, or neither URL nor command");
  }
  return request;
}

bool same_request(const JoinRequest& a, const JoinRequest& b) {
  const auto written = [](JoinRequest request) {
    request.origin.clear();
    return json::write(to_json(request));
  };
  // The protocol and URL that were found are not in the file; what the file says is.
  JoinRequest as_found = b;
  if (a.protocol.empty()) as_found.protocol.clear();
  as_found.url = a.url.empty() || b.url.starts_with(a.url) ? a.url : b.url;
  return written(a) == written(as_found);
}

}  // namespace weft::hub
