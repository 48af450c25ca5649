#include "weft/adapters/openai/scan.h"

#include <simdjson.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include <format>
#include <memory>

#include "weft/adapters/openai/limits.h"
#include "weft/net/http_client.h"

namespace weft::adapters::openai {
namespace {

struct Parsers {
  simdjson::dom::parser whole;
  simdjson::ondemand::parser fields;
};

Error no_memory() {
  return make_error(Reason::unavailable, "the hub is out of memory; try again shortly");
}

/// Uses a parser that is kept. One that did not get its memory believes that it did: it is put
/// away.
template <class Parser, class Use>
auto use_kept(Parser& kept, const Use& use) {
  auto result = use(kept);
  if (!result && result.error().reason == Reason::unavailable) kept = Parser();
  return result;
}

std::unexpected<Error> no_json(simdjson::error_code code) {
  if (code == simdjson::MEMALLOC) return fail(no_memory());
  return fail(Reason::invalid_argument,
              std::format("the request is not JSON: {}", simdjson::error_message(code)));
}

/// Grammar, UTF-8 and depth of the whole document, and that no number or name of interest stands
/// twice.
Result<void> check_whole(simdjson::dom::parser& parser, simdjson::padded_string_view body) {
  if (parser.max_depth() != kScanDepthMax || parser.capacity() < body.size()) {
    if (const auto code = parser.allocate(std::max<std::size_t>(body.size(), 4096), kScanDepthMax);
        code) {
      return no_json(code);
    }
  }
  simdjson::dom::element root;
  if (const auto code = parser.parse(body.data(), body.size(), false).get(root); code)
    return no_json(code);
  if (!root.is_object()) return fail(Reason::invalid_argument, "the request must be a JSON object");
  return {};
}

Result<void> read_model(simdjson::ondemand::value value, std::string_view body, Scanned& to) {
  std::string_view raw = value.raw_json_token();
  // The token reaches up to the next one: the blanks after it are not its own.
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return fail(make_argument_error("/model", "expected the name of a model"));
  }
  to.model = text;
  to.model_at = static_cast<std::size_t>(raw.data() - body.data());
  to.model_size = raw.size();
  return {};
}

Result<Scanned> read_fields(simdjson::ondemand::parser& parser, simdjson::padded_string_view body) {
  Scanned scanned;
  bool model_seen = false;
  bool stream_seen = false;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto code = parser.iterate(body).get(document); code) return no_json(code);
  if (const auto code = document.get_object().get(object); code) return no_json(code);
  for (auto item : object) {
    simdjson::ondemand::field field;
    if (const auto code = std::move(item).get(field); code) return no_json(code);
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key); code) return no_json(code);
    if (key == "model") {
      if (std::exchange(model_seen, true))
        return fail(make_argument_error("/model", "the field stands twice"));
      WEFT_CHECK(read_model(field.value(), body, scanned));
    } else if (key == "stream") {
      if (std::exchange(stream_seen, true))
        return fail(make_argument_error("/stream", "the field stands twice"));
      bool on = false;
      if (!field.value().is_null() && field.value().get_bool().get(on) != simdjson::SUCCESS) {
        return fail(make_argument_error("/stream", "expected boolean"));
      }
      scanned.stream = on;
    }
  }
  if (scanned.model.empty()) {
    return fail(
        make_argument_error("/model", "the name of a model is needed; GET /v1/models lists them"));
  }
  return scanned;
}

Result<Scanned> scan_with(Parsers& parsers, simdjson::padded_string_view body) {
  WEFT_CHECK(check_whole(parsers.whole, body));
  return read_fields(parsers.fields, body);
}

std::unexpected<Error> no_answer(std::string_view what) {
  return fail(Reason::upstream_protocol, std::format("the answer cannot be read: {}", what));
}

Result<void> check_with(simdjson::ondemand::parser& parser, simdjson::padded_string_view body,
                        std::string_view member) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto code = parser.iterate(body).get(document); code) {
    if (code == simdjson::MEMALLOC) return fail(no_memory());
    return no_answer(simdjson::error_message(code));
  }
  if (const auto code = document.get_object().get(object); code)
    return no_answer(simdjson::error_message(code));
  bool found = false;
  for (auto item : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (const auto code = std::move(item).get(field); code)
      return no_answer(simdjson::error_message(code));
    if (const auto code = field.unescaped_key().get(key); code)
      return no_answer(simdjson::error_message(code));
    if (key != member) continue;
    simdjson::ondemand::json_type type{};
    if (field.value().type().get(type) == simdjson::SUCCESS)
      found = type == simdjson::ondemand::json_type::array;
  }
  if (!document.at_end()) return no_answer("it goes on after its end");
  if (!found) return no_answer(std::format("it has no `{}`", member));
  return {};
}

}  // namespace

static_assert(net::kViewSlack >= simdjson::SIMDJSON_PADDING);

Result<void> check_answer(std::string_view body, std::size_t readable, std::string_view member) {
  const simdjson::padded_string_view padded(body.data(), body.size(), readable);
  if (body.size() > kKeptParserBytesMax) {
    const auto parser = std::make_unique<simdjson::ondemand::parser>();
    return check_with(*parser, padded, member);
  }
  thread_local simdjson::ondemand::parser kept;
  return use_kept(kept, [&](auto& parser) { return check_with(parser, padded, member); });
}

Result<Scanned> scan_request(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view padded(body.data(), body.size(), body.capacity());
  if (body.size() > kKeptParserBytesMax) {
    const auto parsers = std::make_unique<Parsers>();
    return scan_with(*parsers, padded);
  }
  thread_local Parsers kept;
  return use_kept(kept, [&](Parsers& parsers) { return scan_with(parsers, padded); });
}

void replace_model(std::string& body, const Scanned& scanned, std::string_view model) {
  const std::string name = boost::json::serialize(boost::json::string_view(model));
  body.replace(scanned.model_at, scanned.model_size, name);
}

}  // namespace weft::adapters::openai
