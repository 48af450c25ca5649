// The events of a call as the notifications of a request. Owned by the coroutine that serves it.
#pragma once

#include <optional>
#include <string>

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/model/event.h"

namespace weft::adapters::mcp {

class EventRelay {
 public:
  /// Without a token no progress is told, with an empty level no log.
  EventRelay(std::optional<json::value> progress_token, std::string log_level);
  /// The notification that an event becomes, as a whole message; nothing for the others.
  std::optional<std::string> notification(const model::Event& event);

 private:
  std::optional<std::string> progress(const model::State& state);
  std::string progress_message(double value, std::optional<double> total, std::string_view text);
  /// Progress must grow with each notification.
  double grown(double value);

  std::optional<json::value> token_;
  std::string log_level_;
  double last_ = 0;
  bool any_ = false;
};

std::string notification_text(std::string_view method, json::object params);

}  // namespace weft::adapters::mcp
