// Which operation a request is, who sends it, and the answer.
#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/answer.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/adapters/sagemaker/s3/s3.h"
#include "weft/adapters/sagemaker/s3/version2.h"

namespace weft::adapters::sagemaker {
namespace s3 {
namespace {

enum class Level : std::uint8_t { service, bucket, object };

/// An operation is a method on a level, and a name in the query where it has one; those with a name
/// stand first.
struct Operation {
  Level level;
  std::string_view method;
  std::string_view marker;
  Answered (*run)(S3Call&);
};
constexpr std::array kOperations{
    Operation{Level::service, "GET", "", list_buckets},
    Operation{Level::bucket, "GET", "location", bucket_location},
    Operation{Level::bucket, "GET", "versioning", bucket_versioning},
    Operation{Level::bucket, "GET", "uploads", list_uploads},
    Operation{Level::bucket, "GET", "list-type", list_objects_v2},
    Operation{Level::bucket, "GET", "", list_objects},
    Operation{Level::bucket, "HEAD", "", head_bucket},
    Operation{Level::bucket, "PUT", "", create_bucket},
    Operation{Level::bucket, "DELETE", "", delete_bucket},
    Operation{Level::bucket, "POST", "delete", delete_objects},
    Operation{Level::object, "GET", "uploadId", list_parts},
    Operation{Level::object, "GET", "attributes", object_attributes},
    Operation{Level::object, "GET", "", get_object},
    Operation{Level::object, "HEAD", "", get_object},
    Operation{Level::object, "PUT", "uploadId", put_part},
    Operation{Level::object, "PUT", "", put_object},
    Operation{Level::object, "DELETE", "uploadId", abort_upload},
    Operation{Level::object, "DELETE", "", delete_object},
    Operation{Level::object, "POST", "uploads", begin_upload},
    Operation{Level::object, "POST", "uploadId", complete_upload},
};

/// What S3 has besides, by its name in the query and in the operation's.
struct Missing {
  std::string_view marker;
  std::string_view name;
};
constexpr std::array kMissing{
    Missing{"acl", "Acl"},
    Missing{"accelerate", "AccelerateConfiguration"},
    Missing{"analytics", "AnalyticsConfiguration"},
    Missing{"cors", "Cors"},
    Missing{"encryption", "Encryption"},
    Missing{"intelligent-tiering", "IntelligentTieringConfiguration"},
    Missing{"inventory", "InventoryConfiguration"},
    Missing{"legal-hold", "LegalHold"},
    Missing{"lifecycle", "LifecycleConfiguration"},
    Missing{"logging", "Logging"},
    Missing{"metadataConfiguration", "MetadataConfiguration"},
    Missing{"metadataTable", "MetadataTableConfiguration"},
    Missing{"metrics", "MetricsConfiguration"},
    Missing{"notification", "NotificationConfiguration"},
    Missing{"object-lock", "ObjectLockConfiguration"},
    Missing{"ownershipControls", "OwnershipControls"},
    Missing{"policy", "Policy"},
    Missing{"policyStatus", "PolicyStatus"},
    Missing{"publicAccessBlock", "PublicAccessBlock"},
    Missing{"renameObject", "Rename"},
    Missing{"replication", "Replication"},
    Missing{"requestPayment", "RequestPayment"},
    Missing{"restore", "Restore"},
    Missing{"retention", "Retention"},
    Missing{"select", "Select"},
    Missing{"session", "Session"},
    Missing{"tagging", "Tagging"},
    Missing{"torrent", "Torrent"},
    Missing{"versioning", "Versioning"},
    Missing{"versions", "Versions"},
    Missing{"website", "Website"},
};

Level level_of(const Address& address) {
  if (address.bucket.empty()) return Level::service;
  return address.key.empty() ? Level::bucket : Level::object;
}

/// `GetObjectTagging`
std::string name_of(std::string_view method, Level level, std::string_view what) {
  std::string out(method.substr(0, 1));
  for (const char c : method.substr(1)) out += static_cast<char>(c - 'A' + 'a');
  return std::format("{}{}{}", out, level == Level::object ? "Object" : "Bucket", what);
}

Result<const Operation*> operation_of(const S3Call& call) {
  const Level level = level_of(call.address);
  const std::string_view method = call.head().method;
  const auto of_this = [&](const Operation& each) {
    return each.level == level && each.method == method;
  };
  const auto named = std::ranges::find_if(kOperations, [&](const Operation& each) {
    return of_this(each) && !each.marker.empty() && call.query.has(each.marker);
  });
  if (named != kOperations.end()) return &*named;
  const auto missing = std::ranges::find_if(
      kMissing, [&](const Missing& each) { return call.query.has(each.marker); });
  if (missing != kMissing.end()) {
    return not_implemented(std::format("weft's S3 does not have {} (`?{}`)",
                                       name_of(method, level, missing->name), missing->marker));
  }
  if (method == "POST" && level == Level::bucket) {
    return not_implemented(
        "weft takes no uploads by HTML forms (PostObject); put objects, or presign a PUT");
  }
  const auto plain = std::ranges::find_if(
      kOperations, [&](const Operation& each) { return of_this(each) && each.marker.empty(); });
  if (plain == kOperations.end()) return wrong("MethodNotAllowed");
  return &*plain;
}

Error error_of(const Refusal& refusal, bool presigned) {
  switch (refusal.kind) {
    case Refusal::Kind::not_signed: return wrong("AccessDenied").error();
    case Refusal::Kind::unknown_key: return wrong("InvalidAccessKeyId").error();
    case Refusal::Kind::skewed: return wrong("RequestTimeTooSkewed").error();
    case Refusal::Kind::expired: return wrong("AccessDenied", "Request has expired").error();
    case Refusal::Kind::mismatch: return wrong("SignatureDoesNotMatch").error();
    case Refusal::Kind::wrong_service:
    case Refusal::Kind::malformed: break;
  }
  return wrong(presigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
               refusal.message)
      .error();
}

}  // namespace

class Server {
 public:
  Server(Environment& environment, std::shared_ptr<AwsDoor> door, ObjectsOf objects)
      : environment_(environment), door_(std::move(door)), objects_(std::move(objects)) {}

