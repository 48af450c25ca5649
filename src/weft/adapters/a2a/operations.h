// The operations of A2A over the hub's tasks, apart from how a binding says them. Owned by the
// server; one request each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/incoming.h"
#include "weft/adapters/a2a/messages.h"
#include "weft/adapters/a2a/resent.h"
#include "weft/adapters/a2a/view.h"
#include "weft/adapters/common/adapter.h"

namespace weft::adapters::a2a {

/// A stream that has begun: its first item, then what the subscription gives.
class Feed {
 public:
  Feed(StreamItem first, Telling telling, std::unique_ptr<hub::TaskSubscription> rest, bool over);
  /// The items to send next, nothing when the stream is over.
  Awaitable<Result<std::vector<StreamItem>>> next(CancelToken cancel);

 private:
  std::vector<StreamItem> ready_;
  Telling telling_;
  std::unique_ptr<hub::TaskSubscription> rest_;
  bool over_;
};

struct TaskPage {
  std::vector<Task> tasks;
  std::string next_page_token;
  std::int64_t page_size = 0;
  std::int64_t total = 0;
};

/// What all requests of the door share.
struct Desk {
  Environment& environment;
  Resent resent;
};

class Operations {
 public:
  Operations(Desk& desk, Request& request, Scope scope);

  /// A Task, or the Message that an agent answered with. `content` is a hash of what the message
  /// says: the same again gets what it led to (resent.h).
  Awaitable<Result<StreamItem>> send(SendRequest message, std::size_t content);
  Awaitable<Result<Feed>> stream(SendRequest message, std::size_t content);
  /// The extensions that the agent activated for what was sent.
  const std::vector<std::string>& activated() const { return activated_; }
  Awaitable<Result<Task>> get(std::string id, std::optional<std::int64_t> history);
  Awaitable<Result<TaskPage>> list(ListRequest wanted);
  Awaitable<Result<Task>> cancel(std::string id);
  /// Begins with the task as it is. Errors: Reason::unsupported when it has ended.
  Awaitable<Result<Feed>> subscribe(std::string id);

 private:
  /// What a message led to before; nothing when it is new. Then `first` is told.
  struct Before {
    std::optional<hub::TaskView> task;
    std::optional<Message> answer;
    std::unique_ptr<Resent::First> first;
  };
  Awaitable<Result<Before>> before(Sending sending);
  /// Nothing for a message that need not, or cannot, be known again.
  std::optional<Sending> sending_of(const SendRequest& message, const Target& target,
                                    std::size_t content) const;
  Awaitable<Result<StreamItem>> send_new(SendRequest message, Target target, std::size_t content);
  Awaitable<Result<StreamItem>> send_on(SendRequest message);
  /// The task as it is, or once it is settled.
  Awaitable<Result<StreamItem>> told(hub::TaskView view, Show show, bool at_once);
  Awaitable<Result<hub::TaskView>> begin_new(SendRequest message, Target target);
  /// A call that waits for its answer and needs no task: the answer is a message. Asked a question,
  /// it becomes a task.
  Awaitable<Result<StreamItem>> call_directly(SendRequest message, Target target);
  /// The call that a message asks for.
  Awaitable<Result<std::shared_ptr<model::Call>>> prepare(SendRequest message, Target target);
  Awaitable<Result<hub::TaskView>> begin_asking(SendRequest message,
                                                std::shared_ptr<model::Call> call);
  Awaitable<Result<hub::TaskView>> go_on(SendRequest message);
  Awaitable<Result<hub::TaskView>> find(std::string id);
  /// Of a task that has just begun.
  Awaitable<Result<Feed>> feed_of_new(hub::TaskView view);
  Awaitable<Result<Feed>> feed_from(hub::TaskView view, std::int64_t after, bool replay);
  Awaitable<Result<void>> recall(model::Call& call, const model::Solution& solution);

  Environment& environment_;
  Resent& resent_;
  Request& request_;
  Scope scope_;
  std::vector<std::string> activated_;
};

}  // namespace weft::adapters::a2a
