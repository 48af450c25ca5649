// Signed requests to the store, sent again where that may help. Owned by RemoteObjects; any of its
// loops, an answer stays on the loop that asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/sagemaker/remote/address.h"
#include "weft/adapters/sagemaker/remote/answers.h"
#include "weft/adapters/sagemaker/remote/body.h"
#include "weft/adapters/sagemaker/remote/errors.h"
#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/adapters/sagemaker/remote/remote_objects.h"
#include "weft/net/clients.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::remote {

/// A request; it may be sent more than once.
struct Ask {
  std::string method = "GET";
  std::string bucket;
  std::string key;
  Parameters parameters;
  wire::Headers headers;
  std::shared_ptr<const Body> body;
  /// Whether it is waited for like for what is committed.
  bool commits = false;
  /// Whether end_reading() ends it, or end_writing(), as what is part of a change.
  bool reads = false;
  /// Whether its answer may take as long as pieces of it come.
  bool streamed = false;
};

struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
  Fault fault;       ///< of an answer that is not good
  int attempts = 1;  ///< the last of which this is
  bool good() const { return status >= 200 && status < 300; }
  Refusal refusal() const;
};

/// An answer whose body is still to be read, or one that is not good, read already.
struct Opened {
  std::unique_ptr<net::ClientResponse> response;  ///< null when it is not good
  Answer head;
};

class Client {
 public:
  explicit Client(RemoteParts parts);
  ~Client();

  /// The whole answer, whatever its status. Errors: it could not be had (errors.h, unreached()).
  Awaitable<Result<Answer>> call(Ask ask);
  /// The same up to where a good answer's body begins.
  Awaitable<Result<Opened>> open(Ask ask);
  /// The next piece of it; empty at its end. Errors: likewise.
  Awaitable<Result<std::string_view>> next(net::ClientResponse& response) const;

  /// What an answer means that is not good and is no case of its own.
  std::unexpected<Error> refused(const Answer& answer, std::string_view bucket) const;
  std::unexpected<Error> garbled(std::string_view what) const;
  /// An answer that was read as XML, or what is wrong with it.
  template <class T>
  Result<T> read(Result<T> of) const {
    if (!of) return garbled(of.error().message);
    return of;
  }

  void end_reading();
  void end_writing();
  WorkPool& pool() const { return parts_.pool; }
  const Clock& clock() const { return parts_.clock; }
  const std::filesystem::path& folder() const { return parts_.folder; }
  const RemoteStore& store() const { return parts_.store; }
  const RemoteWaits& waits() const { return parts_.waits; }

 private:
  struct OfLoop;
  struct Sending;
  net::ClientRequest request(const Ask& ask) const;
  Awaitable<Result<Opened>> once(const Ask& ask);
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> send(const Ask& ask);
  /// What ends it on this loop.
  CancelToken end_of(const Ask& ask, Executor executor) const;

  RemoteParts parts_;
  net::HttpClients clients_;
  std::vector<std::unique_ptr<OfLoop>> loops_;
};

}  // namespace weft::adapters::sagemaker::remote