  Awaitable<> handle(Request& request) {
    net::Exchange& exchange = request.exchange;
    const std::string id = make_aws_request_id(environment_.hub.random());
    auto done = co_await run(exchange, id);
    if (!done) {
      say(exchange, done.error(), id);
    } else if (!done->written) {
      give(exchange, *std::move(done), id);
    }
  }

  void refuse(net::Exchange& exchange, const Error& error) const {
    say(exchange, error, make_aws_request_id(environment_.hub.random()));
  }

 private:
  Answered run(net::Exchange& exchange, std::string id) {
    WEFT_CO_TRY(Address address, address_of(exchange.head(), environment_.hosts));
    WEFT_CO_TRY(Entrance entrance, enter(exchange, address));
    std::string owner = entrance.principal.name;
    S3Call call{.environment = environment_,
                .exchange = exchange,
                .entrance = std::move(entrance),
                .address = std::move(address),
                .query = Query(exchange.head().query()),
                .objects = objects_(std::move(owner)),
                .commits = commits_,
                .request_id = std::move(id)};
    WEFT_CO_TRY(const Operation* operation, operation_of(call));
    const std::string_view expected = call.headers().get("x-amz-expected-bucket-owner");
    if (!expected.empty() && expected != call.entrance.account()) co_return wrong("AccessDenied");
    co_return co_await operation->run(call);
  }

