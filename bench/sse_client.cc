// Opens N event streams at once and reads them to their end; each piece says when it was written
// (bench_upstream), so the delay on the way is known without a clock between processes. Prints one
// JSON line: {"streams","pieces","p50_us","p99_us","first_p50_us","failed"}; `first` is from the
// request to the first piece of its answer.
//   bench_sse_client --url URL --streams N --model NAME [--rounds N]
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/net/http_client.h"

namespace {

using weft::Awaitable;

struct Run {
  std::string url;
  std::string model;
  int streams = 1;
  int rounds = 1;
  std::vector<double> delays_us;
  std::vector<double> firsts_us;
  int failed = 0;
};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void measure(std::string_view piece, std::vector<double>& out) {
  const std::int64_t now = now_ns();
  std::size_t at = 0;
  while ((at = piece.find("t=", at)) != std::string_view::npos) {
    std::int64_t written = 0;
    const char* from = piece.data() + at + 2;
    const auto [end, error] = std::from_chars(from, piece.data() + piece.size(), written);
    if (error == std::errc() && written > 1'000'000)
      out.push_back(static_cast<double>(now - written) / 1000.0);
    at += 2;
  }
}

Awaitable<> read_one(weft::net::HttpClient& client, Run& run) {
  weft::net::ClientRequest request;
  request.origin.url = weft::parse_url(run.url).value();
  request.origin.egress = weft::net::Egress::open;
  request.method = "POST";
  request.headers.add("Content-Type", "application/json");
  request.body = R"({"model":")" + run.model +
                 R"(","stream":true,"messages":[{"role":"user","content":"go"}]})";
  request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  request.idle_timeout = weft::Milliseconds(30'000);
  weft::CancelToken never;
  const std::int64_t began = now_ns();
  auto response = co_await client.send(std::move(request), never);
  if (!response || (*response)->head().status != 200) {
    ++run.failed;
    co_return;
  }
  bool done = false;
  bool begun = false;
  while (true) {
    auto piece = co_await (*response)->read_some();
    if (!piece) {
      ++run.failed;
      co_return;
    }
    if (piece->empty()) break;
    const std::size_t before = run.delays_us.size();
    measure(*piece, run.delays_us);
    if (!begun && run.delays_us.size() > before)
      run.firsts_us.push_back(static_cast<double>(now_ns() - began) / 1000.0);
    begun = begun || run.delays_us.size() > before;
    done = done || piece->contains("[DONE]");
  }
  if (!done) ++run.failed;
}

Awaitable<> read_all(weft::net::Loop& loop, Run& run) {
  auto client = weft::net::HttpClient::create(loop, {});
  for (int round = 0; round < run.rounds; ++round) {
    if (run.streams == 1) {
      co_await read_one(*client, run);
      continue;
    }
    weft::TaskGroup group(loop.executor());
    for (int i = 0; i < run.streams; ++i) group.spawn(read_one(*client, run));
    while (group.size() > 0) co_await weft::sleep_for(weft::Milliseconds(5), {});
    co_await group.join();
  }
}

double percentile(std::vector<double>& values, double p) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> words;
  for (int i = 1; i + 1 < argc; i += 2) words[argv[i]] = argv[i + 1];
  Run run{.url = words["--url"],
          .model = words["--model"],
          .streams = std::stoi(words["--streams"]),
          .rounds = words.contains("--rounds") ? std::stoi(words["--rounds"]) : 1,
          .delays_us = {},
          .firsts_us = {}};
  weft::net::run_alone([&run](weft::net::Loop& loop) { return read_all(loop, run); });
  const auto pieces = run.delays_us.size();
  std::cout << "{\"streams\":" << run.streams << ",\"pieces\":" << pieces
            << ",\"p50_us\":" << percentile(run.delays_us, 0.5)
            << ",\"p99_us\":" << percentile(run.delays_us, 0.99)
            << ",\"first_p50_us\":" << percentile(run.firsts_us, 0.5)
            << ",\"failed\":" << run.failed << "}\n";
  return run.failed == 0 ? 0 : 1;
}
