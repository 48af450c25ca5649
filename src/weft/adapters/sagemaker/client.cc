#include "weft/adapters/sagemaker/client.h"

#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/sagemaker/invoking.h"
#include "weft/hub/variables.h"
#include "weft/wire/aws_events.h"
#include "weft/wire/digest.h"
#include "weft/wire/http.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kErrorBodyBytesMax = 128 * 1024;
constexpr std::size_t kFrameBytesMax = 16 * 1024 * 1024;
constexpr std::string_view kInvocations = "/invocations";
constexpr std::string_view kEventStream = "application/vnd.amazon.eventstream";

/// `NAME` of `…/endpoints/NAME/invocations`; nothing when it is none.
std::optional<std::string> endpoint_of(const Url& url) {
  constexpr std::string_view kEndpoints = "/endpoints/";
  std::string_view path = url.path;
  if (!path.ends_with(kInvocations)) return std::nullopt;
  path.remove_suffix(kInvocations.size());
  const auto at = path.rfind(kEndpoints);
  if (at == path.npos) return std::nullopt;
  const std::string_view name = path.substr(at + kEndpoints.size());
  if (name.empty() || name.contains('/')) return std::nullopt;
  return std::string(name);
}

/// Who signs, and for where.
struct Signing {
  wire::AwsCredentials credentials;
  std::string region;
};

/// A header that was given, which is then no header any more, or else the usual variable.
Result<std::string> taken(wire::Headers& headers, std::string_view header,
                          std::string_view variable) {
  std::string given(headers.get(header));
  headers.remove(header);
  if (!given.empty()) return given;
  return hub::resolve_variables(variable);
}

/// `us-west-2` of `runtime.sagemaker.us-west-2.amazonaws.com`.
std::string region_of_host(std::string_view host) {
  constexpr std::string_view kBegin = "runtime.sagemaker.";
  if (!host.starts_with(kBegin) || !host.contains(".amazonaws.com")) return {};
  host.remove_prefix(kBegin.size());
  return std::string(host.substr(0, host.find('.')));
}

std::string region_of(wire::Headers& headers, const Url& url) {
  std::string given(headers.get(kRegionHeader));
  headers.remove(kRegionHeader);
  if (given.empty()) given = region_of_host(url.host);
  for (const std::string_view variable : {"${AWS_REGION}", "${AWS_DEFAULT_REGION}"}) {
    if (given.empty()) given = hub::resolve_variables(variable).value_or("");
  }
  return given.empty() ? "us-east-1" : given;
}

Result<Signing> signing_of(wire::Headers& headers, const Url& url) {
  Signing out;
  WEFT_TRY(out.credentials.access_key, taken(headers, kAccessKeyHeader, "${AWS_ACCESS_KEY_ID}"));
  WEFT_TRY(out.credentials.secret, taken(headers, kSecretHeader, "${AWS_SECRET_ACCESS_KEY}"));
  // Keys that are for ever have no token.
  out.credentials.session_token = taken(headers, kTokenHeader, "${AWS_SESSION_TOKEN}").value_or("");
  out.region = region_of(headers, url);
  return out;
}

Awaitable<std::string> read_beginning(net::ClientResponse& response) {
  std::string body;
  while (body.size() < kErrorBodyBytesMax) {
    auto piece = co_await response.read_some();
    if (!piece || piece->empty()) break;
    body += piece->substr(0, kErrorBodyBytesMax - body.size());
  }
  co_return body;
}

class SageMakerProtocol final : public hub::Protocol {
 public:
  explicit SageMakerProtocol(Environment& environment) : environment_(environment) {}

  std::string_view name() const override { return "sagemaker"; }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext) override {
    hub::Finding finding;
    const auto url = parse_url(request.url);
    const auto name = url ? endpoint_of(*url) : std::nullopt;
    if (!name) {
      finding.tried = "nothing was asked: the URL is not …/endpoints/NAME/invocations";
      co_return finding;
    }
    finding.spoken = true;
    finding.confidence = 1;
    finding.how = std::format("the URL is that of the SageMaker endpoint \"{}\"", *name);
    finding.protocol_version = "2017-05-13";
    finding.url = request.url;
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding,
                                         hub::CallContext) override {
    WEFT_CO_TRY(const Url url, parse_url(request.url));
    if (!endpoint_of(url)) {
      co_return fail(Reason::invalid_argument,
                     "a SageMaker endpoint's URL is "
                     "https://runtime.sagemaker.REGION.amazonaws.com/endpoints/NAME/invocations");
    }
    WEFT_CO_TRY(wire::Headers headers, solution_headers(request));
    if (auto signing = signing_of(headers, url); !signing) {
      co_return fail(Reason::unavailable,
                     std::format("no AWS credentials: {}; set them in the environment of the hub, "
                                 "or as the headers {} and {}",
                                 signing.error().message, kAccessKeyHeader, kSecretHeader));
    }
    hub::Joined joined;
    joined.solution = SageMakerService::describe(url);
    joined.service = std::make_shared<SageMakerService>(
        SageMakerService::Parts{.clients = environment_.clients,
                                .clock = environment_.hub.clock(),
                                .request = std::move(request),
                                .url = url});
    co_return joined;
  }

 private:
  Environment& environment_;
};

}  // namespace

