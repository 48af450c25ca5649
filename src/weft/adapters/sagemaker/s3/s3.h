// The S3 endpoint over store::Objects. Owned by adapters/sagemaker; any loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/door.h"
#include "weft/store/objects.h"

namespace weft::adapters::sagemaker {

/// The objects as a principal may see them.
using ObjectsOf = std::function<std::shared_ptr<store::Objects>(std::string owner)>;

/// Answers every request that says that it is S3's (s3/address.h), whatever its path.
Route s3_route(Environment& environment, std::shared_ptr<AwsDoor> door, ObjectsOf objects);

}  // namespace weft::adapters::sagemaker
