// Who the caller is in AWS's terms: STS GetCallerIdentity and IAM GetRole, with which the SageMaker
// SDK begins. Owned by adapters/sagemaker; any loop.
//
// weft has no roles: whoever signs is a principal of the hub and stays one. So that programs which
// ask for a role find one, every name of a role is one, of no effect.
#pragma once

#include "weft/adapters/sagemaker/aws/service.h"

namespace weft::adapters::sagemaker {

AwsService security_tokens();
AwsService identities();

}  // namespace weft::adapters::sagemaker
