#include "weft/adapters/sagemaker/aws/dispatch.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/own_url.h"
#include "weft/adapters/sagemaker/aws/cbor.h"
#include "weft/adapters/sagemaker/aws/form.h"
#include "weft/adapters/sagemaker/aws/shape_check.h"
#include "weft/adapters/sagemaker/aws/shape_refusal.h"
#include "weft/adapters/sagemaker/limits.h"
#include "weft/wire/inflate.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::size_t kOperationCharsMax = 128;

/// By the target, or by method and path, of operations of services that weft does not have.
constexpr Advice kOfOtherServices[] = {
    {"AnyScaleFrontendService.",
     "a variant has as many workers as its InitialInstanceCount says, and "
     "UpdateEndpointWeightsAndCapacities changes that"},
    {" /BatchPutMetrics",
     "print the value and name it in a MetricDefinition of the job, or call PutMetricData of "
     "CloudWatch"},
    {" /BatchGetMetrics", "call GetMetricStatistics or GetMetricData of CloudWatch"},
    {"AmazonEC2ContainerRegistry_",
     "no image is pulled; an image's name says the algorithm, as that of image_uris.retrieve "
     "does"},
};

std::unexpected<AwsError> wrong(int status, std::string_view code, std::string message) {
  return std::unexpected(AwsError{
      .status = status, .code = std::string(code), .message = std::move(message), .more = {}});
}

std::unexpected<AwsError> unknown_operation(std::string message) {
  return wrong(400, "UnknownOperationException", std::move(message));
}

/// A target, or method and path, as a message shows it.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kOperationCharsMax));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kOperationCharsMax &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

/// `/service/{service}/operation/{operation}`
struct CborPath {
  std::string_view service;
  std::string_view operation;
};

CborPath cbor_path(std::string_view path) {
  constexpr std::string_view kService = "/service/";
  constexpr std::string_view kOperation = "/operation/";
  CborPath out;
  if (!path.starts_with(kService)) return out;
  path.remove_prefix(kService.size());
  const auto middle = path.find(kOperation);
  if (middle == std::string_view::npos) return out;
  out.service = path.substr(0, middle);
  out.operation = path.substr(middle + kOperation.size());
  return out;
}

/// The form of a query: a POST's body, a GET's query.
std::string_view form_text(const net::Exchange& exchange, std::string_view body) {
  return exchange.head().method == "GET" ? exchange.head().query() : body;
}

std::expected<json::object, AwsError> object_of(Result<json::value> value) {
  if (!value) return wrong(400, "SerializationException", std::move(value).error().message);
  if (!value->is_object())
    return wrong(400, "SerializationException", "the request must be an object");
  return std::move(value->get_object());
}

std::expected<json::object, AwsError> input_of(const Asked& asked, std::string_view text) {
  if (asked.form == WireForm::query) {
    const std::uint16_t shape = asked.shaped != nullptr ? asked.shaped->input : kNone;
    auto form = read_form(text, asked.service->shapes, shape);
    if (!form) return wrong(400, "ValidationException", std::move(form).error().message);
    return std::move(form->parameters);
  }
  if (text.empty()) return json::object();
  return object_of(asked.form == WireForm::cbor ? read_cbor(text) : json::parse(text));
}

std::expected<void, AwsError> check(const Asked& asked, const json::object& input) {
  const Shapes* shapes = asked.service->shapes;
  if (shapes == nullptr) return {};
  // What the service refuses it refuses by name, with what to do instead.
  if (asked.shaped == nullptr || asked.shaped->input == kNone) return {};
  if (auto fit = check_shape(*shapes, asked.shaped->input, json::value(input)); !fit) {
    const bool type = fit.error().param == "SerializationException";
    return wrong(400, type ? "SerializationException" : "ValidationException",
                 std::move(fit).error().message);
  }
  return {};
}

