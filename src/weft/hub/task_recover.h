// Taking up the tasks of the hub's last life. Owned by hub (Tasks).
#pragma once

#include <memory>

#include "weft/hub/task_run.h"

namespace weft::hub {

/// How a new task gets its stream: the call, with the intent written down before the solution is
/// called.
TaskRun::Prepare prepare_call(std::shared_ptr<TaskShared> shared);
/// How a task that did not end gets its stream again: made anew when the solution was never called
/// or may be called twice, found again where the solution can, and otherwise an end that says its
/// outcome is unknown.
TaskRun::Prepare prepare_again(std::shared_ptr<TaskShared> shared, store::Unfinished unfinished);
/// For a task whose call cannot be read again: an end that says so.
TaskRun::Prepare prepare_nothing(const Error& why);

}  // namespace weft::hub