  /// Who it is, with a signature that fits: S3 signs the digest of the body, which is compared when
  /// the body comes.
  Result<Entrance> enter(const net::Exchange& exchange, const Address& address) {
    const wire::Headers& headers = exchange.head().headers;
    const bool presigned = !headers.has("Authorization");
    auto entrance = door_->enter(exchange, "s3");
    if (!entrance && entrance.error().kind == Refusal::Kind::not_signed)
      return enter_by_version_2(exchange, address);
    if (!entrance) return fail(error_of(entrance.error(), presigned));
    if (!entrance->signature) return *std::move(entrance);
    std::string payload = entrance->signature->payload;
    if (payload.empty() && !presigned) {
      return wrong("InvalidRequest",
                   "Missing required header for this request: x-amz-content-sha256");
    }
    if (payload.empty()) payload = wire::kUnsignedPayload;
    if (auto fits = door_->fits(*entrance, exchange, payload); !fits)
      return fail(error_of(fits.error(), presigned));
    return *std::move(entrance);
  }

  Result<Entrance> enter_by_version_2(const net::Exchange& exchange, const Address& address) const {
    const wire::RequestHead& head = exchange.head();
    if (head.headers.get("Authorization").starts_with("AWS ")) {
      return wrong("InvalidRequest",
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
    }
    const auto claimed = query_signature_of(Query(head.query()));
    if (!claimed) return wrong("AccessDenied");
    auto signer = environment_.hub.keys().signer(claimed->access_key);
    if (!signer) return wrong("InvalidAccessKeyId");
    const std::int64_t now_s = environment_.hub.clock().unix_ms() / 1000;
    if (now_s > claimed->expires_s) return wrong("AccessDenied", "Request has expired");
    if (claimed->expires_s - now_s > kPresignedSecondsMax)
      return wrong("AccessDenied", "A presigned URL is good for a week at most");
    const std::string should =
        signature_v2(environment_.hub.keys().aws_secret(*signer), head, address);
    if (!wire::equal_in_constant_time(should, claimed->signature))
      return wrong("SignatureDoesNotMatch");
    Entrance out;
    out.principal = *std::move(signer);
    out.region = kDefaultRegion;
    return out;
  }

  static void give(net::Exchange& exchange, Reply reply, std::string_view id) {
    wire::ResponseHead head;
    head.status = reply.status;
    head.headers = std::move(reply.headers);
    head.headers.set("x-amz-request-id", id);
    if (exchange.head().method == "HEAD" || reply.status == 304) head.body_length = reply.length;
    (void)exchange.respond(std::move(head), reply.body);
  }

  static void say(net::Exchange& exchange, const Error& error, std::string_view id) {
    if (exchange.started()) return;
    const Told told_error = told(error);
    wire::ResponseHead head;
    head.status = told_error.status;
    head.headers.add("Content-Type", "application/xml");
    head.headers.add("x-amz-request-id", id);
    const bool bodyless = exchange.head().method == "HEAD";
    (void)exchange.respond(
        std::move(head),
        bodyless ? std::string() : error_xml(told_error, exchange.head().path(), id));
  }

  Environment& environment_;
  std::shared_ptr<AwsDoor> door_;
  ObjectsOf objects_;
  Commits commits_;
};

}  // namespace s3

Route s3_route(Environment& environment, std::shared_ptr<AwsDoor> door, ObjectsOf objects) {
  auto server = std::make_shared<s3::Server>(environment, std::move(door), std::move(objects));
  Route out;
  out.prefix = "/";
  out.handler = [server](Request& request) { return server->handle(request); };
  out.refuse = [server](net::Exchange& exchange, const Error& error) {
    server->refuse(exchange, error);
  };
  out.match = [&environment](const net::Exchange& exchange) {
    return s3::is_for_s3(exchange, environment.hosts);
  };
  // Who it is the handler finds out, and says it in S3's words.
  out.authenticate = [](net::Exchange&) -> Result<model::Principal> { return model::Principal(); };
  out.any_body = true;
  out.names_below = true;
  // A bucket may be called `api` or `mcp`.
  out.first = true;
  return out;
}

}  // namespace weft::adapters::sagemaker
