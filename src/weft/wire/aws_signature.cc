#include "weft/wire/aws_signature.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <format>

namespace weft::wire {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::int64_t kPresignedSecondsMax = 7 * 24 * 3600;
/// A signature names no more headers than a head can have.
constexpr std::size_t kSignedHeadersMax = 128;

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::unauthenticated, std::move(message));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

/// Percent-encoded once, whatever was encoded already: an escape stays one, with capital digits.
void append_once_encoded(std::string& out, std::string_view text, std::string_view kept) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (unreserved(c) || kept.contains(c)) {
      out += c;
    } else if (c == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 &&
               digit_of(text[i + 2]) >= 0) {
      append_encoded(out, static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2])));
      i += 2;
    } else {
      append_encoded(out, c);
    }
  }
}

/// The path without `.`, `..` and empty segments (RFC 3986, 5.2.4): every service but S3 signs
/// that.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  if (out.empty() || path.ends_with('/')) out += '/';
  return out;
}

void append_path(std::string& out, std::string_view path, std::string_view service) {
  if (service == "s3") {
    append_once_encoded(out, path.empty() ? "/" : path, "/");
    return;
  }
  // Encoded once more: the `%` of an escape is a character like any other.
  for (const char c : normalized(path)) {
    if (unreserved(c) || c == '/') {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
}

void append_query(std::string& out, std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(field.find('='), field.size());
    const std::string_view name = field.substr(0, equals);
    if (field.empty() || name == "X-Amz-Signature") continue;
    auto& [encoded_name, encoded_value] = fields.emplace_back();
    append_once_encoded(encoded_name, name, "");
    append_once_encoded(encoded_value, field.substr(std::min(equals + 1, field.size())), "");
  }
  std::ranges::sort(fields);
  for (const auto& [name, value] : fields) {
    if (&name != &fields.front().first) out += '&';
    out += name;
    out += '=';
    out += value;
  }
}

/// The value with its spaces trimmed and runs of them made one.
void append_value(std::string& out, std::string_view value) {
  bool space = false;
  for (const char c : trimmed(value)) {
    const bool blank = c == ' ' || c == '\t';
    if (!(blank && space)) out += blank ? ' ' : c;
    space = blank;
  }
}

void append_headers(std::string& out, const AwsSignature& claimed, const Headers& headers) {
  for (const std::string& name : claimed.signed_headers) {
    out += name;
    out += ':';
    bool first = true;
    for (const auto& [each, value] : headers) {
      if (!same_name(each, name)) continue;
      if (!first) out += ',';
      append_value(out, value);
      first = false;
    }
    out += '\n';
  }
}

void append_names(std::string& out, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (&name != &names.front()) out += ';';
    out += name;
  }
}

void append_canonical(std::string& out, const AwsSignature& claimed, const AwsRequest& request,
                      std::string_view payload_digest) {
  out += request.method;
  out += '\n';
  append_path(out, path_of(request.target), claimed.scope.service);
  out += '\n';
  append_query(out, query_of(request.target));
  out += '\n';
  append_headers(out, claimed, request.headers);
  out += '\n';
  append_names(out, claimed.signed_headers);
  out += '\n';
  out += payload_digest;
}

std::optional<AwsScope> scope_from(std::string_view credential) {
  // An access key has no slash, a scope four parts behind it.
  std::array<std::string_view, 5> parts;
  for (std::size_t i = parts.size(); i-- > 1;) {
    const auto slash = credential.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    parts[i] = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  parts[0] = credential;
  const bool whole =
      std::ranges::none_of(parts, [](std::string_view part) { return part.empty(); });
  if (!whole || parts[4] != kTerminator || parts[0].contains('/')) return std::nullopt;
  return AwsScope{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                  std::string(parts[3])};
}

/// `Credential=…, SignedHeaders=…, Signature=…` behind the algorithm.
struct Authorization {
  std::string_view credential;
  std::string_view signed_headers;
  std::string_view signature;
};

std::optional<Authorization> authorization_of(const Headers& headers) {
  std::string_view text = headers.get("Authorization");
  if (!text.starts_with(kAlgorithm)) return std::nullopt;
  text.remove_prefix(kAlgorithm.size());
  if (!text.empty() && text.front() != ' ' && text.front() != '\t') return std::nullopt;
  Authorization out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const std::string_view field = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (name == "Credential") out.credential = value;
    if (name == "SignedHeaders") out.signed_headers = value;
    if (name == "Signature") out.signature = value;
  }
  return out;
}

/// A query parameter, decoded; nothing when there is none.
std::optional<std::string> parameter(std::string_view query, std::string_view wanted) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(field.find('='), field.size());
    if (!same_name(field.substr(0, equals), wanted)) continue;
    std::string out;
    const std::string_view value = field.substr(std::min(equals + 1, field.size()));
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool escape = value[i] == '%' && i + 2 < value.size() && digit_of(value[i + 1]) >= 0 &&
                          digit_of(value[i + 2]) >= 0;
      if (escape) {
        out += static_cast<char>(digit_of(value[i + 1]) * 16 + digit_of(value[i + 2]));
        i += 2;
      } else {
        out += value[i];
      }
    }
    return out;
  }
  return std::nullopt;
}

