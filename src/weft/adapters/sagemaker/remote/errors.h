// What went wrong with a store, as store/objects.h names it, with the store's own words, where it
// is configured, and what to do. Owned by adapters/sagemaker; pure.
//
// The hub's key never stands in a message, whatever the store says.
#pragma once

#include <string_view>

#include "weft/adapters/sagemaker/remote/answers.h"
#include "weft/adapters/sagemaker/remote/remote_objects.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::remote {

/// An answer that is an error.
struct Refusal {
  int status = 0;
  Fault fault;
  std::string content_type;
  std::string region;  ///< x-amz-bucket-region
};
Error error_of(const RemoteStore& store, const Refusal& refusal, std::string_view bucket);
/// It did not answer: what HttpClient says.
Error unreached(const RemoteStore& store, Error cause);
/// It answered with what is none: Reason::upstream_protocol with `what`.
Error garbled(const RemoteStore& store, std::string_view what);
/// Code::not_found.
Error no_bucket(std::string_view bucket);
/// Reason::task_not_found.
Error no_upload(std::string_view upload);
/// Code::aborted: it is not the object any more that was opened.
Error changed(std::string_view key);

}  // namespace weft::adapters::sagemaker::remote
