#include "weft/adapters/sagemaker/aws/answer.h"

#include <format>

#include "weft/adapters/sagemaker/aws/cbor.h"
#include "weft/adapters/sagemaker/aws/form.h"
#include "weft/adapters/sagemaker/aws/xml.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kCborProtocol = "rpc-v2-cbor";

/// Some programs read `message`, some `Message`, whichever the error's shape has.
json::object error_body(const AwsError& error) {
  json::object out{{"__type", error.code}, {"message", error.message}, {"Message", error.message}};
  for (const auto& [name, value] : error.more) out.insert_or_assign(name, value);
  return out;
}

/// The query form has a name of its own for some errors.
std::string_view query_code(std::string_view code) {
  if (code == "UnknownOperationException") return "InvalidAction";
  if (code == "ValidationException" || code == "SerializationException") return "ValidationError";
  if (code == "AccessDeniedException") return "AccessDenied";
  if (code == "ThrottlingException") return "Throttling";
  if (code == "InvalidParameterValueException") return "InvalidParameterValue";
  if (code == "InvalidParameterCombinationException") return "InvalidParameterCombination";
  if (code == "MissingRequiredParameterException") return "MissingParameter";
  if (code == "InvalidSignatureException") return "SignatureDoesNotMatch";
  if (code == "UnrecognizedClientException") return "InvalidClientTokenId";
  if (code == "MissingAuthenticationTokenException") return "MissingAuthenticationToken";
  if (code == "IncompleteSignatureException") return "IncompleteSignature";
  return code;
}

std::string_view fault_of(const AwsError& error) {
  return error.status >= 500 ? "Receiver" : "Sender";
}

std::string query_error(const Asked& asked, const AwsError& error) {
  std::string out;
  const std::string_view xmlns =
      asked.service != nullptr ? asked.service->xml_namespace : std::string_view();
  {
    const XmlElement response(out, "ErrorResponse", xmlns);
    {
      const XmlElement element(out, "Error");
      append_xml(out, "Type", fault_of(error));
      append_xml(out, "Code", query_code(error.code));
      append_xml(out, "Message", error.message);
      write_xml(out, error.more, nullptr, kNone);
    }
    append_xml(out, "RequestId", asked.request_id);
  }
  return out;
}

/// Whether the operation has no output: no member says so, and no body either.
bool answers_nothing(const Asked& asked, const json::object& value) {
  return asked.shaped != nullptr && asked.shaped->output == kNone && value.empty();
}

std::string query_answer(const Asked& asked, const json::object& value) {
  std::string out;
  {
    const XmlElement response(out, asked.operation + "Response", asked.service->xml_namespace);
    if (!answers_nothing(asked, value)) {
      const XmlElement result(out, asked.operation + "Result");
      write_xml(out, value, asked.service->shapes,
                asked.shaped != nullptr ? asked.shaped->output : kNone);
    }
    const XmlElement metadata(out, "ResponseMetadata");
    append_xml(out, "RequestId", asked.request_id);
  }
  return out;
}

std::string_view type_of(WireForm form, std::string_view asked) {
  switch (form) {
    case WireForm::query: return "text/xml";
    case WireForm::cbor: return "application/cbor";
    case WireForm::rest: return "application/json";
    case WireForm::json: break;
  }
  return asked.starts_with("application/x-amz-json-1.0") ? "application/x-amz-json-1.0"
                                                         : "application/x-amz-json-1.1";
}

std::string error_text(const Asked& asked, const AwsError& error) {
  if (asked.form == WireForm::query) return query_error(asked, error);
  const json::value body(error_body(error));
  if (asked.form != WireForm::cbor) return json::write(body);
  std::string out;
  write_cbor(out, body);
  return out;
}

std::string value_text(const Asked& asked, const json::object& value) {
  if (asked.form == WireForm::query) return query_answer(asked, value);
  if (answers_nothing(asked, value)) return {};
  if (asked.form != WireForm::cbor) return json::write(value);
  std::string out;
  write_cbor(out, json::value(value), asked.service->shapes,
             asked.shaped != nullptr ? asked.shaped->output : kNone);
  return out;
}

}  // namespace

WireForm form_of(const wire::RequestHead& head) {
  if (wire::same_name(head.headers.get("smithy-protocol"), kCborProtocol)) return WireForm::cbor;
  return head.headers.has("X-Amz-Target") ? WireForm::json : WireForm::query;
}

void answer(net::Exchange& exchange, const Asked& asked, const AwsResult& result) {
  wire::ResponseHead head;
  head.headers.add("x-amzn-RequestId", asked.request_id);
  std::string body;
  if (result) {
    body = value_text(asked, *result);
  } else {
    const AwsError& error = result.error();
    head.status = error.status;
    body = error_text(asked, error);
    if (asked.form != WireForm::query) head.headers.add("x-amzn-ErrorType", error.code);
    // What programs of a service that was once called by queries match.
    if (asked.service != nullptr && !asked.service->query_version.empty() &&
        asked.form != WireForm::query) {
      head.headers.add("x-amzn-query-error",
                       std::format("{};{}", query_code(error.code), fault_of(error)));
    }
  }
  if (asked.form == WireForm::cbor) head.headers.add("smithy-protocol", kCborProtocol);
  if (!body.empty()) {
    head.headers.add("Content-Type",
                     type_of(asked.form, exchange.head().headers.get("Content-Type")));
  }
  (void)exchange.respond(std::move(head), body);
}

AwsError to_aws(const Refusal& refusal, WireForm form) {
  struct Words {
    std::string_view json;
    std::string_view query;
    int query_status;
  };
  const Words words = [&]() -> Words {
    switch (refusal.kind) {
      case Refusal::Kind::not_signed:
        return {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403};
      case Refusal::Kind::malformed:
        return {"IncompleteSignatureException", "IncompleteSignature", 400};
      case Refusal::Kind::unknown_key:
        return {"UnrecognizedClientException", "InvalidClientTokenId", 403};
      case Refusal::Kind::expired: return {"InvalidSignatureException", "RequestExpired", 400};
      case Refusal::Kind::wrong_service:
      case Refusal::Kind::skewed:
      case Refusal::Kind::mismatch: break;
    }
    return {"InvalidSignatureException", "SignatureDoesNotMatch", 403};
  }();
  AwsError out;
  out.code = form == WireForm::query ? words.query : words.json;
  out.status = form == WireForm::query ? words.query_status : form == WireForm::rest ? 403 : 400;
  out.message = refusal.message;
  if (!refusal.canonical_request.empty()) {
    out.message += std::format("\n\nThe Canonical String for this request should have been\n'{}'\n",
                               refusal.canonical_request);
  }
  return out;
}

std::string make_aws_request_id(Random& random) {
  std::string out = random_hex(16, random);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, 1, '-');
  return out;
}

}  // namespace weft::adapters::sagemaker
