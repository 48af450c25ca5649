// One call from the caller's words to the solution's stream. Owned by hub; pieces of Hub::call().
#pragma once

#include <memory>

#include "weft/hub/hub.h"
#include "weft/hub/producer.h"

namespace weft::hub {

/// What is known of a call before its stream begins.
struct Dispatch {
  model::Call call;
  std::shared_ptr<const Entry> entry;
  const model::Skill* skill = nullptr;
  Hub::BeforeStart before_start;
  /// Set for a call that is taken up again instead of started.
  std::unique_ptr<EventStream> reattached;
  bool started = false;
  std::optional<model::Accepted> accepted;
};

/// Shapes, checks, asks for approval, starts the service and hands its events on.
Awaitable<Result<model::Output>> run_dispatch(std::shared_ptr<Dispatch> dispatch, Emitter& out);
/// Hands on the events of a solution's stream, and the answers to its questions, until its End.
Awaitable<Result<model::Output>> relay(std::shared_ptr<EventStream> stream,
                                       std::shared_ptr<Dispatch> dispatch, Emitter& out);
/// Says in the message and in Error::solution whose error it is, unless it is said already.
Error named(Error error, const std::string& solution);

}  // namespace weft::hub