/// What the body holds; its digest is that of the packed bytes.
Result<std::string> unpacked(const wire::RequestHead& head, std::string body) {
  const std::string_view encoding = head.headers.get("Content-Encoding");
  if (encoding.empty() || wire::same_name(encoding, "identity")) return body;
  if (wire::same_name(encoding, "gzip")) return wire::inflate(body, kServiceRequestBytesMax);
  return fail(Reason::content_type,
              std::format("a body with Content-Encoding `{}` is not taken; send it as it is",
                          encoding.substr(0, 32)));
}

/// The whole body, and at once where it is there already.
Awaitable<Result<std::string>> body_of(net::Exchange& exchange) {
  if (auto at_hand = exchange.body_at_hand(kServiceRequestBytesMax)) co_return *std::move(at_hand);
  co_return co_await exchange.read_body(kServiceRequestBytesMax);
}

}  // namespace

std::string payload_digest_of(const Entrance& entrance, std::string_view body) {
  if (entrance.signature && entrance.signature->payload == wire::kUnsignedPayload)
    return std::string(wire::kUnsignedPayload);
  return wire::hex(wire::sha256(body));
}

AwsDispatch::AwsDispatch(Environment& environment, std::shared_ptr<AwsDoor> door,
                         std::vector<AwsService> services)
    : environment_(environment), door_(std::move(door)), services_(std::move(services)) {}

bool AwsDispatch::matches(const net::Exchange& exchange) {
  const wire::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  if (!cbor_path(path).operation.empty()) return form_of(head) == WireForm::cbor;
  if (wire::aws_scope_of(aws_request_of(exchange))) return true;
  if (path != "/") return false;
  if (head.method == "GET") return head.query().contains("Action=");
  if (head.method != "POST") return false;
  return head.headers.has("X-Amz-Target") ||
         head.headers.get("Content-Type").starts_with(kFormType);
}

std::unexpected<AwsError> AwsDispatch::of_no_service(const std::string& what) const {
  std::string instead(advice_for(kOfOtherServices, what));
  if (instead.empty()) {
    instead = "it has ";
    for (const AwsService& service : services_)
      instead += std::format("{}, ", service.signing_name);
    instead += "s3 and the invocations of sagemaker-runtime";
  }
  return unknown_operation(
      std::format("{} is no operation of a service that weft has: {}", shown(what), instead));
}

std::expected<void, AwsError> AwsDispatch::name_by_head(const wire::RequestHead& head,
                                                        Asked& asked) const {
  std::string_view target;
  if (asked.form == WireForm::cbor) {
    const CborPath path = cbor_path(head.path());
    target = path.service;
    asked.operation = path.operation;
  } else {
    const std::string_view text = head.headers.get("X-Amz-Target");
    const auto dot = std::min(text.rfind('.'), text.size());
    target = text.substr(0, dot);
    asked.operation = text.substr(std::min(dot + 1, text.size()));
  }
  const auto at = std::ranges::find(services_, target, &AwsService::target);
  if (at == services_.end() || target.empty() || !is_name(asked.operation)) {
    const std::string_view dot = asked.operation.empty() ? "" : ".";
    return of_no_service(target.empty() ? std::format("{} {}", head.method, head.path())
                                        : std::format("{}{}{}", target, dot, asked.operation));
  }
  asked.service = &*at;
  return {};
}

const AwsService* AwsDispatch::service_of_form(std::string_view version,
                                               const Entrance& entrance) const {
  // Signed for a service it is that one's; the version alone says it where nothing is signed.
  const auto at = std::ranges::find_if(services_, [&](const AwsService& service) {
    if (service.query_version.empty()) return false;
    return entrance.signature ? service.signing_name == entrance.signature->scope.service
                              : service.query_version == version;
  });
  return at == services_.end() ? nullptr : &*at;
}

