#include <format>

#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/pass_through.h"

namespace weft::adapters::openai {
namespace {

/// One past the last empty line; 0 when there is none.
std::size_t end_of_events(std::string_view bytes) {
  const auto lf = bytes.rfind("\n\n");
  const auto crlf = bytes.rfind("\r\n\r\n");
  const std::size_t a = lf == std::string_view::npos ? 0 : lf + 2;
  const std::size_t b = crlf == std::string_view::npos ? 0 : crlf + 4;
  return std::max(a, b);
}

}  // namespace

void WholeEvents::note_end(std::string_view out) {
  while (out.ends_with('\n') || out.ends_with('\r')) out.remove_suffix(1);
  if (out.empty()) return;
  const auto line = out.rfind('\n');
  const std::string_view last = line == std::string_view::npos ? out : out.substr(line + 1);
  // A comment after the end changes nothing.
  if (last.starts_with(':')) return;
  done_ = last == "data: [DONE]" || last == "data:[DONE]";
}

Result<std::string_view> WholeEvents::feed(std::string_view piece) {
  if (held_.empty()) {
    const auto end = end_of_events(piece);
    held_ = piece.substr(end);
    note_end(piece.substr(0, end));
    if (held_.size() <= kStreamEventBytesMax) return piece.substr(0, end);
  } else {
    held_ += piece;
    const auto end = end_of_events(held_);
    out_.assign(held_, 0, end);
    held_.erase(0, end);
    note_end(out_);
    if (held_.size() <= kStreamEventBytesMax) return std::string_view(out_);
  }
  return fail(Reason::upstream_protocol,
              std::format("an event of the stream is longer than {} bytes", kStreamEventBytesMax));
}

}  // namespace weft::adapters::openai
