// RecordIO framing: `u32 0xced7230a | u32 part and length | bytes | padding to four`, little endian
// (dmlc-core, recordio.h). Owned by wire; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

/// Reads record after record out of a whole text.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : rest_(bytes), whole_(bytes.size()) {}
  /// The next record, valid as long as the bytes are and until the next call; nothing at the end.
  /// Errors: Reason::invalid_argument with the record's number and its offset.
  Result<std::optional<std::string_view>> next();
  std::size_t records() const { return records_; }

 private:
  /// One frame: a whole record, or a part of it.
  struct Frame {
    std::uint32_t part = 0;
    std::string_view bytes;
  };
  Result<Frame> next_frame();
  std::unexpected<Error> wrong(std::string_view what) const;

  std::string_view rest_;
  std::size_t whole_;
  std::size_t begin_ = 0;  ///< of the record being read
  std::size_t records_ = 0;
  std::string joined_;
};

/// Adds a record; in parts where the mark of a frame occurs in it.
void write_record(std::string& out, std::string_view record);

}  // namespace weft::wire
