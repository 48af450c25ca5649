// A document of any bytes: read, and every operation's schema compiled and called with nothing.
#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/document.h"
#include "weft/base/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  using namespace weft::adapters::openapi;
  const auto document = read_document({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  const auto catalog = read_catalog(*document, parse_url("http://service.example/").value());
  if (!catalog) return 0;
  for (const auto& skill : catalog->solution.skills) {
    (void)Schema::create(*skill.input_schema);
    (void)bind_request(catalog->operations.at(skill.id.str()), json::object(), "B");
  }
  return 0;
}
