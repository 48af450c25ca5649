// Objects in a folder on this machine. Owned by app; any loop.
#pragma once

#include <filesystem>
#include <memory>

#include "weft/base/ids.h"
#include "weft/base/work_pool.h"
#include "weft/store/objects.h"

namespace weft::store::files {

/// Files are read and written on the pool's threads. `random` and `pool` outlive it.
Result<std::unique_ptr<Objects>> open_local_objects(std::filesystem::path folder, Random& random,
                                                    WorkPool& pool);

}  // namespace weft::store::files
