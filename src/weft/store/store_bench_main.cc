// Durable appends a second at 1, 64 and 256 flows: each waits for its commit before the next.
// Prints a row a case; an argument names the directory to write in (default: a fresh one under the
// temporary directory).
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <print>

#include "weft/base/testing/run.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store {
namespace {

constexpr std::chrono::seconds kCaseTime{3};

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

void measure(Journal& journal, int flows) {
  boost::asio::io_context loop(1);
  const auto start = std::chrono::steady_clock::now();
  Shared shared{journal, start + kCaseTime, {}};
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
  std::println("{:>5} {:>12.0f} {:>10.2f} {:>10.2f}", flows,
               static_cast<double>(waits.size()) / seconds, at(0.5), at(0.99));
}

}  // namespace
}  // namespace weft::store

int main(int argc, char** argv) {
  const weft::store::testing::TemporaryDirectory fresh;
  const std::filesystem::path directory = argc > 1 ? std::filesystem::path(argv[1]) : fresh.path();
  const auto store = weft::store::sqlite::Store::open({.directory = directory});
  if (!store) {
    std::println(stderr, "error: {}", store.error().message);
    return 1;
  }
  std::println("{:>5} {:>12} {:>10} {:>10}", "flows", "steps/s", "p50 ms", "p99 ms");
  for (const int flows : {1, 8, 64, 256}) weft::store::measure((*store)->journal(), flows);
  return 0;
}