Result<std::vector<std::string>> names_from(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    std::string name(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (std::ranges::any_of(name, [](char c) { return c != lower(c); })) {
      return wrong("the signed headers must be named in lower case");
    }
    out.push_back(std::move(name));
    if (out.size() > kSignedHeadersMax) return wrong("the signature names too many headers");
  }
  if (!std::ranges::is_sorted(out)) return wrong("the signed headers must be in order");
  return out;
}

/// Host says which server is meant, and `x-amz-…` what the service is asked: both must be signed,
/// or whoever stands between could change them.
Result<void> check_coverage(const AwsSignature& signature, const Headers& headers) {
  const auto is_signed = [&](std::string_view name) {
    return std::ranges::any_of(signature.signed_headers,
                               [name](const std::string& each) { return same_name(each, name); });
  };
  if (!is_signed("host")) return wrong("'Host' must be a signed header");
  for (const auto& [name, value] : headers) {
    constexpr std::string_view kPrefix = "x-amz-";
    if (name.size() < kPrefix.size() || !same_name(name.substr(0, kPrefix.size()), kPrefix))
      continue;
    if (!is_signed(name))
      return wrong(std::format("the header `{}` was not signed and is not taken", name));
  }
  return {};
}

Result<AwsSignature> from_header(const Authorization& authorization, const AwsRequest& request) {
  if (authorization.credential.empty() || authorization.signed_headers.empty() ||
      authorization.signature.empty()) {
    return wrong("Authorization needs `Credential`, `SignedHeaders` and `Signature`");
  }
  AwsSignature out;
  auto scope = scope_from(authorization.credential);
  if (!scope) {
    return wrong("Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  }
  out.scope = *std::move(scope);
  WEFT_TRY(out.signed_headers, names_from(authorization.signed_headers));
  out.signature = authorization.signature;
  out.amz_date = trimmed(request.headers.get("x-amz-date"));
  out.payload = trimmed(request.headers.get("x-amz-content-sha256"));
  out.session_token = trimmed(request.headers.get("x-amz-security-token"));
  return out;
}

Result<AwsSignature> from_query(const AwsRequest& request, std::string_view query) {
  AwsSignature out;
  const auto credential = parameter(query, "X-Amz-Credential");
  const auto names = parameter(query, "X-Amz-SignedHeaders");
  const auto signature = parameter(query, "X-Amz-Signature");
  const auto date = parameter(query, "X-Amz-Date");
  const auto expires = parameter(query, "X-Amz-Expires");
  if (!credential || !names || !signature || !date || !expires) {
    return wrong(
        "a presigned URL needs X-Amz-Credential, X-Amz-SignedHeaders, X-Amz-Signature, X-Amz-Date "
        "and X-Amz-Expires");
  }
  auto scope = scope_from(*credential);
  if (!scope) return wrong("X-Amz-Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  out.scope = *std::move(scope);
  WEFT_TRY(out.signed_headers, names_from(*names));
  out.signature = *signature;
  out.amz_date = *date;
  std::int64_t seconds = -1;
  const auto read = std::from_chars(expires->data(), expires->data() + expires->size(), seconds);
  if (read.ec != std::errc() || read.ptr != expires->data() + expires->size() || seconds < 1 ||
      seconds > kPresignedSecondsMax) {
    return wrong(std::format("X-Amz-Expires must be 1 to {} seconds", kPresignedSecondsMax));
  }
  out.expires_s = seconds;
  out.payload = parameter(query, "X-Amz-Content-Sha256")
                    .value_or(std::string(trimmed(request.headers.get("x-amz-content-sha256"))));
  out.session_token = parameter(query, "X-Amz-Security-Token").value_or("");
  return out;
}

bool presigned_query(std::string_view query) {
  return parameter(query, "X-Amz-Algorithm").value_or("") == kAlgorithm;
}

Result<void> finish(AwsSignature& out, const AwsRequest& request) {
  const auto at = from_amz_date(out.amz_date);
  if (!at) return wrong("X-Amz-Date must be YYYYMMDDTHHMMSSZ");
  out.signed_at_s = *at;
  if (!out.amz_date.starts_with(out.scope.date)) {
    return wrong(std::format("the date of Credential ({}) is not that of X-Amz-Date ({})",
                             out.scope.date, out.amz_date));
  }
  const bool digits = out.signature.size() == 64 && std::ranges::all_of(out.signature, [](char c) {
                        return digit_of(c) >= 0 && c == lower(c);
                      });
  if (!digits) return wrong("Signature must be 64 hexadecimal digits");
  return check_coverage(out, request.headers);
}

}  // namespace

std::string AwsScope::str() const {
  std::string out;
  out.reserve(date.size() + region.size() + service.size() + kTerminator.size() + 3);
  for (const std::string* part : {&date, &region, &service}) {
    out += *part;
    out += '/';
  }
  out += kTerminator;
  return out;
}

Result<std::optional<AwsSignature>> read_aws_signature(const AwsRequest& request) {
  AwsSignature out;
  if (const auto authorization = authorization_of(request.headers)) {
    WEFT_TRY(out, from_header(*authorization, request));
  } else if (const auto query = query_of(request.target); presigned_query(query)) {
    WEFT_TRY(out, from_query(request, query));
  } else {
    return std::nullopt;
  }
  WEFT_CHECK(finish(out, request));
  return out;
}

std::optional<AwsScope> aws_scope_of(const AwsRequest& request) {
  if (const auto authorization = authorization_of(request.headers))
    return scope_from(authorization->credential);
  const std::string_view query = query_of(request.target);
  if (!presigned_query(query)) return std::nullopt;
  const auto credential = parameter(query, "X-Amz-Credential");
  return credential ? scope_from(*credential) : std::nullopt;
}

Sha256 aws_signing_key(std::string_view secret, const AwsScope& scope) {
  Sha256 key = hmac_sha256(std::format("AWS4{}", secret), scope.date);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.service);
  return hmac_sha256(key, kTerminator);
}

std::string aws_canonical_request(const AwsSignature& claimed, const AwsRequest& request,
                                  std::string_view payload_digest) {
  std::string out;
  out.reserve(1024);
  append_canonical(out, claimed, request, payload_digest);
  return out;
}

std::string aws_signature_of(const Sha256& signing_key, const AwsSignature& claimed,
                             const AwsRequest& request, std::string_view payload_digest) {
  const std::string canonical = aws_canonical_request(claimed, request, payload_digest);
  std::string to_sign;
  to_sign.reserve(256);
  for (const std::string_view line : {kAlgorithm, std::string_view(claimed.amz_date)}) {
    to_sign += line;
    to_sign += '\n';
  }
  to_sign += claimed.scope.str();
  to_sign += '\n';
  to_sign += hex(sha256(canonical));
  return hex(hmac_sha256(signing_key, to_sign));
}

void sign_aws(std::string_view method, std::string_view target, Headers& headers,
              std::string_view payload_digest, const AwsCredentials& credentials,
              std::string_view region, std::string_view service, std::int64_t now_s) {
  WEFT_ASSERT(headers.has("Host"));
  // One that was there is replaced: it signs nothing of itself.
  headers.remove("Authorization");
  AwsSignature made;
  made.amz_date = to_amz_date(now_s);
  made.scope = {.access_key = credentials.access_key,
                .date = made.amz_date.substr(0, 8),
                .region = std::string(region),
                .service = std::string(service)};
  headers.set("x-amz-date", made.amz_date);
  if (service == "s3") headers.set("x-amz-content-sha256", payload_digest);
  if (!credentials.session_token.empty())
    headers.set("x-amz-security-token", credentials.session_token);
  for (const auto& [name, value] : headers) {
    std::string small(name);
    for (char& c : small) c = lower(c);
    made.signed_headers.push_back(std::move(small));
  }
  std::ranges::sort(made.signed_headers);
  const auto twice = std::ranges::unique(made.signed_headers);
  made.signed_headers.erase(twice.begin(), twice.end());
  const AwsRequest request{.method = method, .target = target, .headers = headers};
  const Sha256 key = aws_signing_key(credentials.secret, made.scope);
  std::string names;
  append_names(names, made.signed_headers);
  const std::string authorization = std::format(
      "{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key,
      made.scope.str(), names, aws_signature_of(key, made, request, payload_digest));
  headers.set("Authorization", authorization);
}

std::string to_amz_date(std::int64_t unix_s) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_s)};
  return std::format("{:%Y%m%dT%H%M%S}Z", at);
}

std::optional<std::int64_t> from_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int out = -1;
    const char* end = text.data() + at + size;
    const auto read = std::from_chars(text.data() + at, end, out);
    return read.ec == std::errc() && read.ptr == end ? out : -1;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hour = number(9, 2);
  const int minute = number(11, 2);
  const int second = number(13, 2);
  const bool fine = day.ok() && number(0, 4) >= 1970 && hour >= 0 && hour < 24 && minute >= 0 &&
                    minute < 60 && second >= 0 && second < 60;
  if (!fine) return std::nullopt;
  const std::chrono::sys_seconds at = std::chrono::sys_days(day) + std::chrono::hours(hour) +
                                      std::chrono::minutes(minute) + std::chrono::seconds(second);
  return at.time_since_epoch().count();
}

}  // namespace weft::wire