SageMakerService::SageMakerService(Parts parts)
    : clients_(parts.clients),
      clock_(parts.clock),
      request_(std::move(parts.request)),
      url_(std::move(parts.url)) {}

model::Solution SageMakerService::describe(const Url& url) {
  model::Solution out;
  const std::string name = endpoint_of(url).value_or(url.host);
  out.title = name;
  out.description = std::format("The SageMaker endpoint {} at {}.", name, url.authority());
  out.kind = model::Kind::predictor;
  out.protocol = "sagemaker";
  out.protocol_version = "2017-05-13";
  out.url = url.str();
  out.caps.stream = true;
  model::Skill skill;
  skill.id = SkillId("invoke");
  skill.title = "Invoke";
  skill.description = std::format("Asks the model of the endpoint {}.", name);
  skill.shape = model::Shape::invoke;
  skill.input_schema = invoke_schema();
  out.skills.push_back(std::move(skill));
  return out;
}

Result<net::ClientRequest> SageMakerService::request_for(const model::Call& call, bool stream,
                                                         const hub::CallContext& context) const {
  static const json::value kNone{json::object()};
  WEFT_TRY(InvokeBody body, read_invoke(call.args ? *call.args : kNone));
  Url url = url_;
  if (stream) url.path += "-response-stream";
  WEFT_TRY(auto out, solution_request(request_, "POST", url, context));
  WEFT_TRY(const Signing signing, signing_of(out.headers, url));
  out.headers.set("Host", url.authority());
  out.headers.set("Content-Type", body.content_type);
  const std::string_view accept = stream ? "X-Amzn-SageMaker-Accept" : "Accept";
  if (!body.accept.empty()) out.headers.set(accept, body.accept);
  for (const auto& [name, value] : body.more) out.headers.set(name, value);
  if (!call.trace.parent.empty()) out.headers.set("traceparent", call.trace.parent);
  if (!call.trace.state.empty()) out.headers.set("tracestate", call.trace.state);
  out.headers.set("Weft-Depth", std::to_string(call.depth + 1));
  out.body = std::move(body.body);
  wire::sign_aws("POST", url.target(), out.headers, wire::hex(wire::sha256(out.body)),
                 signing.credentials, signing.region, "sagemaker", clock_.unix_ms() / 1000);
  return out;
}

Awaitable<Result<model::Output>> SageMakerService::run(std::shared_ptr<const model::Call> call,
                                                       hub::Emitter& out) {
  std::vector<model::Loss> losses = losses_of_call(*call, {});
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  const hub::CallContext context{out.executor(), out.deadline(), out.cancelled()};
  const bool stream = call->wants_stream();
  WEFT_CO_TRY(auto to_send, request_for(*call, stream, context));
  if (stream) to_send.idle_timeout = silence_until(out.deadline());
  CancelToken cancel = out.cancelled();
  WEFT_CO_TRY(auto response, co_await clients_.at(out.executor()).send(std::move(to_send), cancel));
  const wire::ResponseHead& head = response->head();
  if (head.status / 100 != 2) {
    const std::string body = co_await read_beginning(*response);
    co_return fail(read_runtime_error(head.status, head.headers, body));
  }
  const std::string type(head.headers.get("Content-Type"));
  if (wire::is_media_type(type, kEventStream)) co_return co_await read_stream(*response, out);
  WEFT_CO_TRY(std::string body, co_await response->read_all(kAnswerBytesMax));
  co_return output_of_body(type, std::move(body));
}

Awaitable<Result<model::Output>> SageMakerService::read_stream(net::ClientResponse& response,
                                                               hub::Emitter& out) {
  const std::string type(response.head().headers.get("X-Amzn-SageMaker-Content-Type"));
  StreamedText text(type);
  wire::AwsEventReader frames(kFrameBytesMax);
  std::string whole;
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await response.read_some());
    if (piece.empty()) break;
    frames.feed(piece);
    while (true) {
      auto frame = frames.next();
      if (!frame) co_return fail(Reason::upstream_protocol, frame.error().message);
      if (!*frame) break;
      const wire::AwsEvent& event = **frame;
      if (event.header(":message-type") == "exception")
        co_return fail(read_stream_exception(event.header(":exception-type"), event.payload));
      if (!text.in_pieces()) {
        whole += event.payload;
        if (whole.size() > kAnswerBytesMax)
          co_return fail(Reason::too_large,
                         std::format("the answer is longer than {} bytes", kAnswerBytesMax));
        continue;
      }
      WEFT_CO_TRY(std::string words, text.feed(event.payload));
      if (words.empty()) continue;
      model::Event delta{model::Delta{.text = std::move(words)}};
      WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
    }
  }
  if (frames.unfinished())
    co_return fail(Reason::upstream_protocol, "the answer's stream broke off before its end");
  if (!text.in_pieces()) co_return output_of_body(type, std::move(whole));
  WEFT_CO_TRY(std::string rest, text.end());
  if (!rest.empty()) {
    model::Event delta{model::Delta{.text = std::move(rest)}};
    WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
  }
  co_return model::Output{};
}

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment) {
  return std::make_unique<SageMakerProtocol>(environment);
}

}  // namespace weft::adapters::sagemaker
