// The models that weft.yaml names, deployed as it says. Owned by MlServices; the first loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/app/config.h"
#include "weft/base/async.h"
#include "weft/base/work_pool.h"

namespace weft::ml {
struct Api;
}

namespace weft::app {

/// Makes what is missing or has failed, changes what is another file or has another environment
/// now, and deletes the endpoints that weft.yaml named once and does not name any more. What cannot
/// be done is said in the log, with the place in weft.yaml. Waits for an endpoint that is being
/// made or changed; until cancelled.
Awaitable<> reconcile_models(ml::Api& ml, WorkPool& pool, std::vector<ModelConfig> models,
                             CancelToken cancel);

}  // namespace weft::app
