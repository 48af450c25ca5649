// Who sends a request to an AWS service, by its Signature Version 4. Owned by the routes of the
// adapter; any loop.
//
// A signature covers the body's digest, so that most of it can be said before the body is there
// (enter) and the last of it behind it (fits). Where the hub asks for no keys, and on the admin
// socket, everybody is `local`, whatever was signed. A key that is shown as at the other doors
// (`Authorization: Bearer`, `x-api-key`) is one here too.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/signing_keys.h"
#include "weft/wire/aws_chunked.h"
#include "weft/wire/aws_signature.h"

namespace weft::adapters::sagemaker {

/// Why a request was not let in; each protocol has its own words for it.
struct Refusal {
  enum class Kind : std::uint8_t {
    not_signed,
    malformed,      ///< a part of the signature is missing or wrong
    unknown_key,    ///< or a revoked one
    wrong_service,  ///< signed for another one
    mismatch,
    skewed,   ///< the caller's clock and the hub's are too far apart
    expired,  ///< a presigned URL whose time is over
  };
  Kind kind = Kind::not_signed;
  /// As AWS's services say it.
  std::string message;
  /// What should have been signed (mismatch alone).
  std::string canonical_request;
};

struct Entrance {
  model::Principal principal;
  std::string region;
  /// What the caller claims, to be checked with fits(); nothing where nobody needs a key.
  std::optional<wire::AwsSignature> signature;
  wire::Sha256 signing_key{};
  bool key_is_kept = false;

  /// The account the caller acts for; costs a digest.
  std::string account() const;
};

class AwsDoor {
 public:
  explicit AwsDoor(Environment& environment);

  /// All that can be said without the body. `service`: the signing name that the request has to be
  /// signed for; empty: any.
  std::expected<Entrance, Refusal> enter(const net::Exchange& exchange, std::string_view service);
  /// Whether the request that came in has the signature it claims, with this body: its SHA-256 in
  /// hexadecimal, or the word that stands for it.
  std::expected<void, Refusal> fits(const Entrance& entrance, const net::Exchange& exchange,
                                    std::string_view payload_digest);

 private:
  std::expected<Entrance, Refusal> enter_by_key(const net::Exchange& exchange) const;
  std::expected<void, Refusal> check_time(const wire::AwsSignature& signature) const;

  Environment& environment_;
  SigningKeys keys_;
};

wire::AwsRequest aws_request_of(const net::Exchange& exchange);
Refusal wrong_service(std::string_view wanted);

}  // namespace weft::adapters::sagemaker
