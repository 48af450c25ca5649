// A solution that does nothing but answer, in the protocol it is told: what the gateway benchmark
// puts behind nginx and weft.
//   bench_upstream --speak openai|rest|a2a|mcp --port N --bytes N [--chunks N --every-ms N]
#include <chrono>
#include <cstdlib>
#include <format>
#include <iostream>
#include <map>
#include <string>

#include "weft/base/timers.h"
#include "weft/net/http_server.h"
#include "weft/wire/jsonrpc.h"
#include "weft/wire/sse.h"

namespace {

using namespace std::string_view_literals;
using weft::Awaitable;
using weft::json::object;
using weft::net::Exchange;

struct Options {
  std::string speak = "openai";
  std::uint16_t port = 0;
  std::size_t bytes = 1024;
  int chunks = 16;
  int every_ms = 10;
  std::string text;  // `bytes` of it
};

void answer(Exchange& exchange, int status, std::string type, const std::string& body) {
  weft::wire::ResponseHead head;
  head.status = status;
  head.headers.add("Content-Type", std::move(type));
  (void)exchange.respond(std::move(head), body);
}

std::string completion(const Options& o) {
  return std::format(
      R"({{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"bench",)"
      R"("choices":[{{"index":0,"message":{{"role":"assistant","content":"{}","refusal":null}},)"
      R"("finish_reason":"stop","logprobs":null}}],)"
      R"("usage":{{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}}})",
      o.text);
}

/// Each piece carries the time it was written, so that a reader can tell how long it was under way.
std::string chunk(std::string_view content) {
  return std::format(
      "data: "
      "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
      "\"bench\","
      "\"choices\":[{{\"index\":0,\"delta\":{{\"role\":\"assistant\",\"content\":\"{}\"}},\"finish_"
      "reason\":null}}]}}\n\n",
      content);
}

Awaitable<> stream(Exchange& exchange, const Options& o) {
  weft::wire::ResponseHead head;
  head.headers.add("Content-Type", "text/event-stream");
  if (!co_await exchange.start(std::move(head))) co_return;
  for (int i = 0; i < o.chunks; ++i) {
    if (!co_await weft::sleep_for(weft::Milliseconds(o.every_ms), exchange.gone())) co_return;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::string piece = chunk(
        std::format("t={} ", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    if (!co_await exchange.write(piece)) co_return;
  }
  const std::string last =
      "data: "
      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
      "\"bench\","
      "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
  if (!co_await exchange.write(last)) co_return;
  (void)co_await exchange.finish();
}

Awaitable<> speak_openai(Exchange& exchange, const Options& o) {
  if (exchange.head().path() == "/v1/models") {
    co_return answer(
        exchange, 200, "application/json",
        R"({"object":"list","data":[{"id":"bench","object":"model","created":1,"owned_by":"bench"}]})");
  }
  auto body = co_await exchange.read_body(1 << 20);
  if (!body) co_return;
  if (exchange.head().path() != "/v1/chat/completions")
    co_return answer(exchange, 404, "text/plain", "");
  if (body->contains("\"stream\":true")) co_return co_await stream(exchange, o);
  answer(exchange, 200, "application/json", completion(o));
}

constexpr std::string_view kOpenApi =
    R"({"openapi":"3.1.0","info":{"title":"bench","version":"1"},"paths":{"/echo":{"post":{"operationId":"echo",)"
    R"("requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":{"text":{"type":"string"}},)"
    R"("required":["text"]}}}},"responses":{"200":{"description":"ok","content":{"application/json":{"schema":)"
    R"({"type":"object","properties":{"text":{"type":"string"}}}}}}}}}}})";

Awaitable<> speak_rest(Exchange& exchange, const Options& o) {
  if (exchange.head().path() == "/openapi.json") {
    co_return answer(exchange, 200, "application/json", std::string(kOpenApi));
  }
  auto body = co_await exchange.read_body(1 << 20);
  if (!body) co_return;
  const bool known = exchange.head().path() == "/echo";
  answer(exchange, known ? 200 : 404, "application/json",
         std::format(R"({{"text":"{}"}})", o.text));
}

Awaitable<> speak_a2a(Exchange& exchange, const Options& o) {
  if (exchange.head().path().starts_with("/.well-known/agent-card.json")) {
    co_return answer(
        exchange, 200, "application/json",
        std::format(
            R"({{"name":"bench","description":"bench","version":"1","capabilities":{{"streaming":false}},)"
            R"("supportedInterfaces":[{{"url":"http://127.0.0.1:{}/","protocolBinding":"JSONRPC",)"
            R"("protocolVersion":"1.0"}}],"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],)"
            R"("skills":[{{"id":"echo","name":"echo","description":"echo","tags":[]}}]}})",
            o.port));
  }
  auto body = co_await exchange.read_body(1 << 20);
  auto message =
      body ? weft::wire::parse_jsonrpc(*body) : weft::fail(weft::Reason::invalid_argument, "");
  auto* request = message ? std::get_if<weft::wire::JsonRpcRequest>(&*message) : nullptr;
  if (request == nullptr || !request->id) co_return answer(exchange, 404, "text/plain", "");
  object part{{"text", o.text}};
  object reply{{"messageId", "m"}, {"role", "ROLE_AGENT"}, {"parts", weft::json::array{part}}};
  object result;
  result["message"] = std::move(reply);
  answer(exchange, 200, "application/json",
         weft::wire::write_jsonrpc_result(*request->id, std::move(result)));
}

weft::json::value mcp_result(const std::string& method, const Options& o) {
  if (method == "initialize") {
    return weft::json::parse(R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
                             R"("serverInfo":{"name":"bench","version":"1"}})")
        .value();
  }
  if (method == "tools/list") {
    return weft::json::parse(
               R"({"tools":[{"name":"echo","description":"echo","inputSchema":{"type":"object",)"
               R"("properties":{"text":{"type":"string"}}},"annotations":{"readOnlyHint":true}}]})")
        .value();
  }
  object text{{"type", "text"}, {"text", o.text}};
  object result;
  result["content"] = weft::json::array{text};
  return result;
}

Awaitable<> speak_mcp(Exchange& exchange, const Options& o) {
  auto body = co_await exchange.read_body(1 << 20);
  auto message =
      body ? weft::wire::parse_jsonrpc(*body) : weft::fail(weft::Reason::invalid_argument, "");
  auto* request = message ? std::get_if<weft::wire::JsonRpcRequest>(&*message) : nullptr;
  if (request == nullptr) co_return answer(exchange, 405, "text/plain", "");
  if (!request->id) co_return answer(exchange, 202, "text/plain", "");
  if (request->method == "server/discover") {
    weft::wire::JsonRpcError error{
        .code = weft::wire::kJsonRpcMethodNotFound, .message = "no such method", .data = {}};
    co_return answer(exchange, 400, "application/json",
                     weft::wire::write_jsonrpc_error(*request->id, error));
  }
  answer(exchange, 200, "application/json",
         weft::wire::write_jsonrpc_result(*request->id, mcp_result(request->method, o)));
}

Awaitable<> handle(Exchange& exchange, const Options& o) {
  if (o.speak == "openai") co_return co_await speak_openai(exchange, o);
  if (o.speak == "rest") co_return co_await speak_rest(exchange, o);
  if (o.speak == "a2a") co_return co_await speak_a2a(exchange, o);
  co_return co_await speak_mcp(exchange, o);
}

Options read(int argc, char** argv) {
  std::map<std::string, std::string> words;
  for (int i = 1; i + 1 < argc; i += 2) words[argv[i]] = argv[i + 1];
  Options o;
  if (words.contains("--speak")) o.speak = words["--speak"];
  if (words.contains("--port")) o.port = static_cast<std::uint16_t>(std::stoi(words["--port"]));
  if (words.contains("--bytes")) o.bytes = static_cast<std::size_t>(std::stoul(words["--bytes"]));
  if (words.contains("--chunks")) o.chunks = std::stoi(words["--chunks"]);
  if (words.contains("--every-ms")) o.every_ms = std::stoi(words["--every-ms"]);
  o.text.assign(o.bytes, 'x');
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read(argc, argv);
  weft::net::Loops loops(1);
  auto server = weft::net::HttpServer::create(
      loops, {.host = "127.0.0.1", .port = options.port, .unix_path = ""}, std::nullopt, {},
      [&options](Exchange& exchange) { return handle(exchange, options); });
  if (!server) {
    std::cerr << server.error().message << '\n';
    return 1;
  }
  if (const auto started = loops.start(); !started) return 1;
  (*server)->start();
  std::cout << "listening on " << (*server)->port() << '\n' << std::flush;
  std::cin.get();  // until the one who started it closes the pipe
  (*server)->drain(weft::Milliseconds(0));
  loops.stop();
  return 0;
}
