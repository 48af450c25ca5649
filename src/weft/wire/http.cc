#include "weft/wire/http.h"

#include <array>
#include <charconv>
#include <cstring>

namespace weft::wire {
namespace {

/// RFC 9110 §5.6.2.
constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kToken = token_table();

void append_fields(std::string& out, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    WEFT_ASSERT(valid_header_name(name) && valid_header_value(value));
    out.append(name);
    out.append(": ", 2);
    out.append(value);
    out.append("\r\n", 2);
  }
  out.append("\r\n", 2);
}

std::string_view success_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    default: return "";
  }
}

std::string_view failure_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 424: return "Failed Dependency";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";
  }
}

}  // namespace

std::string_view RequestHead::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view RequestHead::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

bool valid_header_name(std::string_view name) {
  for (const char c : name) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return !name.empty();
}

bool valid_header_value(std::string_view value) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  // Eight bytes at a time: is one below 0x20, or 0x7f?
  while (value.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, value.data(), 8);
    const std::uint64_t below = (word - kOnes * 0x20) & ~word & kHigh;
    const std::uint64_t off = word ^ (kOnes * 0x7f);
    if ((below | ((off - kOnes) & ~off & kHigh)) != 0) break;
    value.remove_prefix(8);
  }
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

void write_request_head(std::string& out, const RequestHead& head) {
  WEFT_ASSERT(valid_header_name(head.method));
  WEFT_ASSERT(!head.target.empty() &&
              head.target.find_first_of(std::string_view(" \r\n\0", 4)) == std::string::npos);
  out.append(head.method);
  out += ' ';
  out.append(head.target);
  out.append(" HTTP/1.1\r\n");
  append_fields(out, head.headers);
}

void write_response_head(std::string& out, const ResponseHead& head) {
  WEFT_ASSERT(head.status >= 100 && head.status <= 999);
  std::array<char, 4> digits{};
  std::to_chars(digits.data(), digits.data() + 3, head.status);
  out.append("HTTP/1.1 ");
  out.append(digits.data(), 3);
  out += ' ';
  out.append(reason_phrase(head.status));
  out.append("\r\n", 2);
  append_fields(out, head.headers);
}

std::string_view reason_phrase(int status) {
  return status < 400 ? success_phrase(status) : failure_phrase(status);
}

bool hop_by_hop(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {"connection",
                                                             "keep-alive",
                                                             "proxy-authenticate",
                                                             "proxy-authorization",
                                                             "proxy-connection",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade"};
  for (const std::string_view known : kNames) {
    if (same_name(known, name)) return true;
  }
  return false;
}

}  // namespace weft::wire
