// A response stream on its way to the caller: PayloadParts as they come, and an exception when it
// breaks. Each write is awaited, so that a caller who reads slowly slows the model. Owned by one
// request; its loop.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/runtime/errors.h"

namespace weft::adapters::sagemaker::runtime {

class PartStream {
 public:
  /// `head` has the headers of the answer but for its type.
  PartStream(net::Exchange& exchange, wire::Headers headers)
      : exchange_(exchange), headers_(std::move(headers)) {}
  wire::Headers& headers() { return headers_; }
  bool started() const { return exchange_.started(); }

  /// Errors: the caller is gone.
  Awaitable<Result<void>> send(std::string bytes);
  Awaitable<Result<void>> finish();
  /// The exception that ends it; only when started().
  Awaitable<> fail(const RuntimeError& error);

 private:
  Awaitable<Result<void>> begin();
  net::Exchange& exchange_;
  wire::Headers headers_;
};

}  // namespace weft::adapters::sagemaker::runtime
