// Objects that lie in another S3-compatible store: its buckets are the buckets, its objects the
// objects; every request is signed (Version 4) with the one key that the hub has for it. Owned by
// app; any loop of those it was made with. A reader and a writer stay on the loop that they were
// made on.
//
// Beside what store/objects.h names, errors are Reason::unavailable (the store is not there, or has
// no time), deadline (it is too slow), permission_denied (it does not take the hub's key for this),
// upstream_protocol (what it says is not S3's) and cancelled (end_reading(), end_writing()); each
// names the store and, where there is one, the remedy. `param` is then the name that S3 has for it.
//
// What a reader has to know: the store has no snapshots. An object that is replaced or removed
// while it is read ends with Code::aborted, and never as a mixture.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "weft/base/clock.h"
#include "weft/base/url.h"
#include "weft/base/work_pool.h"
#include "weft/net/loop.h"
#include "weft/store/objects.h"

namespace weft::adapters::sagemaker {

struct RemoteStore {
  Url endpoint;  ///< without a query; a path is put before the bucket's
  std::string region = "us-east-1";
  std::string access_key;
  std::string secret;
  /// Buckets in the path; else in Host, but for those whose names have a dot where TLS is spoken.
  bool path_style = true;
  /// Where it is configured, for messages: `weft.yaml:14`.
  std::string origin;
};

/// How long it is waited for.
struct RemoteWaits {
  /// The whole answer of a short request, and the head of a long one.
  Milliseconds answer{60'000};
  /// The next piece of a long answer, and the next piece of a body that is taken.
  Milliseconds piece{60'000};
  /// From the end of a body to its answer, and for parts to become an object.
  Milliseconds commit{300'000};
};

class RemoteObjects : public store::Objects {
 public:
  /// From now on nothing is read any more: lists, heads and downloads end with Reason::cancelled,
  /// those that run too. What is being put goes on. Any thread.
  virtual void end_reading() = 0;
  /// The same for all that changes the store: it may have been done or not. Any thread.
  virtual void end_writing() = 0;
};

struct RemoteParts {
  net::Loops& loops;
  const Clock& clock;
  /// Reads and writes files, makes digests.
  WorkPool& pool;
  /// For bodies that wait until they are whole; what lies there from an earlier life is removed.
  std::filesystem::path folder;
  RemoteStore store;
  RemoteWaits waits = {};
};

/// All parts outlive it, and it outlives what it opened. Asks the store nothing yet. Errors: the
/// folder cannot be made, or Reason::invalid_argument for what cannot be signed with.
Result<std::unique_ptr<RemoteObjects>> open_remote_objects(RemoteParts parts);

}  // namespace weft::adapters::sagemaker
