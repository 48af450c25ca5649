// Any bytes: the reader gives the same result however they are cut, and what it took for a head can
// be written and is read back the same.
#include <cstdint>

#include "weft/wire/http.h"

namespace weft::wire {
namespace {

struct Outcome {
  std::string story;
  bool failed = false;
};

void note_head(HttpReader::Kind kind, HttpReader& reader, std::string& story) {
  if (kind == HttpReader::Kind::request) {
    write_request_head(story, reader.request());
  } else if (reader.response().status < 1000) {
    write_response_head(story, reader.response());
  }
}

Outcome read(HttpReader::Kind kind, std::string_view bytes, std::size_t piece) {
  HttpLimits limits;
  limits.head_bytes_max = 4096;
  limits.chunk_overhead_max = 256;
  HttpReader reader(kind, limits);
  Outcome outcome;
  while (!bytes.empty()) {
    std::string_view now = bytes.substr(0, piece);
    bytes.remove_prefix(now.size());
    while (true) {
      std::size_t used = 0;
      const auto step = reader.feed(now, used);
      if (!step) {
        outcome.failed = true;
        return outcome;
      }
      if (used > now.size()) __builtin_trap();
      now.remove_prefix(used);
      if (*step == HttpStep::head) note_head(kind, reader, outcome.story);
      if (*step == HttpStep::body) outcome.story += reader.body();
      if (*step == HttpStep::complete) outcome.story += '\n';
      if (*step == HttpStep::need_more && now.empty()) break;
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto kind = (data[0] & 1) != 0 ? HttpReader::Kind::request : HttpReader::Kind::response;
  const std::size_t piece = 1 + data[1] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = read(kind, bytes, bytes.size() + 1);
  const Outcome pieces = read(kind, bytes, piece);
  if (whole.failed != pieces.failed) __builtin_trap();
  if (!whole.failed && whole.story != pieces.story) __builtin_trap();
  return 0;
}

}  // namespace weft::wire
