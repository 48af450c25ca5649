// The caller side: AWS's services on the one port, as their programs know them. Owned by the front
// door; every handler runs on its exchange's loop.
#pragma once

#include <vector>

#include "weft/adapters/common/adapter.h"

namespace weft::adapters::sagemaker {

/// None where the hub has no training and serving.
std::vector<Route> make_routes(Environment& environment);
Adapter adapter();

}  // namespace weft::adapters::sagemaker
