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

class Operations {
 public:
  Operations(Environment& environment, Request& request, Scope scope);

  /// A Task, or the Message that an agent answered with.
  Awaitable<Result<StreamItem>> send(SendRequest message);
  Awaitable<Result<Feed>> stream(SendRequest message);
  Awaitable<Result<Task>> get(std::string id, std::optional<std::int64_t> history);
  Awaitable<Result<TaskPage>> list(ListRequest wanted);
  Awaitable<Result<Task>> cancel(std::string id);
  /// Begins with the task as it is. Errors: Reason::unsupported when it has ended.
  Awaitable<Result<Feed>> subscribe(std::string id);

 private:
  /// As a task, settled or at once.
  Awaitable<Result<StreamItem>> send_task(SendRequest message);
  /// Starts a task, or answers what the named one asks.
  Awaitable<Result<hub::TaskView>> begin(SendRequest message);
  Awaitable<Result<hub::TaskView>> begin_new(SendRequest message);
  /// A call that waits for its answer and needs no task: the answer is a message. Asked a question,
  /// it becomes a task.
  Awaitable<Result<StreamItem>> call_directly(SendRequest message, Target target);
  /// The call that a message asks for.
  Awaitable<Result<std::shared_ptr<model::Call>>> prepare(SendRequest message, Target target);
  Awaitable<Result<hub::TaskView>> begin_asking(SendRequest message,
                                                std::shared_ptr<model::Call> call);
  Awaitable<Result<hub::TaskView>> go_on(SendRequest message);
  Awaitable<Result<hub::TaskView>> find(std::string id);
  Awaitable<Result<Feed>> feed_from(hub::TaskView view, std::int64_t after, bool replay);
  Awaitable<Result<void>> recall(model::Call& call, const model::Solution& solution);

  Environment& environment_;
  Request& request_;
  Scope scope_;
};

}  // namespace weft::adapters::a2a
