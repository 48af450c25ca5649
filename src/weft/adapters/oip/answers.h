// What a server answers, read: an inference, a stream of texts, the beginning of an error. Owned by
// adapters/oip; on the call's loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/hub/producer.h"
#include "weft/net/http_client.h"
#include "weft/wire/oip.h"

namespace weft::adapters::oip {

/// Errors: Reason::upstream_protocol, with what is wrong (sizes that lie among it). Pure.
Result<wire::OipResponse> read_answer(std::string_view body, std::optional<std::size_t> json_bytes);

/// The events of generate_stream, reading on. Pure; one stream.
class GeneratedReader {
 public:
  /// `own`: another weft's stream, whose last event says that it is.
  explicit GeneratedReader(bool own) : own_(own) {}
  /// What an event adds to the text; nothing for one without. Errors: the stream's own error, or an
  /// event that is none.
  Result<std::optional<std::string>> read(std::string_view data);
  bool done() const { return done_; }
  /// Whether all of it came; `cut`: the connection ended within an event.
  bool whole(bool cut) const { return own_ ? done_ : !cut; }
  model::Output take(std::vector<model::Loss>& losses);

 private:
  bool own_;
  bool done_ = false;
  std::string said_;
  model::Output output_;
  std::vector<model::Loss> losses_;
};

/// Emits the texts as deltas; what stands beside them is the output.
Awaitable<Result<model::Output>> read_generated(net::ClientResponse& response, bool own,
                                                hub::Emitter& out);

/// A bounded piece of a body, for the words of an error.
Awaitable<std::string> read_beginning(net::ClientResponse& response);

}  // namespace weft::adapters::oip
