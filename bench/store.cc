// Durable appends a second at 1, 8, 64 and 256 flows: each waits for its commit before the next.
//   bench_store [--json FILE] [--quick] [--directory DIR]     (default: a fresh one in the
//   temporary directory)
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <print>
#include <span>
#include <thread>

#include "weft/base/json.h"
#include "weft/base/testing/run.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store {
namespace {

struct Shared {
  Journal& journal;
  std::chrono::steady_clock::time_point end;
  std::vector<double> waits_ms;
};

Awaitable<> flow(Shared& shared, std::string name) {
  TaskRecord task;
  task.id = TaskId(name);
  auto head = co_await shared.journal.create(task, {});
  while (head && std::chrono::steady_clock::now() < shared.end) {
    Append change;
    change.task = task.id;
    change.expected_head = *head;
    change.events.push_back(
        {"delta",
         json::object{
             {"text", "one step of a flow, some eighty bytes long, as a small delta would be"}},
         1});
    const auto start = std::chrono::steady_clock::now();
    head = co_await shared.journal.append(std::move(change));
    shared.waits_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  if (!head) std::println("error: {}", head.error().message);
}

/// One line of what was measured.
struct Figure {
  int flows;
  std::string_view metric;
  double value;
  std::string_view unit;
};

void measure(Journal& journal, int flows, std::chrono::seconds time, std::vector<Figure>& rows) {
  boost::asio::io_context loop(1);
  const auto start = std::chrono::steady_clock::now();
  Shared shared{journal, start + time, {}};
  for (int i = 0; i < flows; ++i) {
    weft::testing::start(loop, flow(shared, std::format("f{}-{}", flows, i)));
  }
  loop.run();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  auto& waits = shared.waits_ms;
  std::ranges::sort(waits);
  const auto at = [&](double share) {
    return waits.empty()
               ? 0.0
               : waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))];
  };
  const double each_second = static_cast<double>(waits.size()) / seconds;
  std::println("{:>5} {:>12.0f} {:>10.2f} {:>10.2f}", flows, each_second, at(0.5), at(0.99));
  rows.push_back({flows, "throughput", each_second, "appends/s"});
  rows.push_back({flows, "p50", at(0.5), "ms"});
  rows.push_back({flows, "p99", at(0.99), "ms"});
}

/// The file that every benchmark writes.
void write_rows(const std::string& file, const std::vector<Figure>& rows) {
  json::array out;
  for (const Figure& row : rows) {
    out.push_back(json::object{{"bench", "store"},
                               {"system", "weft"},
                               {"case", "durable appends"},
                               {"c", row.flows},
                               {"metric", row.metric},
                               {"value", row.value},
                               {"unit", row.unit}});
  }
  const json::object machine{{"cores", std::thread::hardware_concurrency()}};
  std::ofstream(file) << json::write(json::object{{"machine", machine}, {"rows", std::move(out)}})
                      << '\n';
}

/// The value of an option of the command line; empty without it.
std::string option(std::span<char*> arguments, std::string_view name) {
  const auto at = std::ranges::find(arguments, name);
  return at == arguments.end() || at + 1 == arguments.end() ? std::string() : *(at + 1);
}

}  // namespace
}  // namespace weft::store

using std::string_view_literals::operator""sv;

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const weft::store::testing::TemporaryDirectory fresh;
  const std::string given = weft::store::option(arguments, "--directory");
  const std::filesystem::path directory =
      given.empty() ? fresh.path() : std::filesystem::path(given);
  const auto store = weft::store::sqlite::Store::open({.directory = directory});
  if (!store) {
    std::println(stderr, "error: {}", store.error().message);
    return 1;
  }
  const std::chrono::seconds time(std::ranges::contains(arguments, "--quick"sv) ? 1 : 3);
  std::vector<weft::store::Figure> rows;
  std::println("{:>5} {:>12} {:>10} {:>10}", "flows", "appends/s", "p50 ms", "p99 ms");
  for (const int flows : {1, 8, 64, 256}) {
    weft::store::measure((*store)->journal(), flows, time, rows);
  }
  const std::string file = weft::store::option(arguments, "--json");
  if (!file.empty()) weft::store::write_rows(file, rows);
  return 0;
}
