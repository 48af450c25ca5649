// What the solution side sends to an endpoint, and what it makes of the answer. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/model/event.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker {

/// The arguments of `invoke`: {body: text or JSON, b64?, content_type?, accept?, target_model?,
/// target_variant?, custom_attributes?}.
json::value invoke_schema();

struct InvokeBody {
  std::string body;
  std::string content_type;
  std::string accept;
  /// The headers that only some endpoints understand, by their names on the wire.
  std::vector<std::pair<std::string_view, std::string>> more;
};
/// Errors: Reason::invalid_argument, with the argument.
Result<InvokeBody> read_invoke(const json::value& args);

/// JSON as the structured result, text as the assistant's turn, the rest as a file.
model::Output output_of_body(std::string_view content_type, std::string body);
/// What an error answer means: ModelError is the model's own message.
Error read_runtime_error(int status, const wire::Headers& headers, std::string_view body);
/// The exception that ends a stream.
Error read_stream_exception(std::string_view type, std::string_view payload);

/// The text that a stream's bytes tell: of server-sent events and lines of JSON their deltas, else
/// the bytes. One stream.
class StreamedText {
 public:
  explicit StreamedText(std::string_view content_type);
  /// Whether the bytes are words that come in pieces; else they are one body, to be gathered.
  bool in_pieces() const { return form_ != Form::whole; }
  /// Errors: Reason::upstream_protocol (a line without end, bytes that are no text).
  Result<std::string> feed(std::string_view bytes);
  /// What is left of the last line.
  Result<std::string> end();

 private:
  enum class Form : std::uint8_t { whole, lines, text };
  Form form_;
  std::string held_;
};

}  // namespace weft::adapters::sagemaker
