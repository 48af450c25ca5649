#include "weft/hub/hub.h"

#include <format>

#include "weft/base/named_error.h"
#include "weft/hub/approvals.h"
#include "weft/hub/audit.h"
#include "weft/hub/contexts.h"
#include "weft/hub/dedup.h"
#include "weft/hub/dispatch.h"
#include "weft/hub/limits.h"

namespace weft::hub {

struct Hub::State {
  explicit State(Parts parts, Hub& hub)
      : clock(parts.clock),
        random(parts.random),
        keys(parts.tables, parts.clock, parts.random),
        audit(parts.tables, parts.clock, parts.random),
        contexts(parts.tables, parts.clock),
        approvals(parts.tables, parts.clock),
        dedup_keys(parts.tables, parts.random),
        tasks(make_tasks(hub, parts.journal, parts.clock, parts.random)) {}

  const Clock& clock;
  Random& random;
  Registry registry;
  Keys keys;
  Audit audit;
  Contexts contexts;
  Approvals approvals;
  DedupKeys dedup_keys;
  std::unique_ptr<Tasks> tasks;
};

namespace {

Result<void> check_depth(const model::Call& call) {
  if (call.depth < kCallDepthMax) return {};
  return fail(Reason::unsupported, std::format("the call already went through {} hubs and flows: "
                                               "it goes in a circle, or is nested deeper "
                                               "than the {} that are allowed",
                                               call.depth, kCallDepthMax));
}

/// A produced stream that also knows how far its call has come.
class DispatchStream final : public EventStream {
 public:
  DispatchStream(std::unique_ptr<EventStream> stream, std::shared_ptr<Dispatch> dispatch)
      : stream_(std::move(stream)), dispatch_(std::move(dispatch)) {}

  Awaitable<model::Event> next() override { return stream_->next(); }
  void cancel(Error why) override { stream_->cancel(std::move(why)); }
  Result<void> answer(model::Answers answers) override {
    return stream_->answer(std::move(answers));
  }
  void detach(BeforeStart before_start) override {
    if (!dispatch_->started) dispatch_->before_start = before_start;
    stream_->detach(std::move(before_start));
  }
  Reach reach() const override { return {dispatch_->started, dispatch_->accepted}; }

 private:
  std::unique_ptr<EventStream> stream_;
  std::shared_ptr<Dispatch> dispatch_;
};

/// The stream of a dispatch that was admitted: its End is counted and says whose it is.
std::unique_ptr<EventStream> guarded(Dispatch dispatch, CallContext context) {
  auto shared = std::make_shared<Dispatch>(std::move(dispatch));
  auto stream = make_stream(
      std::move(context),
      [shared](Emitter& out) -> Awaitable<Result<model::Output>> {
        return run_dispatch(shared, out);
      },
      [shared](model::End& end) {
        // What a person refused never reached the solution: it is not its error.
        const bool by_person =
            !end.outcome && end.outcome.error().reason == Reason::refused && !shared->started;
        if (!end.outcome && !by_person) {
          end.outcome = std::unexpected(
              named(std::move(end.outcome).error(), shared->entry->solution->id.str()));
        }
        shared->admission->ended(end.outcome ? nullptr : &end.outcome.error());
        shared->told = true;
        shared->count_out();
      });
  return std::make_unique<DispatchStream>(std::move(stream), std::move(shared));
}

}  // namespace

Hub::Hub(Parts parts) : state_(std::make_unique<State>(parts, *this)) {}
Hub::~Hub() = default;

Registry& Hub::registry() { return state_->registry; }
Keys& Hub::keys() { return state_->keys; }
Tasks& Hub::tasks() { return *state_->tasks; }
Audit& Hub::audit() { return state_->audit; }
Contexts& Hub::contexts() { return state_->contexts; }
Approvals& Hub::approvals() { return state_->approvals; }
DedupKeys& Hub::dedup_keys() { return state_->dedup_keys; }
const Clock& Hub::clock() const { return state_->clock; }
Random& Hub::random() { return state_->random; }

CallContext Hub::context(Executor executor, CancelToken cancel, const model::Call& call) const {
  std::int64_t limit_ms = call.reply == model::Reply::task ? kTaskDeadlineMs : kCallDeadlineMs;
  const auto entry = state_->registry.snapshot()->find_shared(call.solution.str());
  if (entry && entry->request.timeout_ms > 0) limit_ms = entry->request.timeout_ms;
  return CallContext{executor, state_->clock.steady() + Milliseconds(limit_ms), std::move(cancel)};
}

std::unique_ptr<EventStream> Hub::call(model::Call call, CallContext context,
                                       BeforeStart before_start) {
  return this->call(std::make_shared<const model::Call>(std::move(call)), std::move(context),
                    std::move(before_start));
}

std::unique_ptr<EventStream> Hub::call(std::shared_ptr<const model::Call> call, CallContext context,
                                       BeforeStart before_start) {
  const auto snapshot = state_->registry.snapshot();
  const Audience audience{keys(), call->principal};
  auto found = find_skill(*snapshot, call->solution.str(), call->skill.str(), &audience);
  if (!found) return ended_stream(model::end_with(std::move(found).error()));
  if (auto deep = check_depth(*call); !deep) {
    return ended_stream(model::end_with(named(std::move(deep).error(), call->solution.str())));
  }
  auto admission = admit(call->principal, found->entry, found->skill);
  if (!admission) return ended_stream(model::end_with(std::move(admission).error()));
  Dispatch dispatch;
  dispatch.call = std::move(call);
  if (dispatch.call->skill != found->skill->id) dispatch.own_call().skill = found->skill->id;
  dispatch.entry = found->entry;
  dispatch.skill = found->skill;
  dispatch.before_start = std::move(before_start);
  dispatch.hub = this;
  dispatch.chosen = context.chosen;
  dispatch.again = context.again;
  dispatch.asked = std::move(context.asked);
  dispatch.admission = *std::move(admission);
  return guarded(std::move(dispatch), std::move(context));
}

std::unique_ptr<EventStream> Hub::reattach(model::Call call, model::Accepted accepted,
                                           CallContext context) {
  const auto entry = state_->registry.snapshot()->find_shared(call.solution.str());
  if (!entry) return nullptr;
  Dispatch dispatch;
  dispatch.reattached = entry->service->reattach(
      std::make_shared<const model::Call>(std::move(call)), accepted, context);
  if (!dispatch.reattached) return nullptr;
  dispatch.entry = entry;
  dispatch.started = true;
  dispatch.accepted = std::move(accepted);
  dispatch.admission.emplace(entry, state_->clock.steady());
  return guarded(std::move(dispatch), std::move(context));
}

}  // namespace weft::hub
