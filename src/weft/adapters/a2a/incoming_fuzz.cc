// Whatever a caller or an agent sends below the objects: a message finds a skill that is there and
// becomes a call that can be kept; an error is told on as it was; a path means one operation.
#include "weft/adapters/a2a/incoming.h"

#include <algorithm>
#include <ranges>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/extensions.h"
#include "weft/adapters/a2a/jsonrpc_binding.h"
#include "weft/adapters/a2a/rest_binding.h"
#include "weft/adapters/a2a/testing.h"
#include "weft/base/url.h"
#include "weft/model/codec.h"
#include "weft/wire/base64.h"

namespace weft::adapters::a2a {
namespace {

using testing::entry;
using testing::skill;

/// A model, an agent and tools, each alone, and all of them.
const std::vector<Scope>& scopes() {
  static const std::vector<Scope> kScopes = [] {
    auto all = std::make_shared<hub::Snapshot>();
    all->entries = {
        entry("brain", "openai", {skill("chat", model::Shape::converse)}),
        entry("guide", "a2a",
              {skill("book", model::Shape::invoke), skill("talk", model::Shape::converse)}),
        entry("shop", "mcp",
              {skill("pay", model::Shape::invoke), skill("a/b", model::Shape::invoke)})};
    std::vector<Scope> out{{all, nullptr}};
    for (const auto& one : all->entries) out.push_back({all, one});
    return out;
  }();
  return kScopes;
}

void fuzz_target(const Scope& scope, const SendRequest& request) {
  auto target = find_target(scope, request);
  if (!target) {
    WEFT_ASSERT(target.error().reason == Reason::invalid_argument);
    WEFT_ASSERT(!target.error().message.empty());
    return;
  }
  WEFT_ASSERT(!scope.entry || target->entry == scope.entry);
  // Which skill is meant is asked first.
  if (target->skill == nullptr) return;
  const model::Solution& solution = *target->entry->solution;
  WEFT_ASSERT(solution.skill(target->skill->id.str()) == target->skill);
  model::Call call;
  read_call(*target, request, call);
  WEFT_ASSERT(call.solution == solution.id && call.skill == target->skill->id);
  WEFT_ASSERT(call.args || !call.turns.empty());
  // What is nested too deep to be read again is refused before it is kept.
  const auto kept = json::parse(json::write(model::to_json(call)));
  if (!kept) return;
  const auto again = model::call_from_json(*kept);
  WEFT_ASSERT(again && *again == call);
}

void fuzz_message(const json::object& params) {
  for (const Version version : {Version::v10, Version::v03, Version::v03_rest}) {
    const auto request = Codec(version).read_request(params);
    if (!request) continue;
    for (const Scope& scope : scopes()) fuzz_target(scope, *request);
  }
}

void require_same(const Error& told, const Error& error) {
  WEFT_ASSERT(told.reason == error.reason && told.code == error.code);
  WEFT_ASSERT(told.message == error.message && told.param == error.param);
  WEFT_ASSERT(told.retry_after == error.retry_after);
}

void fuzz_jsonrpc_error(const json::object& o) {
  wire::JsonRpcError sent;
  sent.code = static_cast<int>(
      std::clamp<std::int64_t>(json::int_at(o, "code").value_or(0), -40'000, 40'000));
  sent.message = json::string_at(o, "message");
  if (const auto* data = json::find(o, "data")) sent.data = *data;
  const Error error = from_jsonrpc(sent);
  WEFT_ASSERT(error.reason != Reason::none);
  require_same(from_jsonrpc(to_jsonrpc(Fault(error))), error);
}

void fuzz_rest_error(int status, std::string_view body) {
  const wire::Headers headers;
  const Error error = from_rest(status, headers, body);
  WEFT_ASSERT(error.reason != Reason::none && error.upstream_status == status);
  WEFT_ASSERT(!error.message.empty() && wire::is_utf8(error.message));
  const std::string told = json::write(to_rest(Fault(error)));
  require_same(from_rest(row_of(error.reason).http, headers, told), error);
}

bool names_task(Verb verb) {
  return verb == Verb::get || verb == Verb::cancel || verb == Verb::subscribe || verb == Verb::push;
}

void fuzz_path(std::string_view text) {
  std::vector<std::string> path;
  for (const auto part : std::views::split(text, '/')) {
    const std::string_view piece(part);
    if (!piece.empty()) path.push_back(percent_decode(piece).value_or(std::string(piece)));
  }
  for (const std::string_view method : {"GET", "POST", "DELETE"}) {
    const auto call = read_rest(method, path);
    if (!call) continue;
    WEFT_ASSERT((call->version == Version::v03_rest) == (path.front() == "v1"));
    WEFT_ASSERT(names_task(call->verb) || call->id.empty());
    WEFT_ASSERT(call->wrong_method || method != "DELETE" || call->verb == Verb::push);
  }
}

void fuzz_words(std::string_view text) {
  const Method* method = find_method(text);
  WEFT_ASSERT(method == nullptr || method->name == text);
  (void)json_content(text);
  wire::RequestHead by_header;
  by_header.headers.set("A2A-Version", text);
  wire::RequestHead by_query;
  by_query.target = "/a2a?" + std::string(text);
  for (const wire::RequestHead* head : {&by_header, &by_query}) {
    const Named named = named_version(*head);
    WEFT_ASSERT(!named.version || !named.fault);
  }
}

void fuzz_extensions(std::string_view text) {
  wire::Headers headers;
  headers.set("A2A-Extensions", text);
  const std::vector<std::string> named = extensions_in(headers);
  wire::Headers sent;
  name_extensions(sent, named, Version::v10);
  for (const std::string& uri : extensions_in(sent)) WEFT_ASSERT(std::ranges::contains(named, uri));
}

void fuzz(std::string_view text) {
  if (text.empty()) return;
  fuzz_rest_error(400 + static_cast<unsigned char>(text.front()) % 200, text);
  fuzz_path(text);
  fuzz_words(text);
  fuzz_extensions(text);
  const auto document = json::parse(text);
  if (!document || !document->is_object()) return;
  fuzz_message(document->get_object());
  fuzz_jsonrpc_error(document->get_object());
}

}  // namespace
}  // namespace weft::adapters::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::a2a::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
