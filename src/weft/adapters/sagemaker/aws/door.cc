#include "weft/adapters/sagemaker/aws/door.h"

#include <format>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/limits.h"

namespace weft::adapters::sagemaker {
namespace {

using Kind = Refusal::Kind;

std::unexpected<Refusal> refused(Kind kind, std::string message) {
  return std::unexpected(
      Refusal{.kind = kind, .message = std::move(message), .canonical_request = {}});
}

/// A key of the hub as every other door takes it; empty when there is none.
std::string_view plain_key(const wire::Headers& headers) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = headers.get("Authorization");
  if (authorization.size() > kBearer.size() &&
      wire::same_name(authorization.substr(0, kBearer.size()), kBearer)) {
    return authorization.substr(kBearer.size());
  }
  if (headers.has("x-api-key")) return headers.get("x-api-key");
  return headers.get("api-key");
}

Entrance local(const net::Exchange& exchange) {
  Entrance out;
  out.principal = {.name = "local", .key_id = "", .admin = exchange.over_unix_socket()};
  const auto scope = wire::aws_scope_of(aws_request_of(exchange));
  out.region = scope && is_region(scope->region) ? scope->region : std::string(kDefaultRegion);
  return out;
}

}  // namespace

std::string Entrance::account() const { return account_of(principal.name); }

wire::AwsRequest aws_request_of(const net::Exchange& exchange) {
  const wire::RequestHead& head = exchange.head();
  return {.method = head.method, .target = head.target, .headers = head.headers};
}

Refusal wrong_service(std::string_view wanted) {
  return {.kind = Kind::wrong_service,
          .message = std::format("Credential should be scoped to correct service: '{}'.", wanted),
          .canonical_request = {}};
}

AwsDoor::AwsDoor(Environment& environment) : environment_(environment), keys_(kSigningKeysMax) {}

std::expected<Entrance, Refusal> AwsDoor::enter(const net::Exchange& exchange,
                                                std::string_view service) {
  if (exchange.over_unix_socket()) return local(exchange);
  auto read = wire::read_aws_signature(aws_request_of(exchange));
  if (!environment_.asks_for_keys()) {
    // A presigned URL ends when it says, whoever signed it.
    const bool presigned = read && *read && (*read)->expires_s;
    if (presigned) {
      if (auto fit = check_time(**read); !fit) return std::unexpected(std::move(fit).error());
    }
    return local(exchange);
  }
  if (!read) return refused(Kind::malformed, std::move(read.error().message));
  if (!*read) return enter_by_key(exchange);
  Entrance out;
  out.signature = **std::move(read);
  const wire::AwsScope& scope = out.signature->scope;
  auto signer = environment_.hub.keys().signer(scope.access_key);
  if (!signer) {
    return refused(Kind::unknown_key, "The security token included in the request is invalid.");
  }
  if (!is_region(scope.region)) {
    return refused(Kind::malformed, "Credential should be scoped to a valid region.");
  }
  if (!service.empty() && scope.service != service) return std::unexpected(wrong_service(service));
  if (auto fit = check_time(*out.signature); !fit) return std::unexpected(std::move(fit).error());
  const auto kept = keys_.find(scope);
  out.key_is_kept = kept.has_value();
  out.signing_key =
      kept ? *kept : wire::aws_signing_key(environment_.hub.keys().aws_secret(*signer), scope);
  out.principal = *std::move(signer);
  out.region = scope.region;
  return out;
}

std::expected<Entrance, Refusal> AwsDoor::enter_by_key(const net::Exchange& exchange) const {
  const std::string_view secret = plain_key(exchange.head().headers);
  if (secret.empty()) return refused(Kind::not_signed, "Missing Authentication Token");
  auto principal = environment_.hub.keys().authenticate(secret);
  if (!principal) {
    return refused(Kind::unknown_key, "The security token included in the request is invalid.");
  }
  Entrance out;
  out.principal = *std::move(principal);
  out.region = kDefaultRegion;
  return out;
}

std::expected<void, Refusal> AwsDoor::check_time(const wire::AwsSignature& signature) const {
  const std::int64_t now_s = environment_.hub.clock().unix_ms() / 1000;
  const std::int64_t skew_s =
      signature.scope.service == "s3" ? kClockSkewSecondsOfS3 : kClockSkewSeconds;
  if (signature.signed_at_s > now_s + skew_s) {
    return refused(
        Kind::skewed,
        std::format("Signature not yet current: {} is still later than {} ({} + {} min.)",
                    signature.amz_date, wire::to_amz_date(now_s + skew_s), wire::to_amz_date(now_s),
                    skew_s / 60));
  }
  // A presigned URL is good until it says.
  if (signature.expires_s) {
    if (now_s <= signature.signed_at_s + *signature.expires_s) return {};
    return refused(Kind::expired, "Request has expired");
  }
  if (signature.signed_at_s >= now_s - skew_s) return {};
  return refused(
      Kind::skewed,
      std::format("Signature expired: {} is now earlier than {} ({} - {} min.)", signature.amz_date,
                  wire::to_amz_date(now_s - skew_s), wire::to_amz_date(now_s), skew_s / 60));
}

std::expected<void, Refusal> AwsDoor::fits(const Entrance& entrance, const net::Exchange& exchange,
                                           std::string_view payload_digest) {
  if (!entrance.signature) return {};
  const wire::AwsSignature& claimed = *entrance.signature;
  const wire::AwsRequest request = aws_request_of(exchange);
  const std::string should =
      wire::aws_signature_of(entrance.signing_key, claimed, request, payload_digest);
  if (wire::equal_in_constant_time(should, claimed.signature)) {
    if (!entrance.key_is_kept) keys_.keep(claimed.scope, entrance.signing_key);
    return {};
  }
  return std::unexpected(Refusal{
      .kind = Kind::mismatch,
      .message = "The request signature we calculated does not match the signature you provided. "
                 "Check your AWS Secret Access Key and signing method. Consult the service "
                 "documentation for details.",
      .canonical_request = wire::aws_canonical_request(claimed, request, payload_digest)});
}

}  // namespace weft::adapters::sagemaker
