// The texts of a channel as the one file that fastText reads. Owned by the worker; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "weft/ml/worker/training_view.h"

namespace weft::ml::blazingtext {

struct Texts {
  std::filesystem::path file;
  std::int64_t lines = 0;     ///< that are not empty
  std::int64_t labelled = 0;  ///< of those
  std::uint64_t bytes = 0;
};

/// Of the channel `name`. A channel of one plain file is that file; several, or JSON lines
/// (`{"source": "a text", "label": 1}`, by the ContentType), become a file in `scratch`. `labels`:
/// whether a line of JSON has one. Errors: Reason::invalid_argument: no data, a ContentType that is
/// none of them, a broken line as `FILE: line N: …`.
Result<Texts> texts_of(std::string_view name, const worker::ChannelView& channel, bool labels,
                       const std::filesystem::path& scratch);

}  // namespace weft::ml::blazingtext
