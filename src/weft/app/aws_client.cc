#include "weft/app/aws_client.h"

#include <format>

#include "weft/base/file.h"
#include "weft/base/url.h"
#include "weft/wire/aws_signature.h"

namespace weft::app {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024 * 1024;
constexpr std::size_t kPieceBytes = 1024 * 1024;
constexpr Milliseconds kAnswerWait{60'000};
constexpr Milliseconds kFileWait{3'600'000};
constexpr std::string_view kRegion = "us-east-1";

/// The signature only says which service is meant: who asks is told by the socket or the key.
constexpr std::string_view kNobody = "weft";

/// What an AWS door says is wrong: `{"__type":…, "message":…}`, or S3's XML.
Error error_of(int status, const std::string& body) {
  const auto parsed = json::parse(body);
  if (parsed && parsed->is_object()) {
    const json::object& o = parsed->get_object();
    std::string_view words = json::string_at(o, "message");
    if (words.empty()) words = json::string_at(o, "Message");
    Error error = make_error(status < 500 ? Reason::invalid_argument : Reason::internal,
                             std::string(words.empty() ? body : words));
    error.param = json::string_at(o, "__type");
    error.upstream_status = status;
    return error;
  }
  const auto between = [&](std::string_view begin, std::string_view end) {
    const auto from = body.find(begin);
    const auto to = body.find(end, from);
    return from == std::string::npos || to == std::string::npos
               ? std::string()
               : body.substr(from + begin.size(), to - from - begin.size());
  };
  const std::string words = between("<Message>", "</Message>");
  Error error = make_error(
      status < 500 ? Reason::invalid_argument : Reason::internal,
      words.empty() ? std::format("the hub answered HTTP {} without saying why", status) : words);
  error.param = between("<Code>", "</Code>");
  error.upstream_status = status;
  return error;
}

std::string object_target(const std::string& bucket, const std::string& key) {
  std::string out = "/" + percent_encode(bucket);
  std::string_view rest = key;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    out += "/" + percent_encode(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  return out;
}

}  // namespace

AwsClient::AwsClient(net::HttpClient& client, HubAddress address, const Clock& clock)
    : client_(client), address_(std::move(address)), clock_(clock) {}

Result<net::ClientRequest> AwsClient::request(std::string_view service, std::string method,
                                              std::string target) const {
  net::ClientRequest out;
  WEFT_TRY(out.origin, AdminClient(client_, address_).origin());
  out.method = std::move(method);
  out.target = std::move(target);
  out.deadline = clock_.steady() + kAnswerWait;
  wire::Headers signed_headers;
  signed_headers.add("Host", out.origin.url.authority());
  wire::sign_aws(out.method, out.target, signed_headers, wire::kUnsignedPayload,
                 {.access_key = std::string(kNobody), .secret = "", .session_token = ""}, kRegion,
                 service, clock_.unix_ms() / 1'000);
  for (const std::string_view name : {"Authorization", "x-amz-date", "x-amz-content-sha256"}) {
    if (signed_headers.has(name))
      out.headers.add(std::string(name), std::string(signed_headers.get(name)));
  }
  if (!address_.key.empty()) out.headers.add("x-api-key", address_.key);
  return out;
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> AwsClient::send(
    net::ClientRequest request) {
  const net::Origin origin = request.origin;
  const CancelToken never;
  auto response = co_await client_.send(std::move(request), never);
  if (!response)
    co_return fail(AdminClient::without_answer(origin, address_.text, std::move(response).error()));
  co_return std::move(response);
}

Awaitable<Result<json::object>> AwsClient::call(std::string_view service, std::string target,
                                                json::object input) {
  WEFT_CO_TRY(net::ClientRequest sent, request(service, "POST", "/"));
  sent.headers.add("Content-Type", "application/x-amz-json-1.1");
  sent.headers.add("X-Amz-Target", target);
  sent.body = json::write(input);
  WEFT_CO_TRY(auto response, co_await send(std::move(sent)));
  WEFT_CO_TRY(const std::string body, co_await response->read_all(kAnswerBytesMax));
  if (response->head().status >= 300) {
    Error error = error_of(response->head().status, body);
    if (response->head().status == 404 && error.param.empty())
      error.message = "this hub serves no training and serving";
    co_return fail(std::move(error));
  }
  co_return json::parse_object(body.empty() ? "{}" : body, "the hub's answer");
}

Awaitable<Result<json::object>> AwsClient::sagemaker(std::string operation, json::object input) {
  co_return co_await call("sagemaker", "SageMaker." + operation, std::move(input));
}

Awaitable<Result<json::object>> AwsClient::logs(std::string operation, json::object input) {
  co_return co_await call("logs", "Logs_20140328." + operation, std::move(input));
}

Awaitable<Result<void>> AwsClient::make_bucket(std::string bucket) {
  WEFT_CO_TRY(net::ClientRequest sent, request("s3", "PUT", object_target(bucket, "")));
  WEFT_CO_TRY(auto response, co_await send(std::move(sent)));
  WEFT_CO_TRY(const std::string body, co_await response->read_all(kAnswerBytesMax));
  if (response->head().status < 300) co_return Result<void>();
  Error error = error_of(response->head().status, body);
  if (error.param == "BucketAlreadyOwnedByYou") co_return Result<void>();
  co_return fail(std::move(error));
}

Awaitable<Result<void>> AwsClient::put_file(std::filesystem::path file, std::string bucket,
                                            std::string key) {
  WEFT_CO_TRY(const File from, File::open(file));
  WEFT_CO_TRY(net::ClientRequest sent, request("s3", "PUT", object_target(bucket, key)));
  sent.deadline = clock_.steady() + kFileWait;
  struct Reading {
    const File& file;
    std::uint64_t at = 0;
    std::string piece;
    Awaitable<Result<std::string_view>> next() {
      WEFT_CO_TRY(piece, file.read(at, kPieceBytes));
      at += piece.size();
      co_return std::string_view(piece);
    }
  } reading{.file = from, .at = 0, .piece = ""};
  const net::Origin origin = sent.origin;
  const CancelToken never;
  auto answer = co_await client_.send_streaming(
      std::move(sent), [&reading] { return reading.next(); }, never);
  if (!answer)
    co_return fail(AdminClient::without_answer(origin, address_.text, std::move(answer).error()));
  const auto response = *std::move(answer);
  WEFT_CO_TRY(const std::string body, co_await response->read_all(kAnswerBytesMax));
  if (response->head().status >= 300) co_return fail(error_of(response->head().status, body));
  co_return Result<void>();
}

Awaitable<Result<void>> AwsClient::get_file(std::string bucket, std::string key,
                                            std::filesystem::path file) {
  WEFT_CO_TRY(net::ClientRequest sent, request("s3", "GET", object_target(bucket, key)));
  sent.deadline = clock_.steady() + kFileWait;
  WEFT_CO_TRY(auto response, co_await send(std::move(sent)));
  if (response->head().status >= 300) {
    WEFT_CO_TRY(const std::string body, co_await response->read_all(kAnswerBytesMax));
    co_return fail(error_of(response->head().status, body));
  }
  WEFT_CO_TRY(File to, File::make(file));
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await response->read_some());
    if (piece.empty()) co_return Result<void>();
    WEFT_CO_CHECK(to.write(piece, file));
  }
}

Awaitable<Result<AwsClient::Answer>> AwsClient::invoke(std::string endpoint, std::string type,
                                                       std::string accept, std::string body) {
  WEFT_CO_TRY(net::ClientRequest sent,
              request("sagemaker", "POST",
                      std::format("/endpoints/{}/invocations", percent_encode(endpoint))));
  sent.headers.add("Content-Type", type);
  if (!accept.empty()) sent.headers.add("Accept", accept);
  sent.body = std::move(body);
  WEFT_CO_TRY(auto response, co_await send(std::move(sent)));
  Answer out;
  out.status = response->head().status;
  out.type = response->head().headers.get("Content-Type");
  out.variant = response->head().headers.get("x-Amzn-Invoked-Production-Variant");
  WEFT_CO_TRY(out.body, co_await response->read_all(kAnswerBytesMax));
  if (out.status >= 300) co_return fail(error_of(out.status, out.body));
  co_return out;
}

}  // namespace weft::app
