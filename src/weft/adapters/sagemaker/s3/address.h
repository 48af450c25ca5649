// What a request to S3 is about: bucket and key, from the path or from Host, and the query. Owned
// by adapters/sagemaker; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"
#include "weft/net/http_server.h"

namespace weft::adapters::sagemaker::s3 {

/// Whether the request says that it is S3's: by the scope of its signature (header or presigned),
/// by a query signature of S3 alone (version 2), or by a bucket in Host. `hosts`: names of the hub
/// besides `localhost`.
bool is_for_s3(const net::Exchange& exchange, const std::vector<std::string>& hosts);

struct Address {
  std::string bucket;  ///< empty: the service
  std::string key;     ///< empty: the bucket
  bool bucket_in_host = false;
};
/// Errors: InvalidURI, KeyTooLongError.
Result<Address> address_of(const wire::RequestHead& head, const std::vector<std::string>& hosts);

/// The parameters of the query, decoded.
class Query {
 public:
  explicit Query(std::string_view text);
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string_view get(std::string_view name) const;
  /// All names, in their order.
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  const std::string* find(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace weft::adapters::sagemaker::s3
