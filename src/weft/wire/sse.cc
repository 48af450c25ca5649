#include "weft/wire/sse.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <format>

#include "weft/wire/base64.h"

namespace weft::wire {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ", 2);
  out.append(value);
  out += '\n';
}

}  // namespace

SseReader::SseReader(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

std::string_view SseReader::skip_begin(std::string_view bytes) {
  while (!began_ && !bytes.empty()) {
    if (bytes.front() != kByteOrderMark[mark_seen_]) {
      // Not a mark after all: what looked like one is the stream's first text.
      partial_ = kByteOrderMark.substr(0, mark_seen_);
      began_ = true;
    } else {
      bytes.remove_prefix(1);
      began_ = ++mark_seen_ == kByteOrderMark.size();
    }
  }
  return bytes;
}

Result<void> SseReader::feed(std::string_view bytes) {
  bytes = skip_begin(bytes);
  if (bytes.empty()) return {};
  if (std::exchange(after_return_, false) && bytes.front() == '\n') bytes.remove_prefix(1);
  return take_lines(bytes);
}

Result<void> SseReader::take_lines(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  const auto find = [end](const char* from, char c) {
    const auto* found =
        static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(end - from)));
    return found == nullptr ? end : found;
  };
  if (at == end) return {};
  // Each is looked for again only when it was passed: one pass over the bytes, whatever the line
  // ends.
  const char* feed_at = find(at, '\n');
  const char* return_at = find(at, '\r');
  while (true) {
    if (feed_at < at) feed_at = find(at, '\n');
    if (return_at < at) return_at = find(at, '\r');
    const char* stop = std::min(feed_at, return_at);
    if (stop == end) break;
    const std::string_view line(at, static_cast<std::size_t>(stop - at));
    if (partial_.empty()) {
      WEFT_CHECK(take_line(line));
    } else {
      partial_.append(line);
      const std::string whole = std::exchange(partial_, {});
      WEFT_CHECK(take_line(whole));
    }
    at = stop + 1;
    if (*stop == '\r') {
      if (at == end) after_return_ = true;
      if (at < end && *at == '\n') ++at;
    }
    if (at == end) return {};
  }
  partial_.append(at, static_cast<std::size_t>(end - at));
  if (partial_.size() + current_bytes_ > event_bytes_max_) {
    return fail(Reason::upstream_protocol,
                std::format("an event is longer than {} bytes", event_bytes_max_));
  }
  return {};
}

Result<void> SseReader::take_line(std::string_view line) {
  if (line.empty()) {
    dispatch();
    return {};
  }
  current_bytes_ += line.size();
  if (current_bytes_ > event_bytes_max_) {
    return fail(Reason::upstream_protocol,
                std::format("an event is longer than {} bytes", event_bytes_max_));
  }
  if (!is_utf8(line)) return fail(Reason::upstream_protocol, "an event is not UTF-8");
  const auto colon = line.find(':');
  if (colon == 0) {
    current_bytes_ -= line.size();
    return {};
  }
  std::string_view value =
      colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
  return {};
}

void SseReader::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) current_.data += '\n';
    current_.data.append(value);
    has_data_ = true;
  } else if (name == "event") {
    current_.event = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (name == "retry") {
    std::uint64_t number = 0;
    const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (bad == std::errc() && end == value.data() + value.size()) current_.retry_ms = number;
  }
}

void SseReader::dispatch() {
  current_bytes_ = 0;
  if (!has_data_) {
    // Only a wait, an id or a name: the next event carries the wait.
    current_.event.clear();
    return;
  }
  current_.id = last_id_;
  ready_.push_back(std::exchange(current_, {}));
  has_data_ = false;
}

std::optional<SseEvent> SseReader::next() {
  if (ready_.empty()) return std::nullopt;
  SseEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

void write_sse(std::string& out, const SseEvent& event) {
  if (!event.event.empty() && one_line(event.event)) append_field(out, "event", event.event);
  if (!event.id.empty() && one_line(event.id) && !event.id.contains('\0'))
    append_field(out, "id", event.id);
  if (event.retry_ms) append_field(out, "retry", std::to_string(*event.retry_ms));
  write_sse_data(out, event.data);
}

void write_sse_data(std::string& out, std::string_view data) {
  while (true) {
    const auto stop = std::min(data.find('\n'), data.find('\r'));
    append_field(out, "data", data.substr(0, stop));
    if (stop >= data.size()) break;
    const bool pair = data[stop] == '\r' && stop + 1 < data.size() && data[stop + 1] == '\n';
    data.remove_prefix(stop + (pair ? 2 : 1));
  }
  out += '\n';
}

}  // namespace weft::wire
