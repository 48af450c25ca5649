// Programs in real sandboxes for tests: a folder, what they wrote, how they ended. Owned by the
// test; one loop.
#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/app/workers/workers.h"
#include "weft/base/file.h"
#include "weft/net/loop.h"

namespace weft::app::testing {

/// What a program wrote, and how it ended.
struct Outcome {
  std::vector<std::string> log;
  std::vector<std::string> status;
  ml::WorkerEnd end;
  /// The log as one text.
  std::string text() const {
    std::string out;
    for (const std::string& line : log) out.append(line).append("\n");
    return out;
  }
};

inline Awaitable<Outcome> outcome_of(ml::Worker& worker) {
  Outcome out;
  while (true) {
    auto line = co_await worker.next_line();
    if (!line) break;
    const bool status = line->stream == ml::WorkerLine::Stream::status;
    (status ? out.status : out.log).push_back(std::move(line->text));
  }
  out.end = co_await worker.ended();
  co_return out;
}

class InSandbox : public ::testing::Test {
 protected:
  InSandbox() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-workers-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "given");
    std::filesystem::create_directories(folder_ / "own");
    workers_ = make({});
  }
  ~InSandbox() override { std::filesystem::remove_all(folder_); }

  static std::unique_ptr<ml::Workers> make(WorkersConfig config) {
    auto workers = make_workers(std::move(config));
    EXPECT_TRUE(workers.has_value()) << workers.error().message;
    return std::move(*workers);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// `given` is /data (read-only), `own` is /opt/ml.
  ml::WorkerSpec program(std::string path, std::vector<std::string> arguments) const {
    ml::WorkerSpec out;
    out.program = std::move(path);
    out.arguments = std::move(arguments);
    out.binds = {{.from = folder_ / "own", .to = "/opt/ml", .writable = true},
                 {.from = folder_ / "given", .to = "/data", .writable = false}};
    out.directory = "/opt/ml";
    out.memory_bytes = 512ULL << 20;
    return out;
  }
  ml::WorkerSpec shell(std::string script) const {
    return program("/bin/sh", {"-c", std::move(script)});
  }
  ml::WorkerSpec python(std::string script) const {
    return program("/usr/bin/python3", {"-c", std::move(script)});
  }
  std::unique_ptr<ml::Worker> start(net::Loop& loop, ml::WorkerSpec spec) {
    auto worker = workers_->start(loop.executor(), std::move(spec));
    EXPECT_TRUE(worker.has_value()) << worker.error().message;
    return worker ? std::move(*worker) : nullptr;
  }
  /// Runs it to its end on a loop of its own.
  Outcome run(ml::WorkerSpec spec) {
    Outcome out;
    net::run_alone([&](net::Loop& loop) -> Awaitable<> {
      auto worker = start(loop, std::move(spec));
      if (worker) out = co_await outcome_of(*worker);
    });
    return out;
  }

  std::filesystem::path folder_;
  std::unique_ptr<ml::Workers> workers_;
};

}  // namespace weft::app::testing
