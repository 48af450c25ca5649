#include "weft/adapters/mcp/replay.h"

#include <algorithm>
#include <charconv>
#include <format>

namespace weft::adapters::mcp {

Replay::Replay(std::string stream) : stream_(std::move(stream)) {}

std::string Replay::event_id(std::uint64_t seq) const { return std::format("{}.{}", stream_, seq); }

std::string Replay::append(std::string text) {
  std::uint64_t seq = 0;
  std::vector<std::shared_ptr<Waker>> woken;
  {
    const std::lock_guard lock(mutex_);
    seq = ++head_;
    bytes_ += text.size();
    items_.push_back(Item{seq, std::move(text)});
    while (bytes_ > kReplayBytesMax && items_.size() > 1) {
      bytes_ -= items_.front().text.size();
      items_.pop_front();
    }
    woken = readers();
  }
  for (const auto& reader : woken) reader->wake();
  return event_id(seq);
}

void Replay::close() {
  std::vector<std::shared_ptr<Waker>> woken;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    woken = readers();
  }
  for (const auto& reader : woken) reader->wake();
}

bool Replay::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::vector<Replay::Item> Replay::after(std::uint64_t seq, bool& over) const {
  const std::lock_guard lock(mutex_);
  over = closed_;
  const auto first = std::ranges::find_if(items_, [&](const Item& item) { return item.seq > seq; });
  return {first, items_.end()};
}

std::uint64_t Replay::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

void Replay::attach(const std::shared_ptr<Waker>& reader) {
  const std::lock_guard lock(mutex_);
  std::erase_if(readers_, [](const auto& weak) { return weak.expired(); });
  readers_.push_back(reader);
}

bool Replay::has_reader() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(readers_, [](const auto& weak) { return !weak.expired(); });
}

std::vector<std::shared_ptr<Waker>> Replay::readers() const {
  std::vector<std::shared_ptr<Waker>> alive;
  for (const auto& weak : readers_) {
    if (auto reader = weak.lock()) alive.push_back(std::move(reader));
  }
  return alive;
}

std::optional<EventId> parse_event_id(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || text.size() > 128) return std::nullopt;
  EventId id;
  id.stream = std::string(text.substr(0, dot));
  const std::string_view digits = text.substr(dot + 1);
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), id.seq);
  if (bad != std::errc() || end != digits.data() + digits.size() || digits.empty())
    return std::nullopt;
  return id;
}

}  // namespace weft::adapters::mcp