const AwsService* AwsDispatch::signed_for(const net::Exchange& exchange) const {
  const auto scope = wire::aws_scope_of(aws_request_of(exchange));
  if (!scope) return nullptr;
  const auto at = std::ranges::find_if(services_, [&](const AwsService& service) {
    return !service.query_version.empty() && service.signing_name == scope->service;
  });
  return at == services_.end() ? nullptr : &*at;
}

std::expected<void, AwsError> AwsDispatch::name_by_form(std::string_view form,
                                                        const Entrance& entrance,
                                                        Asked& asked) const {
  auto names = read_form_names(form);
  if (!names) return wrong(400, "ValidationException", std::move(names).error().message);
  if (names->action.empty()) return wrong(403, "MissingAction", "the form has no `Action`");
  asked.service = service_of_form(names->version, entrance);
  const bool known = asked.service != nullptr &&
                     (names->version.empty() || names->version == asked.service->query_version);
  if (!known || !is_name(names->action)) {
    asked.service = nullptr;
    return unknown_operation(
        std::format("Could not find operation {} for version {}",
                    is_name(names->action) ? names->action : "of that name",
                    names->version.empty() ? "NO_VERSION_SPECIFIED" : names->version));
  }
  asked.operation = std::move(names->action);
  return {};
}

Awaitable<AwsResult> AwsDispatch::run(net::Exchange& exchange, Asked& asked) const {
  const bool by_head = asked.form != WireForm::query;
  if (by_head) {
    if (auto named = name_by_head(exchange.head(), asked); !named)
      co_return std::unexpected(std::move(named).error());
  } else {
    // Who cannot sign is told so in the form of the service that was signed for.
    asked.service = signed_for(exchange);
  }
  const auto entrance =
      door_->enter(exchange, by_head ? asked.service->signing_name : std::string_view());
  if (!entrance) co_return std::unexpected(to_aws(entrance.error(), asked.form));
  auto body = co_await body_of(exchange);
  if (!body) co_return std::unexpected(to_aws(body.error()));
  const auto fits = door_->fits(*entrance, exchange, payload_digest_of(*entrance, *body));
  if (!fits) co_return std::unexpected(to_aws(fits.error(), asked.form));
  body = unpacked(exchange.head(), *std::move(body));
  if (!body) co_return std::unexpected(to_aws(body.error()));
  const std::string_view text = by_head ? std::string_view(*body) : form_text(exchange, *body);
  if (!by_head) {
    if (auto named = name_by_form(text, *entrance, asked); !named)
      co_return std::unexpected(std::move(named).error());
  }
  if (asked.service->shapes != nullptr)
    asked.shaped = asked.service->shapes->operation(asked.operation);
  auto input = input_of(asked, text);
  if (!input) co_return std::unexpected(std::move(input).error());
  if (auto fit = check(asked, *input); !fit) co_return std::unexpected(std::move(fit).error());
  AwsCaller caller{.principal = entrance->principal,
                   .account = entrance->account(),
                   .region = entrance->region,
                   .endpoint = own_url(environment_, exchange),
                   .gone = exchange.gone()};
  co_return co_await asked.service->call(std::move(caller), asked.operation, *std::move(input));
}

Awaitable<> AwsDispatch::handle(Request& request) const {
  Asked asked;
  asked.form = form_of(request.exchange.head());
  if (asked.form == WireForm::query && request.exchange.head().path() != "/")
    asked.form = WireForm::rest;
  asked.request_id = make_aws_request_id(environment_.hub.random());
  const AwsResult result = co_await run(request.exchange, asked);
  answer(request.exchange, asked, result);
}

void AwsDispatch::refuse(net::Exchange& exchange, const Error& error) const {
  Asked asked;
  asked.form = form_of(exchange.head());
  asked.request_id = make_aws_request_id(environment_.hub.random());
  AwsError as = to_aws(error);
  if (as.status == 400 && error.reason == Reason::permission_denied) as.status = 403;
  answer(exchange, asked, std::unexpected(std::move(as)));
}

}  // namespace weft::adapters::sagemaker
