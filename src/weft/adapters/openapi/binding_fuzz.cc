// Arguments of any JSON for an operation with every place and style: what comes out keeps the
// template's path.
#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/document.h"
#include "weft/wire/http.h"

namespace {

constexpr std::string_view kDocument =
    R"({"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{
"/a/{p}/b{m}/c{l}":{"post":{"operationId":"op","parameters":[
{"name":"p","in":"path","required":true,"schema":{}},
{"name":"m","in":"path","style":"matrix","explode":true,"schema":{}},
{"name":"l","in":"path","style":"label","explode":true,"schema":{}},
{"name":"q","in":"query","schema":{}},{"name":"r","in":"query","allowReserved":true,"schema":{}},
{"name":"d","in":"query","style":"deepObject","schema":{}},
{"name":"s","in":"query","style":"pipeDelimited","explode":false,"schema":{}},
{"name":"X-H","in":"header","schema":{}},{"name":"c","in":"cookie","schema":{}}],
"requestBody":{"content":{"multipart/form-data":{"schema":{"type":"object","properties":{
"f":{"type":"string","format":"binary"},"n":{}}}}}},"responses":{}}}}})";

bool plain(std::string_view text, std::string_view forbidden) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || forbidden.contains(c)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  using namespace weft::adapters::openapi;
  static const Catalog kCatalog =
      read_catalog(read_document(kDocument).value(), parse_url("http://service.example/").value())
          .value();
  const auto args = json::parse({reinterpret_cast<const char*>(data), size});
  if (!args) return 0;
  const auto request = bind_request(kCatalog.operations.at("op"), *args, "BOUNDARY");
  if (!request) return 0;
  WEFT_ASSERT(request->path.starts_with("/a/") && plain(request->path, "?#\\"));
  WEFT_ASSERT(std::ranges::count(request->path, '/') == 3);
  WEFT_ASSERT(plain(request->query, "#\\"));
  WEFT_ASSERT(request->headers.size() <= 1);
  for (const auto& [name, value] : request->headers)
    WEFT_ASSERT(name == "X-H" && wire::valid_header_value(value));
  WEFT_ASSERT(wire::valid_header_value(request->cookies));
  return 0;
}
