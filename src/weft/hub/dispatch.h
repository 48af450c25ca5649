// One call from the caller's words to the solution's stream. Owned by hub; pieces of Hub::call().
#pragma once

#include <memory>

#include "weft/hub/hub.h"
#include "weft/hub/producer.h"

namespace weft::hub {

/// What is known of a call before its stream begins.
struct Dispatch {
  /// What is called: the caller's own as long as nothing of it has to change.
  std::shared_ptr<const model::Call> call;
  /// For changing it.
  model::Call& own_call() {
    if (!own_) {
      own_ = std::make_shared<model::Call>(*call);
      call = own_;
    }
    return *own_;
  }
  std::shared_ptr<const Entry> entry;
  const model::Skill* skill = nullptr;
  Hub::BeforeStart before_start;
  Hub* hub = nullptr;
  Chosen chosen = Chosen::by_caller;
  bool again = false;                        ///< CallContext::again
  std::optional<model::Ask::Consent> asked;  ///< CallContext::asked
  bool asked_about = false;
  /// Set for a call that is taken up again instead of started.
  std::unique_ptr<EventStream> reattached;
  bool started = false;
  std::optional<model::Accepted> accepted;
  /// A body that was given up still runs: the call counts until both it is gone and its End was
  /// told.
  std::optional<Admission> admission;
  bool running = false;
  bool told = false;
  void count_out() {
    if (told && !running) admission.reset();
  }

 private:
  std::shared_ptr<model::Call> own_;
};

/// Whether the arguments fit the skill's schema as it is now.
Result<void> check_arguments(const Dispatch& dispatch);
/// Asks, where a person has to be asked, until a yes stands for what will be called; the skill may
/// be another afterwards, as its solution then describes it. Errors: Reason::refused, or too many
/// questions.
Awaitable<Result<void>> allow(std::shared_ptr<Dispatch> dispatch, Emitter& out);
/// Whether a skill that was asked about still is what was allowed, right before it is called.
/// Errors: Reason::refused.
Result<void> still_allowed(const Dispatch& dispatch);
/// Gives the call the key under which its solution makes it once, where it honours one and the
/// caller gave none.
Awaitable<Result<void>> give_key(std::shared_ptr<Dispatch> dispatch);

/// Shapes, checks, asks for approval, starts the service and hands its events on.
Awaitable<Result<model::Output>> run_dispatch(std::shared_ptr<Dispatch> dispatch, Emitter& out);
/// Hands on the events of a solution's stream, and the answers to its questions, until its End.
Awaitable<Result<model::Output>> relay(std::shared_ptr<EventStream> stream,
                                       std::shared_ptr<Dispatch> dispatch, Emitter& out);

}  // namespace weft::hub
