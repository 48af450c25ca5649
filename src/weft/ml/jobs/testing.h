// Programs that do what a test says, behind the port of real ones. Owned by the test; one loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/ml/ports.h"

namespace weft::ml::testing {

/// What a program does: its lines, then its end. One that `waits` does not end before it is
/// stopped.
struct Script {
  std::vector<WorkerLine> lines;
  WorkerEnd end{.exit_code = 0, .signal = 0, .out_of_memory = false};
  bool waits = false;
  /// At its start, with the folder that it has as /opt/ml.
  std::function<void(const std::filesystem::path&)> begins = [](const auto&) {};
};

class FakeWorkers final : public Workers {
 public:
  using Choose = std::function<Script(const WorkerSpec&)>;
  explicit FakeWorkers(Choose choose) : choose_(std::move(choose)) {}

  Result<std::unique_ptr<Worker>> start(Executor executor, WorkerSpec spec) override {
    started.push_back(spec);
    if (!refusal.empty()) return fail(Reason::unavailable, refusal);
    if (refusals > 0) {
      --refusals;
      return fail(Reason::unavailable, "no sandbox just now");
    }
    Script script = choose_(spec);
    script.begins(spec.binds.at(0).from);
    return std::make_unique<FakeWorker>(executor, std::move(script));
  }
  int threads() const override { return 2; }
  std::uint64_t memory_bytes() const override { return 1 << 30; }

  std::vector<WorkerSpec> started;
  std::string refusal;
  int refusals = 0;  ///< how many more of them, before all is well

 private:
  class FakeWorker final : public Worker {
   public:
    FakeWorker(Executor executor, Script script)
        : script_(std::move(script)),
          lines_(script_.lines.begin(), script_.lines.end()),
          stopped_(executor) {}
    Awaitable<std::optional<WorkerLine>> next_line() override {
      if (lines_.empty()) {
        if (script_.waits && !over_) co_await stopped_.wait();
        co_return std::nullopt;
      }
      WorkerLine out = std::move(lines_.front());
      lines_.pop_front();
      co_return out;
    }
    Awaitable<WorkerEnd> ended() override { co_return script_.end; }
    void stop(Milliseconds) override {
      over_ = true;
      stopped_.notify();
    }
    std::unique_ptr<WorkerLink> link(std::size_t, Executor) override { return nullptr; }

   private:
    Script script_;
    std::deque<WorkerLine> lines_;
    Signal stopped_;
    bool over_ = false;
  };
  Choose choose_;
};

}  // namespace weft::ml::testing
