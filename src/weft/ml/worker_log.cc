#include "weft/ml/worker_log.h"

#include <format>

#include "weft/base/log.h"
#include "weft/ml/limits.h"

namespace weft::ml {

WorkerLog::WorkerLog(Executor executor, const Clock& clock, Logs& logs, std::string group,
                     std::string stream)
    : executor_(executor),
      clock_(clock),
      logs_(logs),
      group_(std::move(group)),
      stream_(std::move(stream)),
      there_(executor),
      room_(executor) {}

void WorkerLog::add(std::string text) {
  last_.push_back(shown_line(text).substr(0, kLastLineBytes));
  if (last_.size() > kLastLines) last_.pop_front();
  note(std::move(text));
}

void WorkerLog::note(std::string text) {
  unwritten_.push_back({.at_ms = clock_.unix_ms(), .text = std::move(text)});
  if (unwritten_.size() == 1 || full()) there_.notify();
}

bool WorkerLog::full() const { return unwritten_.size() >= kLogFlushLines; }

Awaitable<> WorkerLog::room() {
  while (full()) co_await room_.wait();
}

Awaitable<> WorkerLog::flush() {
  if (unwritten_.empty()) co_return;
  auto events = std::exchange(unwritten_, {});
  std::string group = group_;
  std::string stream = stream_;
  auto written = co_await logs_.append(std::move(group), std::move(stream), std::move(events));
  if (!written)
    log::error("the log {} {} could not be written: {}", group_, stream_, written.error().message);
  room_.notify();
}

/// Lines that come soon after each other are written together.
Awaitable<> WorkerLog::rest() {
  bool rested = false;
  const Timer timer = run_after(executor_, kLogFlushEvery, [&] {
    rested = true;
    there_.notify();
  });
  while (!rested && !full() && !ended_) co_await there_.wait();
}

Awaitable<> WorkerLog::write() {
  while (!ended_) {
    while (unwritten_.empty() && !ended_) co_await there_.wait();
    co_await flush();
    co_await rest();
  }
  co_await flush();
}

void WorkerLog::end() {
  ended_ = true;
  there_.notify();
}

std::string WorkerLog::last_words(std::string_view but) const {
  std::string out;
  for (const std::string& line : last_) {
    if (line.empty() || (!but.empty() && but.starts_with(line))) continue;
    out += std::format("{}{}", out.empty() ? "" : " | ", line);
  }
  return out;
}

}  // namespace weft::ml
