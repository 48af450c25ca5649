// The codec of A2A: objects to wire JSON and back. What differs between the versions is a Spelling;
// codec.cc holds 1.0's, codec_v03.cc those of 0.3. Owned by adapters/a2a; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/a2a/fields.h"
#include "weft/adapters/a2a/messages.h"

namespace weft::adapters::a2a {

/// `v03` is 0.3 over JSON-RPC (objects with `kind`), `v03_rest` 0.3 over HTTP+JSON (ProtoJSON of
/// package a2a.v1).
enum class Version : std::uint8_t { v10, v03, v03_rest };
/// `1.0` or `0.3`.
std::string_view to_string(Version version);

/// How one version writes what all versions mean.
struct Spelling {
  Version version;
  /// The member of a message that holds its parts.
  std::string_view parts_key;
  /// Objects carry `kind`, results are bare, status updates have a `final` flag.
  bool kinds;
  std::string_view (*state)(model::TaskState state);
  std::string_view (*role)(Speaker role);
  json::object (*write_part)(const model::Part& part);
  Result<model::Part> (*read_part)(const json::value& v, const std::string& path);
};
const Spelling& spelling(Version version);

/// Writes and reads in one version. Law: read(write(x)) == x minus what README.md declares lost.
class Codec {
 public:
  explicit Codec(Version version) : spelling_(spelling(version)) {}
  Version version() const { return spelling_.version; }

  json::object write(const Message& message) const;
  json::object write(const Status& status) const;
  json::object write(const Artifact& artifact) const;
  json::object write(const Task& task) const;
  json::object write(const StatusUpdate& update) const;
  json::object write(const ArtifactUpdate& update) const;
  /// The result of a send, one event of a stream: wrapped in 1.0, bare in 0.3.
  json::object write(const StreamItem& item) const;
  json::object write(const SendRequest& request) const;

  Result<Message> read_message(const json::value& v, const std::string& path) const;
  Result<Status> read_status(const json::value& v, const std::string& path) const;
  Result<Artifact> read_artifact(const json::value& v, const std::string& path) const;
  Result<Task> read_task(const json::value& v, const std::string& path) const;
  Result<StatusUpdate> read_status_update(const json::value& v, const std::string& path) const;
  Result<ArtifactUpdate> read_artifact_update(const json::value& v, const std::string& path) const;
  Result<StreamItem> read_item(const json::value& v) const;
  Result<SendRequest> read_request(const json::object& params) const;
  /// Parameters of ListTasks (1.0 only).
  Result<ListRequest> read_list(const json::object& params) const;

 private:
  const Spelling& spelling_;
};

/// About how many bytes a part takes.
std::size_t size_of(const model::Part& part);
/// Takes every version's spelling; nothing for a word that names no state.
std::optional<model::TaskState> read_state(std::string_view word);
/// RFC 3339 to milliseconds since the epoch.
Result<std::int64_t> parse_timestamp(std::string_view text, const std::string& path);

/// What parts of every version share: kinds of content that A2A has no form for ride as data
/// (tensors, tool calls and results) or text (reasoning, refusals), marked by `weft.part` in the
/// metadata.
class Carried {
 public:
  /// The part itself, which must outlive this.
  explicit Carried(const model::Part& given) : given_(&given) {}
  explicit Carried(model::Part&& made) : made_(std::move(made)) {}
  /// A Text, Data, Blob or Link.
  const model::Part& part() const { return made_ ? *made_ : *given_; }

 private:
  const model::Part* given_ = nullptr;
  std::optional<model::Part> made_;
};
Carried carry(const model::Part& part);
/// The inverse; a mark that does not fit what it marks leaves the part as it is.
model::Part uncarry(model::Part part);

}  // namespace weft::adapters::a2a
