// Writing a stream as a coroutine: the body emits events and returns the outcome. Owned by hub; one
// loop.
//
//   class Bank final : public ProducingService {
//     Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call, Emitter& out) {
//       WEFT_CO_TRY(auto response, co_await client.send(…, out.cancelled()));
//       WEFT_CO_CHECK(co_await out.emit({model::Delta{…}}));   // waits until the reader took it
//       co_return output;
//     }
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "weft/hub/service.h"

namespace weft::hub {

class Emitter {
 public:
  virtual ~Emitter() = default;
  /// Hands over an event and waits until it was taken; the cancellation's error when the call was
  /// cancelled.
  virtual Awaitable<Result<void>> emit(model::Event event) = 0;
  /// Emits the questions and waits for the answers to all of them.
  virtual Awaitable<Result<model::Answers>> ask(model::Ask ask) = 0;
  /// Cancelled by cancel(), by dropping the stream, by the context's token and at its deadline.
  virtual CancelToken cancelled() const = 0;
  virtual SteadyTime deadline() const = 0;
  virtual Executor executor() const = 0;
  /// Notes what could not be carried; goes into End.
  virtual void lose(model::Loss loss) = 0;
};

using Produce = std::move_only_function<Awaitable<Result<model::Output>>(Emitter&)>;

/// The body is posted to the loop at the first next(). One that ignores its cancellation is given
/// up after kCancelBoundMs, and one that is late after kDeadlineBoundMs: End is delivered while the
/// body runs out on its own.
std::unique_ptr<EventStream> make_stream(CallContext context, Produce body);
/// The same; `at_end` sees the End once, before the reader does, and may change its words.
using AtEnd = std::move_only_function<void(model::End&)>;
std::unique_ptr<EventStream> make_stream(CallContext context, Produce body, AtEnd at_end);
/// A stream of one End.
std::unique_ptr<EventStream> ended_stream(model::Event end);

/// A service that writes its streams so.
class ProducingService : public Service, public std::enable_shared_from_this<ProducingService> {
 public:
  std::unique_ptr<EventStream> start(std::shared_ptr<const model::Call> call,
                                     CallContext context) final;
  std::optional<Awaitable<Result<model::Output>>> produce(std::shared_ptr<const model::Call> call,
                                                          Emitter& out) final {
    return run(std::move(call), out);
  }

 protected:
  virtual Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                               Emitter& out) = 0;
};

/// Reads a stream to its End and folds it. Questions end it: they are returned with the stream
/// still open.
struct Folded {
  model::End end;
  /// Set when the stream waits for answers instead of having ended.
  std::optional<model::Ask> ask;
};
Awaitable<Folded> fold_stream(EventStream& stream, std::size_t bytes_max,
                              std::string solution = {});

}  // namespace weft::hub
