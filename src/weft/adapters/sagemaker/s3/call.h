// One request to S3 as its operations see it. Owned by the S3 route for as long as the request
// runs; its loop.
#pragma once

#include <memory>
#include <string>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/door.h"
#include "weft/adapters/sagemaker/s3/address.h"
#include "weft/adapters/sagemaker/s3/commits.h"
#include "weft/store/objects.h"

namespace weft::adapters::sagemaker::s3 {

inline constexpr std::string_view kXmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

struct S3Call {
  Environment& environment;
  net::Exchange& exchange;
  Entrance entrance;
  Address address;
  Query query;
  /// As the caller may see them.
  std::shared_ptr<store::Objects> objects;
  Commits& commits;
  std::string request_id;

  const wire::RequestHead& head() const { return exchange.head(); }
  const wire::Headers& headers() const { return exchange.head().headers; }
};

/// What an operation says, once nothing can fail any more.
struct Reply {
  int status = 200;
  wire::Headers headers;
  std::string body;
  /// Of an answer to HEAD, and of one without a body.
  std::optional<std::uint64_t> length;
  /// The operation wrote its answer itself.
  bool written = false;
};
using Answered = Awaitable<Result<Reply>>;

/// The reply whose body this is.
Reply xml_reply(std::string body);

}  // namespace weft::adapters::sagemaker::s3
