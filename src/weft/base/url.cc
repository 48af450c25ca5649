#include "weft/base/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include <cctype>
#include <charconv>
#include <format>

#include "weft/base/limits.h"

namespace weft {
namespace {

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<Url> take_apart(boost::urls::url_view view, std::string_view text) {
  Url url;
  url.scheme = std::string(view.scheme());
  for (char& c : url.scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (url.scheme != "http" && url.scheme != "https") {
    return fail(Reason::invalid_argument, std::format("`{}` is not an http or https URL", text));
  }
  if (view.has_userinfo()) {
    return fail(
        Reason::invalid_argument,
        "a URL must not carry a user name or password; pass credentials by --bearer or --header");
  }
  url.host = view.host_type() == boost::urls::host_type::ipv6 ? std::string(view.host_address())
                                                              : view.host();
  for (char& c : url.host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (url.host.empty())
    return fail(Reason::invalid_argument, std::format("`{}` names no host", text));
  // Escapes in a host are decoded by now: what they hid must not reach a resolver or a header.
  const std::string_view allowed = view.host_type() == boost::urls::host_type::ipv6
                                       ? "0123456789abcdef:."
                                       : "0123456789abcdefghijklmnopqrstuvwxyz.-_";
  if (url.host.find_first_not_of(allowed) != std::string::npos) {
    return fail(Reason::invalid_argument,
                std::format("the host in `{}` is not a name or an address", text));
  }
  url.port = url.tls() ? 443 : 80;
  if (view.has_port() && !view.port().empty()) {
    const std::string_view port = view.port();
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) {
      return fail(Reason::invalid_argument, std::format("`{}` is not a port", port));
    }
  }
  url.path = view.encoded_path().empty() ? "/" : std::string(view.encoded_path());
  url.query = std::string(view.encoded_query());
  return url;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.contains(':') ? std::format("[{}]", host) : host;
  if (port != (tls() ? 443 : 80)) out += std::format(":{}", port);
  return out;
}

std::string Url::target() const { return query.empty() ? path : std::format("{}?{}", path, query); }

std::string Url::str() const { return std::format("{}://{}{}", scheme, authority(), target()); }

Url Url::with_target(std::string_view target) const {
  Url url = *this;
  const auto mark = target.find('?');
  url.path = std::string(target.substr(0, mark));
  url.query = mark == std::string_view::npos ? "" : std::string(target.substr(mark + 1));
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  const std::string own = str();  // the parsed views look into it
  const auto base = boost::urls::parse_uri(own);
  const auto parsed = boost::urls::parse_uri_reference(reference);
  if (!base || !parsed) {
    return fail(Reason::invalid_argument, std::format("`{}` is not a URL reference", reference));
  }
  boost::urls::url out;
  if (const auto done = boost::urls::resolve(*base, *parsed, out); !done) {
    return fail(Reason::invalid_argument, std::format("`{}` cannot be resolved", reference));
  }
  WEFT_TRY(Url url, take_apart(out, reference));
  // RFC 3986 5.2.4: what would climb above the root stays at it; the library keeps such segments.
  while (url.path.starts_with("/../")) url.path.erase(0, 3);
  if (url.path == "/..") url.path = "/";
  return url;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlCharsMax) {
    return fail(Reason::invalid_argument,
                std::format("the URL is longer than {} characters", kUrlCharsMax));
  }
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) {
    const bool begins = text.starts_with("http://") || text.starts_with("https://");
    return fail(
        Reason::invalid_argument,
        std::format("`{}` is not a URL: {} (a URL looks like http://127.0.0.1:3000/path)", text,
                    begins ? "a part of it has a character that must be written as %XX"
                           : "it does not begin with http:// or https://"));
  }
  return take_apart(*parsed, text);
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      return fail(Reason::invalid_argument,
                  std::format("a broken percent escape at character {}", i));
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto decode = [](std::string_view part) {
    std::string text(part);
    for (char& c : text) {
      if (c == '+') c = ' ';
    }
    return percent_decode(text).value_or(text);
  };
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (!pair.empty()) {
      const auto mark = pair.find('=');
      out.emplace_back(decode(pair.substr(0, mark)),
                       mark == std::string_view::npos ? "" : decode(pair.substr(mark + 1)));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace weft
