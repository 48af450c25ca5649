#include "weft/adapters/openapi/document.h"

#include <format>

#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/yaml.h"
#include "weft/base/url.h"

namespace weft::adapters::openapi {
namespace {

Result<json::value> parse_text(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const bool is_json = begin != std::string_view::npos && text[begin] == '{';
  if (!is_json) return parse_yaml(text);
  auto parsed = json::parse(text, kDocumentBytesMax);
  // A flow mapping of YAML begins with a brace too.
  if (!parsed && parsed.error().reason == Reason::invalid_argument &&
      text.size() <= kYamlBytesMax) {
    if (auto yaml = parse_yaml(text)) return yaml;
  }
  return parsed;
}

}  // namespace

Result<Document> read_document(std::string_view text) {
  Document document;
  WEFT_TRY(document.root, parse_text(text));
  const auto* o = document.root.if_object();
  if (!o) return fail(Reason::invalid_argument, "the document is no object");
  if (const auto* old = json::find(*o, "swagger")) {
    return fail(Reason::unsupported,
                std::format("the document is Swagger {}: convert it to OpenAPI 3.0 or 3.1",
                            old->is_string() ? std::string(old->get_string()) : json::write(*old)));
  }
  const auto* version = json::find(*o, "openapi");
  if (!version) return fail(Reason::invalid_argument, "the document has no `openapi` field");
  if (version->is_string()) document.version = version->get_string();
  document.old_dialect = document.version.starts_with("3.0");
  if (!document.old_dialect && !document.version.starts_with("3.1")) {
    return fail(Reason::unsupported, std::format("the document is OpenAPI {}: 3.0 and 3.1 are read",
                                                 json::write(*version)));
  }
  return document;
}

const json::value* at_reference(const Document& document, std::string_view reference) {
  if (!reference.starts_with('#')) return nullptr;
  const auto pointer = percent_decode(reference.substr(1));
  return pointer ? json::at_pointer(document.root, *pointer) : nullptr;
}

const json::value* resolve(const Document& document, const json::value* v) {
  for (int hop = 0; v && hop < kRefHopsMax; ++hop) {
    const auto* o = v->if_object();
    const auto reference = o ? json::string_at(*o, "$ref") : std::string_view();
    if (reference.empty()) return v;
    v = at_reference(document, reference);
  }
  return nullptr;
}

const json::object* resolve_object(const Document& document, const json::value* v) {
  const auto* found = resolve(document, v);
  return found ? found->if_object() : nullptr;
}

}  // namespace weft::adapters::openapi
