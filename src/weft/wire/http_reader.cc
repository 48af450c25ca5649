// The reader: llhttp takes the bytes apart, this file refuses what RFC 9112 lets a server refuse
// and what two implementations could read in two ways (request smuggling).
#include <llhttp.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <format>

#include "weft/wire/http.h"
#include "weft/wire/limits.h"

namespace weft::wire {
namespace {

constexpr std::string_view kHostChars =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%:[]";

bool valid_host(std::string_view host) {
  if (host.empty() || host.find_first_not_of(kHostChars) != std::string_view::npos) return false;
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (host.front() == '[' && bracket == std::string_view::npos) return false;
  if (host.front() != '[' && host.find_first_of("[]") != std::string_view::npos) return false;
  if (colon == 0) return false;
  return colon == std::string_view::npos ||
         host.substr(colon + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

bool valid_target_chars(std::string_view target) {
  for (const char c : target) {
    if (c <= 0x20 || c == 0x7f || c == '#') return false;
  }
  return true;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

struct HttpReader::State {
  State(Kind kind_in, HttpLimits limits_in);

  // llhttp's callbacks.
  static int on_message_begin(llhttp_t* parser);
  static int on_url(llhttp_t* parser, const char* at, std::size_t size);
  static int on_header_field(llhttp_t* parser, const char* at, std::size_t size);
  static int on_header_value(llhttp_t* parser, const char* at, std::size_t size);
  static int on_header_value_complete(llhttp_t* parser);
  static int on_headers_complete(llhttp_t* parser);
  static int on_body(llhttp_t* parser, const char* at, std::size_t size);
  static int on_message_complete(llhttp_t* parser);

  static State& of(llhttp_t* parser) { return *static_cast<State*>(parser->data); }
  static const llhttp_settings_t& settings();

  Headers& headers() { return kind == Kind::request ? request.headers : response.headers; }
  void begin();
  int refuse(int status, std::string text);
  Error error(std::string text) const;
  Error llhttp_error(llhttp_errno_t code) const;
  int check_request();
  int check_target();
  int check_response();
  int check_framing(bool version_1_1, std::optional<std::uint64_t>& length, bool& chunked);
  /// Bare LF, bare CR, obs-fold and NUL in the bytes of a head.
  bool scan_head(std::string_view bytes);
  Result<void> after_feed(std::string_view taken, bool was_in_head);

  Kind kind;
  HttpLimits limits;
  llhttp_t parser{};
  RequestHead request;
  ResponseHead response;
  std::string name;
  std::string value;
  std::optional<HttpStep> step;
  std::string_view body;
  bool in_message = false;
  bool in_head = true;
  bool paused = false;
  bool no_body = false;
  int interim = 0;
  char last_char = 0;
  std::ptrdiff_t open_returns = 0;
  int refusal = 400;
  std::optional<Error> failed;
  std::size_t head_bytes = 0;
  const char* fed = nullptr;
  std::uint64_t position = 0;       // of fed[0] in the message
  std::uint64_t last_body_end = 0;  // in the message
  std::size_t overhead = 0;
};

const llhttp_settings_t& HttpReader::State::settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t table;
    llhttp_settings_init(&table);
    table.on_message_begin = on_message_begin;
    table.on_url = on_url;
    table.on_header_field = on_header_field;
    table.on_header_value = on_header_value;
    table.on_header_value_complete = on_header_value_complete;
    table.on_headers_complete = on_headers_complete;
    table.on_body = on_body;
    table.on_message_complete = on_message_complete;
    return table;
  }();
  return kSettings;
}

HttpReader::State::State(Kind kind_in, HttpLimits limits_in) : kind(kind_in), limits(limits_in) {
  llhttp_init(&parser, kind == Kind::request ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
  parser.data = this;
}

void HttpReader::State::begin() {
  in_message = true;
  in_head = true;
  request.headers.clear();
  request.target.clear();
  response.headers.clear();
  name.clear();
  value.clear();
  overhead = 0;
}

int HttpReader::State::refuse(int status, std::string text) {
  refusal = status;
  failed = error(std::move(text));
  return HPE_USER;
}

Error HttpReader::State::error(std::string text) const {
  if (kind == Kind::response) {
    return make_error(Reason::upstream_protocol,
                      std::format("the answer is not valid HTTP: {}", text));
  }
  const Reason reason =
      refusal == 431 || refusal == 414 ? Reason::too_large : Reason::invalid_argument;
  return make_error(reason, std::format("the request is not valid HTTP: {}", text));
}

Error HttpReader::State::llhttp_error(llhttp_errno_t code) const {
  const char* reason = llhttp_get_error_reason(&parser);
  return error(reason != nullptr && *reason != 0 ? std::string(reason)
                                                 : std::string(llhttp_errno_name(code)));
}

int HttpReader::State::on_message_begin(llhttp_t* parser) {
  of(parser).begin();
  return HPE_OK;
}

int HttpReader::State::on_url(llhttp_t* parser, const char* at, std::size_t size) {
  State& self = of(parser);
  if (self.request.target.size() + size > self.limits.target_chars_max) {
    return self.refuse(
        414, std::format("the target is longer than {} characters", self.limits.target_chars_max));
  }
  self.request.target.append(at, size);
  return HPE_OK;
}

int HttpReader::State::on_header_field(llhttp_t* parser, const char* at, std::size_t size) {
  State& self = of(parser);
  if (self.in_head) self.name.append(at, size);
  return HPE_OK;
}

int HttpReader::State::on_header_value(llhttp_t* parser, const char* at, std::size_t size) {
  State& self = of(parser);
  if (self.in_head) self.value.append(at, size);
  return HPE_OK;
}

int HttpReader::State::on_header_value_complete(llhttp_t* parser) {
  State& self = of(parser);
  if (!self.in_head) return HPE_OK;  // a trailer: read over
  if (self.headers().size() >= self.limits.headers_max) {
    return self.refuse(431, std::format("more than {} header fields", self.limits.headers_max));
  }
  self.headers().add(self.name, trim_right(self.value));
  self.name.clear();
  self.value.clear();
  return HPE_OK;
}

int HttpReader::State::on_headers_complete(llhttp_t* parser) {
  State& self = of(parser);
  // Upgrades are not spoken: the message goes on as HTTP.
  parser->upgrade = 0;
  const int bad = self.kind == Kind::request ? self.check_request() : self.check_response();
  if (bad != HPE_OK) return bad;
  if (self.kind == Kind::response && self.response.status < 200) {
    if (++self.interim > kInterimResponsesMax) return self.refuse(502, "too many interim answers");
    parser->flags |= F_SKIPBODY;
    return HPE_OK;
  }
  self.in_head = false;
  self.step = HttpStep::head;
  return HPE_PAUSED;
}

int HttpReader::State::on_body(llhttp_t* parser, const char* at, std::size_t size) {
  State& self = of(parser);
  if (size == 0) return HPE_OK;
  const std::uint64_t at_position = self.position + static_cast<std::uint64_t>(at - self.fed);
  const std::uint64_t gap = at_position - self.last_body_end;
  if (gap > kChunkFramingMax) self.overhead += gap - kChunkFramingMax;
  self.last_body_end = at_position + size;
  if (self.overhead > self.limits.chunk_overhead_max)
    return self.refuse(400, "chunk extensions are too long");
  self.body = {at, size};
  self.step = HttpStep::body;
  return HPE_PAUSED;
}

int HttpReader::State::on_message_complete(llhttp_t* parser) {
  State& self = of(parser);
  if (self.in_head) return HPE_OK;  // an interim answer: the next begins
  self.in_message = false;
  self.step = HttpStep::complete;
  return HPE_PAUSED;
}

int HttpReader::State::check_framing(bool version_1_1, std::optional<std::uint64_t>& length,
                                     bool& chunked) {
  length.reset();
  chunked = false;
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  for (const auto& [field, text] : headers()) {
    if (same_name(field, "content-length")) {
      ++lengths;
      std::uint64_t number = 0;
      const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (bad != std::errc() || end != text.data() + text.size() || text.front() == '+') {
        return refuse(400, "Content-Length is not a number");
      }
      length = number;
    } else if (same_name(field, "transfer-encoding")) {
      ++encodings;
      chunked = same_name(text, "chunked");
    }
  }
  if (lengths > 1) return refuse(400, "Content-Length more than once");
  if (encodings > 1) return refuse(400, "Transfer-Encoding more than once");
  if (encodings == 1 && !chunked) return refuse(400, "a Transfer-Encoding other than `chunked`");
  if (chunked && lengths > 0) return refuse(400, "Transfer-Encoding and Content-Length together");
  if (chunked && !version_1_1) return refuse(400, "Transfer-Encoding in HTTP/1.0");
  return HPE_OK;
}

int HttpReader::State::check_request() {
  const bool http_1 = parser.http_major == 1 && parser.http_minor <= 1;
  if (!http_1) return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  const bool version_1_1 = parser.http_minor == 1;
  if (parser.method == HTTP_CONNECT) return refuse(501, "CONNECT is not supported");
  request.method = llhttp_method_name(static_cast<llhttp_method_t>(parser.method));
  const std::size_t hosts = request.headers.count("host");
  if (hosts > 1 || (version_1_1 && hosts == 0)) return refuse(400, "exactly one Host is needed");
  if (hosts == 1 && !valid_host(request.headers.get("host")))
    return refuse(400, "Host is not a host");
  if (const int bad = check_target(); bad != HPE_OK) return bad;
  if (const int bad = check_framing(version_1_1, request.body_length, request.chunked);
      bad != HPE_OK)
    return bad;
  request.http_1_0 = !version_1_1;
  request.keep_alive = llhttp_should_keep_alive(&parser) != 0;
  const std::string_view expect = request.headers.get("expect");
  request.expect_continue = version_1_1 && same_name(expect, "100-continue");
  if (!expect.empty() && version_1_1 && !request.expect_continue) {
    return refuse(417, "an Expect other than `100-continue`");
  }
  return HPE_OK;
}

int HttpReader::State::check_target() {
  std::string& target = request.target;
  if (!valid_target_chars(target))
    return refuse(400, "the target holds a character that must be escaped");
  if (target.starts_with('/')) return HPE_OK;
  if (target == "*" && request.method == "OPTIONS") return HPE_OK;
  // Absolute form (RFC 9112 §3.2.2): legal, as long as it says the same as Host.
  const std::size_t mark = target.find("://");
  const std::string_view scheme =
      std::string_view(target).substr(0, mark == std::string::npos ? 0 : mark);
  if (!same_name(scheme, "http") && !same_name(scheme, "https")) {
    return refuse(400, "the target is neither a path nor an http URL");
  }
  const std::string_view rest = std::string_view(target).substr(mark + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (!valid_host(authority) || !same_name(authority, request.headers.get("host"))) {
    return refuse(400, "the target and Host name different hosts");
  }
  std::string origin_form(rest.substr(authority.size()));
  if (!origin_form.starts_with('/')) origin_form.insert(origin_form.begin(), '/');
  target = std::move(origin_form);
  return HPE_OK;
}

int HttpReader::State::check_response() {
  if (parser.http_major != 1 || parser.http_minor > 1) return refuse(502, "not HTTP/1.1");
  response.status = parser.status_code;
  if (response.status < 100 || response.status == 101) {
    return refuse(502, std::format("status {} was not asked for", response.status));
  }
  const int bad = check_framing(parser.http_minor == 1, response.body_length, response.chunked);
  if (bad != HPE_OK) return bad;
  if (no_body || response.status == 204 || response.status == 304) {
    parser.flags |= F_SKIPBODY;
    response.body_length = 0;
    response.chunked = false;
  }
  response.keep_alive = llhttp_should_keep_alive(&parser) != 0;
  return HPE_OK;
}

bool HttpReader::State::scan_head(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (std::memchr(bytes.data(), 0, bytes.size()) != nullptr) return false;
  const auto folded = [](char c) { return c == ' ' || c == '\t'; };
  if (last_char == '\n' && folded(bytes.front())) return false;
  std::ptrdiff_t lines = 0;
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    ++lines;
    if ((at > 0 ? bytes[at - 1] : last_char) != '\r') return false;
    if (at + 1 < bytes.size() && folded(bytes[at + 1])) return false;
  }
  // Every LF stood behind a CR: as many CRs as LFs means that none stands alone.
  for (auto at = bytes.find('\r'); at != std::string_view::npos; at = bytes.find('\r', at + 1))
    ++open_returns;
  open_returns -= lines;
  last_char = bytes.back();
  return open_returns == (last_char == '\r' ? 1 : 0);
}

Result<void> HttpReader::State::after_feed(std::string_view taken, bool was_in_head) {
  if (was_in_head) {
    head_bytes += taken.size();
    if (!scan_head(taken)) {
      refuse(400, "a line end that is not CRLF, a folded line or a NUL");
      return fail(*failed);
    }
    if (head_bytes > limits.head_bytes_max) {
      refuse(431, std::format("the head is longer than {} bytes", limits.head_bytes_max));
      return fail(*failed);
    }
  }
  position += taken.size();
  if (step == HttpStep::head) {
    last_body_end = position;
  } else if (!in_head && step != HttpStep::body) {
    const std::uint64_t gap = position - last_body_end;
    if (gap > kChunkFramingMax && overhead + gap - kChunkFramingMax > limits.chunk_overhead_max) {
      refuse(400, "chunk extensions and trailers are too long");
      return fail(*failed);
    }
  }
  if (step == HttpStep::complete) {
    in_head = true;
    head_bytes = 0;
    interim = 0;
    last_char = 0;
    open_returns = 0;
    no_body = false;
  }
  return {};
}

HttpReader::HttpReader(Kind kind, HttpLimits limits)
    : state_(std::make_unique<State>(kind, limits)) {}
HttpReader::~HttpReader() = default;
HttpReader::HttpReader(HttpReader&&) noexcept = default;

Result<HttpStep> HttpReader::feed(std::string_view bytes, std::size_t& used) {
  State& self = *state_;
  used = 0;
  if (self.failed) return fail(*self.failed);
  self.body = {};
  self.step.reset();
  self.fed = bytes.data();
  const bool was_in_head = self.in_head;
  if (std::exchange(self.paused, false)) llhttp_resume(&self.parser);
  const llhttp_errno_t code = llhttp_execute(&self.parser, bytes.data(), bytes.size());
  if (code == HPE_PAUSED) {
    self.paused = true;
    used = static_cast<std::size_t>(llhttp_get_error_pos(&self.parser) - bytes.data());
  } else if (code == HPE_OK) {
    used = bytes.size();
  } else {
    if (!self.failed) self.failed = self.llhttp_error(code);
    return fail(*self.failed);
  }
  WEFT_CHECK(self.after_feed(bytes.substr(0, used), was_in_head));
  return self.step.value_or(HttpStep::need_more);
}

std::string_view HttpReader::body() const { return state_->body; }

Result<HttpStep> HttpReader::finish() {
  State& self = *state_;
  if (self.failed) return fail(*self.failed);
  self.step.reset();
  llhttp_errno_t code = HPE_OK;
  if (std::exchange(self.paused, false)) {
    // A head without a body is only seen to be whole by the next step.
    llhttp_resume(&self.parser);
    code = llhttp_execute(&self.parser, "", 0);
    if (self.step) return *self.step;
  }
  if (code == HPE_OK) code = llhttp_finish(&self.parser);
  if (code != HPE_OK && code != HPE_PAUSED) {
    if (!self.failed) self.failed = self.error("the connection ended in the middle of it");
    return fail(*self.failed);
  }
  return self.step.value_or(HttpStep::need_more);
}

RequestHead& HttpReader::request() { return state_->request; }
ResponseHead& HttpReader::response() { return state_->response; }
void HttpReader::expect_no_body() { state_->no_body = true; }
bool HttpReader::inside_message() const { return state_->in_message || state_->head_bytes > 0; }
int HttpReader::refusal_status() const { return state_->refusal; }

}  // namespace weft::wire
