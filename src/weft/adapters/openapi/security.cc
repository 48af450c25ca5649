#include "weft/adapters/openapi/security.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/base/url.h"

namespace weft::adapters::openapi {
namespace {

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() > word.size() && wire::same_name(text.substr(0, word.size()), word);
}

bool met(const Scheme& scheme, const wire::Headers& headers) {
  switch (scheme.kind) {
    case Scheme::Kind::api_key: return headers.has(scheme.key);
    case Scheme::Kind::basic: return starts_with_word(headers.get("Authorization"), "Basic ");
    case Scheme::Kind::bearer: return starts_with_word(headers.get("Authorization"), "Bearer ");
    case Scheme::Kind::other: return false;
  }
  return false;
}

std::string how_to_meet(const Scheme& scheme) {
  switch (scheme.kind) {
    case Scheme::Kind::api_key: return std::format("`{}` (--header {}=…)", scheme.name, scheme.key);
    case Scheme::Kind::basic:
      return std::format("`{}` (--header 'Authorization=Basic …')", scheme.name);
    case Scheme::Kind::bearer: return std::format("`{}` (--bearer …)", scheme.name);
    case Scheme::Kind::other:
      return std::format("`{}` (a kind that weft does not speak)", scheme.name);
  }
  return scheme.name;
}

void append(std::string& to, std::string_view separator, const Scheme& scheme,
            std::string_view value) {
  if (!to.empty()) to += separator;
  to += percent_encode(scheme.key);
  to += '=';
  to += percent_encode(value);
}

}  // namespace

std::vector<std::string> key_names(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& [id, operation] : catalog.operations) {
    for (const auto& requirement : operation.security) {
      for (const auto& scheme : requirement) {
        const bool elsewhere = scheme.kind == Scheme::Kind::api_key && scheme.in != In::header;
        if (elsewhere && std::ranges::find(names, scheme.key) == names.end())
          names.push_back(scheme.key);
      }
    }
  }
  return names;
}

Result<Credentials> credentials_for(const Operation& operation, const hub::JoinRequest& request,
                                    const std::vector<std::string>& key_names) {
  WEFT_TRY(const wire::Headers configured, solution_headers(request));
  Credentials out;
  for (const auto& [name, value] : configured) {
    const bool elsewhere =
        std::ranges::any_of(key_names, [&](const auto& key) { return wire::same_name(key, name); });
    if (!elsewhere) out.headers.add(name, value);
  }
  if (operation.security.empty()) return out;
  std::string missing;
  for (const auto& requirement : operation.security) {
    std::string unmet;
    for (const auto& scheme : requirement) {
      if (!met(scheme, configured)) unmet += (unmet.empty() ? "" : " and ") + how_to_meet(scheme);
    }
    if (!unmet.empty()) {
      missing += (missing.empty() ? "" : ", or ") + unmet;
      continue;
    }
    for (const auto& scheme : requirement) {
      if (scheme.kind != Scheme::Kind::api_key || scheme.in == In::header) continue;
      const auto value = configured.get(scheme.key);
      scheme.in == In::query ? append(out.query, "&", scheme, value)
                             : append(out.cookies, "; ", scheme, value);
    }
    return out;
  }
  Error error = make_error(
      Reason::unavailable,
      std::format("`{}` needs credentials that weft has not got: join the solution with {}",
                  operation.id, missing));
  // As the service would say it: that only this operation cannot be called does not make it down.
  error.upstream_status = 401;
  return fail(std::move(error));
}

}  // namespace weft::adapters::openapi
