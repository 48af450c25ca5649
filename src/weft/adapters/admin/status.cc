#include <unistd.h>

#include <format>

#include "weft/adapters/admin/api.h"

namespace weft::adapters::admin {
namespace {

std::string escape_label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

struct Series {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

void head(std::string& out, const Series& series) {
  out += std::format("# HELP {0} {1}\n# TYPE {0} {2}\n", series.name, series.help, series.type);
}

/// Of the solutions that this caller may call.
std::string metrics(Environment& environment, const model::Principal& principal) {
  const auto snapshot = environment.hub.registry().snapshot();
  const hub::Audience audience{environment.hub.keys(), principal};
  std::vector<const hub::Entry*> shown;
  for (const auto& entry : snapshot->entries) {
    if (audience.may_know(entry->solution->id.str())) shown.push_back(entry.get());
  }
  std::string out;
  const auto each = [&](const Series& series, auto value) {
    head(out, series);
    for (const hub::Entry* entry : shown) {
      out += std::format("{}{{solution=\"{}\",protocol=\"{}\"}} {}\n", series.name,
                         escape_label(entry->solution->id.str()),
                         escape_label(entry->solution->protocol), value(*entry->counters));
    }
  };
  using Counters = hub::Entry::Counters;
  each({"weft_calls_total", "counter", "Calls to the solution that began."},
       [](const Counters& c) { return c.calls.load(); });
  each({"weft_call_failures_total", "counter", "Calls to the solution that ended in an error."},
       [](const Counters& c) { return c.failures.load(); });
  each({"weft_calls_running", "gauge", "Calls to the solution that run now."},
       [](const Counters& c) { return c.running.load(); });
  each({"weft_solution_up", "gauge", "1 when the solution answered last, 0 when it did not."},
       [](const Counters& c) { return c.health.load() == hub::Health::down ? 0 : 1; });
  head(out, {"weft_solutions", "gauge", "Solutions that have joined."});
  out += std::format("weft_solutions {}\n", shown.size());
  return out;
}

}  // namespace

Awaitable<> handle_info(Environment& environment, Request& request) {
  const auto snapshot = environment.hub.registry().snapshot();
  json::object body;
  body["version"] = WEFT_VERSION;
  body["pid"] = ::getpid();
  body["url"] = environment.listen_url;
  body["data"] = environment.data_directory;
  body["config"] = environment.config_file;
  body["solutions"] = snapshot->entries.size();
  body["keys"] = environment.hub.keys().any();
  answer(request.exchange, 200, std::move(body));
  co_return;
}

Awaitable<> handle_reload(Environment& environment, Request& request) {
  if (request.exchange.head().method != "POST") {
    co_return answer_error(request.exchange, wrong_method(request, "POST"));
  }
  auto done = co_await environment.reload();
  if (!done) co_return answer_error(request.exchange, done.error());
  json::object body;
  body["reloaded"] = *done;
  answer(request.exchange, 200, std::move(body));
}

Awaitable<> handle_metrics(Environment& environment, Request& request) {
  wire::ResponseHead response;
  response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  std::string text = metrics(environment, request.principal);
  (void)request.exchange.respond(std::move(response), text);
  co_return;
}

Awaitable<> handle_document(Environment&, Request& request) {
  answer(request.exchange, 200, openapi_document(WEFT_VERSION));
  co_return;
}

}  // namespace weft::adapters::admin
