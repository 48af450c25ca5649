// The codecs of this adapter, pure all of them: the forms in which AWS's services are called and
// answer, the shapes that requests are held to, and the bodies of S3. Owned by adapters/sagemaker.
#pragma once

#include "weft/adapters/sagemaker/aws/cbor.h"         // IWYU pragma: export
#include "weft/adapters/sagemaker/aws/form.h"         // IWYU pragma: export
#include "weft/adapters/sagemaker/aws/shape_check.h"  // IWYU pragma: export
#include "weft/adapters/sagemaker/aws/times.h"        // IWYU pragma: export
#include "weft/adapters/sagemaker/aws/xml.h"          // IWYU pragma: export
#include "weft/adapters/sagemaker/s3/bodies.h"        // IWYU pragma: export
