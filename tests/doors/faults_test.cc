// Solutions that are down, silent, talk rubbish or break off: the caller gets an answer in its own
// words, in bounded time, and never a false success.
#include <gtest/gtest.h>

#include "harness.h"

namespace weft::doors {
namespace {

constexpr std::string_view kDocument = R"({"openapi":"3.1.0","info":{"title":"Shelf","version":"1"},
"paths":{"/things/{id}":{"get":{"operationId":"get","parameters":[
{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{}}},
"/jobs":{"post":{"operationId":"job","responses":{}}},"/stream":{"get":{"operationId":"stream","responses":{}}}}})";

/// Serves both: a model list and a document; what else is asked gets `answer`.
class Faults : public ::testing::Test {
 protected:
  Faults()
      : upstream(with_models([this](const std::string& request) {
          if (request.starts_with("GET /openapi.json ")) {
            return response("200 OK", "application/json", kDocument);
          }
          return answer(request);
        })) {
    EXPECT_TRUE(hub.join("oracle", upstream.url(), "openai", 700));
    EXPECT_TRUE(hub.join("shelf", upstream.url(), "openapi", 700));
  }
  /// One call through each way: passed through, unary and streamed; an operation.
  std::vector<Reply> everywhere() {
    std::vector<Reply> replies;
    replies.push_back(chat(hub, "model/oracle", "hello", false));
    replies.push_back(chat(hub, "model/oracle", "hello", true));
    replies.push_back(call(hub, "POST", "/api/oracle/chat", R"({"message":"hello"})"));
    replies.push_back(call(hub, "POST", "/api/shelf/get", R"({"id":"x"})"));
    replies.push_back(chat(hub, "tool/shelf/get", R"({"id":"x"})", false));
    return replies;
  }
  void expect_everywhere(std::vector<int> statuses) {
    const auto replies = everywhere();
    for (std::size_t i = 0; i < replies.size(); ++i) {
      EXPECT_NE(std::ranges::find(statuses, replies[i].status), statuses.end())
          << i << ": " << replies[i].status << ' ' << replies[i].body;
      const std::string_view name = i < 3 ? "oracle" : "shelf";
      EXPECT_NE(replies[i].body.find(name), std::string::npos) << i << ": " << replies[i].body;
    }
  }
  std::function<std::string(const std::string&)> answer = [](const std::string&) {
    return std::string();
  };
  Upstream upstream;
  TestHub hub;
};

TEST_F(Faults, ClosedWithoutAnAnswer) { expect_everywhere({502, 503}); }

TEST_F(Faults, SilenceEndsAtTheDeadline) {
  answer = [](const std::string&) { return std::string(Upstream::kSilence); };
  const auto began = std::chrono::steady_clock::now();
  expect_everywhere({504});
  EXPECT_LT(std::chrono::steady_clock::now() - began, Milliseconds(5 * 1'700));
}

TEST_F(Faults, RubbishIsTheSolutionsFault) {
  for (const std::string& text : {std::string("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n") +
                                      "Content-Length: 0\r\nConnection: close\r\n\r\n",
                                  std::string("not http at all\r\n\r\n"),
                                  response("200 OK", "application/octet-stream", "\xff\xfe")}) {
    answer = [text](const std::string&) { return text; };
    for (const bool stream : {false, true}) {
      const Reply reply = chat(hub, "model/oracle", "hello", stream);
      EXPECT_EQ(reply.status, 502) << text << reply.body;
      EXPECT_EQ(reply.at("/error/code"), "bad_gateway") << reply.body;
    }
    EXPECT_EQ(call(hub, "POST", "/api/oracle/chat", R"({"message":"x"})").status, 502) << text;
  }
  answer = [](const std::string&) { return response("200 OK", "application/json", "{\"a\":"); };
  EXPECT_EQ(call(hub, "POST", "/api/shelf/get", R"({"id":"x"})").status, 502);
}

TEST_F(Faults, ABodyOfAGigabyteIsRefusedByItsHead) {
  answer = [](const std::string&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Content-Length: 1073741824\r\nConnection: close\r\n\r\n{\"a\":\"");
  };
  for (const Reply& reply : everywhere()) EXPECT_GE(reply.status, 400) << reply.body;
}

TEST_F(Faults, ABodyCutOffIsNoAnswer) {
  answer = [](const std::string&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\nConnection: close\r\n\r\n{\"id\":\"c\"}");
  };
  for (const Reply& reply : everywhere()) EXPECT_GE(reply.status, 500) << reply.body;
}

TEST_F(Faults, ATranslatedStreamCutAtEveryByteEndsWithAnError) {
  const std::string stream =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n"
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: "
      "[DONE]\n\n";
  const auto finished = stream.find("stop\"}]}") + 10;
  const auto stream_call = [&](std::size_t bytes) {
    answer = [&, bytes](const std::string&) { return event_stream(stream, bytes); };
    return call(hub, "POST", "/api/oracle/chat", R"({"message":"hello"})",
                "Accept: text/event-stream\r\n");
  };
  for (std::size_t cut = 0; cut < finished; ++cut) {
    const Reply reply = stream_call(cut);
    EXPECT_EQ(reply.body.find("event: done"), std::string::npos) << cut << reply.body;
    EXPECT_TRUE(reply.status >= 500 || reply.body.contains("event: error")) << cut << reply.body;
    EXPECT_EQ(reply.body.find("did not answer the last"), std::string::npos) << reply.body;
    // A whole answer in between: after too many broken ones the hub would not ask any more.
    EXPECT_TRUE(stream_call(std::string::npos).body.contains("event: done"));
  }
}

/// An answer whose end is the end of its connection: nothing but its content tells a cut one.
std::string to_the_end(std::string_view type, std::string_view body, std::string_view more = "") {
  return std::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n{}\r\n{}", type,
                     more, body);
}

TEST_F(Faults, AServicesStreamCutInsideAnEventIsNoAnswer) {
  const auto cut_at = [&](std::string_view type, std::string_view stream, std::size_t bytes) {
    answer = [&, bytes](const std::string&) { return to_the_end(type, stream.substr(0, bytes)); };
    return call(hub, "POST", "/api/shelf/stream", "{}");
  };
  const std::string_view events = "data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\n";
  const std::string_view lines = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n";
  for (const auto& [type, stream, piece] :
       {std::tuple("text/event-stream", events, events.size() / 2),
        std::tuple("application/x-ndjson", lines, lines.size() / 2)}) {
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      const Reply reply = cut_at(type, stream, cut);
      // Of a line its end may be missing.
      const bool whole = cut % piece == 0 || (piece < 14 && cut % piece == piece - 1);
      EXPECT_EQ(reply.status, whole ? 200 : 502) << type << cut << reply.body;
      EXPECT_EQ(cut_at(type, stream, stream.size()).at("/text"), "ab");
    }
  }
}

// However the bytes come together: they are one piece here.
TEST_F(Faults, WhatIsWholeBeforeRubbishIsTold) {
  const std::string_view chunk =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n";
  const std::string_view end =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
      "data: [DONE]\n\n";
  const auto told = [&](std::string_view path, std::string_view arguments, std::string sent) {
    answer = [&](const std::string&) { return to_the_end("text/event-stream", sent); };
    return call(hub, "POST", path, arguments, "Accept: text/event-stream\r\n").body;
  };
  constexpr std::string_view kHello = R"({"message":"hello"})";
  const std::string cut = told("/api/oracle/chat", kHello, std::format("{}\xff\n\n", chunk));
  EXPECT_TRUE(cut.contains(R"("text":"hi"})") && cut.contains("event: error")) << cut;
  const std::string whole =
      told("/api/oracle/chat", kHello, std::format("{}{}\xff\n\n", chunk, end));
  EXPECT_TRUE(whole.contains("event: done")) << whole;
  const std::string event = told("/api/shelf/stream", "{}", "data: {\"text\":\"hi\"}\n\n\xff\n\n");
  EXPECT_TRUE(event.contains(R"("text":"hi"})") && event.contains("event: error")) << event;
}

TEST_F(Faults, AnotherWeftsStreamCutAtEveryByteIsNoAnswer) {
  const std::string_view stream =
      "event: delta\ndata: {\"text\":\"a\"}\n\n"
      "event: done\ndata: {\"result\":{\"text\":\"a\"},\"form\":\"parts\"}\n\n";
  const auto cut_at = [&](std::size_t bytes) {
    answer = [&, bytes](const std::string&) {
      return to_the_end("text/event-stream", stream.substr(0, bytes), "Weft-Answer: events\r\n");
    };
    return call(hub, "POST", "/api/shelf/stream", "{}");
  };
  for (std::size_t cut = 0; cut < stream.size() - 1; ++cut) {
    EXPECT_EQ(cut_at(cut).status, 502) << cut;
    EXPECT_EQ(cut_at(stream.size()).at("/text"), "a");
  }
}

TEST_F(Faults, ACallerThatLeavesFreesTheSolution) {
  answer = [](const std::string&) { return std::string(Upstream::kSilence); };
  int gone = 0;
  for (const auto& [path, body] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"/v1/chat/completions",
            R"({"model":"model/oracle","messages":[{"role":"user","content":"x"}]})"},
           {"/api/oracle/chat", R"({"message":"x"})"},
           {"/api/shelf/get", R"({"id":"x"})"}}) {
    call_and_leave(hub, path, body, Milliseconds(150));
    const auto until = std::chrono::steady_clock::now() + Milliseconds(500);
    while (upstream.left() == gone && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_EQ(upstream.left(), ++gone) << path;
  }
}

TEST_F(Faults, WhatACallerGivesNeverLeavesThePath) {
  answer = [](const std::string&) { return response("200 OK", "application/json", "{}"); };
  for (const std::string& evil :
       {std::string("../admin"), std::string("%2e%2e%2f"), std::string("?x="), std::string("#"),
        std::string(";"), std::string("a\r\nHost: evil"), std::string("\xe2\x88\x95")}) {
    const json::object args{{"id", evil}};
    const Reply reply = call(hub, "POST", "/api/shelf/get", json::write(args));
    EXPECT_EQ(reply.status, 200) << evil << reply.body;
    const std::string sent = upstream.requests().back();
    const std::string target = sent.substr(0, sent.find("\r\n"));
    EXPECT_TRUE(target.starts_with("GET /things/") && target.ends_with(" HTTP/1.1")) << target;
    const auto id = target.substr(12, target.size() - 12 - 9);
    EXPECT_EQ(id.find_first_of("/?#; "), std::string::npos) << target;
    EXPECT_EQ(sent.find("evil\r\n"), std::string::npos);
  }
  const auto before = upstream.requests().size();
  for (const auto* evil : {"..", ".", ""}) {
    const json::object args{{"id", evil}};
    EXPECT_EQ(call(hub, "POST", "/api/shelf/get", json::write(args)).status, 400) << evil;
  }
  EXPECT_EQ(upstream.requests().size(), before);
}

/// A document whose operations `at0`, `at1` … each name a server of their own.
std::string document_of(const std::vector<std::string>& servers) {
  json::object paths;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    json::object operation{{"operationId", std::format("at{}", i)},
                           {"servers", json::array{json::object{{"url", servers[i]}}}},
                           {"responses", json::object()}};
    paths[std::format("/inside{}", i)] = json::object{{"get", std::move(operation)}};
  }
  return json::write(json::object{{"openapi", "3.1.0"},
                                  {"info", json::object{{"title", "x"}, {"version", "1"}}},
                                  {"paths", std::move(paths)}});
}

TEST(Servers, ADocumentLeadsNobodyInside) {
  Upstream inside([](const std::string&) { return response("200 OK", "text/plain", "secret"); });
  const std::string port = inside.url().substr(inside.url().rfind(':'));
  std::vector<std::string> servers;
  for (const char* host :
       {"169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "0.0.0.0", "[::]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "localhost.",
        "[::ffff:127.0.0.1]", "[::ffff:0.0.0.0]", "[64:ff9b::7f00:1]", "[fe80::1]",
        // The document's own machine; but the port is another service's.
        "127.0.0.1", "localhost", "[::1]"}) {
    servers.push_back(std::format("http://{}{}", host, port));
  }
  const std::string document = document_of(servers);
  Upstream outside(
      [&](const std::string&) { return response("200 OK", "application/json", document); });
  TestHub hub;
  const auto joined = hub.join("shelf", outside.url() + "/openapi.json", "openapi", 700);
  ASSERT_TRUE(joined) << joined.error().message;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const Reply reply = call(hub, "POST", std::format("/api/shelf/at{}", i), "{}");
    EXPECT_GE(reply.status, 400) << servers[i] << reply.body;
    EXPECT_EQ(reply.body.find("secret"), std::string::npos) << servers[i];
  }
  EXPECT_EQ(inside.requests().size(), 0U);
}

TEST(Servers, ADocumentMayCallItsOwnPlaceByAnotherName) {
  std::string document;
  Upstream upstream([&](const std::string& request) {
    const bool asks = request.starts_with("GET /openapi.json");
    return response("200 OK", "application/json", asks ? document : R"({"here":true})");
  });
  const std::string port = upstream.url().substr(upstream.url().rfind(':'));
  document = document_of({"http://localhost" + port});
  TestHub hub;
  ASSERT_TRUE(hub.join("shelf", upstream.url() + "/openapi.json", "openapi", 700));
  EXPECT_EQ(call(hub, "POST", "/api/shelf/at0", "{}").at("/here"), true);
}

TEST_F(Faults, AJobIsPolledUntilItIsOver) {
  int looks = 0;
  answer = [&](const std::string& request) {
    if (request.starts_with("POST /jobs ")) {
      return response("202 Accepted", "application/json", "{}",
                      "Location: /jobs/7\r\nRetry-After: 0\r\n");
    }
    EXPECT_TRUE(request.starts_with("GET /jobs/7 ")) << request;
    if (++looks < 3)
      return response("200 OK", "application/json", R"({"status":"running"})",
                      "Retry-After: 0\r\n");
    return response("200 OK", "application/json", R"({"status":"done","answer":42})");
  };
  const Reply reply = call(hub, "POST", "/api/shelf/job", "{}");
  EXPECT_EQ(reply.at("/answer"), 42) << reply.body;
  EXPECT_EQ(looks, 3);
  answer = [](const std::string&) {
    return response("202 Accepted", "application/json", "{}",
                    "Location: http://169.254.169.254/latest\r\n");
  };
  EXPECT_EQ(call(hub, "POST", "/api/shelf/job", "{}").status, 502);
}

TEST_F(Faults, AnotherWeftsLossesAndUsageAreToldOn) {
  constexpr std::string_view kLost = "/turns text> dropped";
  const auto answered = [&](std::string_view form, std::string_view body, bool events) {
    answer = [=](const std::string&) {
      return response("200 OK", events ? "text/event-stream" : "application/json", body,
                      std::format("Weft-Answer: {}\r\n{}", form,
                                  events ? ""
                                         : "Weft-Loss: /turns text> dropped\r\n"
                                           "Weft-Usage: input=3, output=4\r\n"));
    };
    return call(hub, "POST", "/api/shelf/get", R"({"id":"x"})");
  };
  for (const Reply& reply :
       {answered("data", R"({"n":1})", false), answered("parts", R"({"text":"a","data":1})", false),
        answered(
            "events",
            "event: done\ndata: {\"result\":{\"n\":1},\"form\":\"data\",\"usage\":{\"input\":3,"
            "\"output\":4},\"losses\":[{\"path\":\"/turns\",\"from\":\"text\",\"to\":\"\","
            "\"kind\":\"dropped\"}]}\n\n",
            true)}) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_TRUE(reply.headers.get("Weft-Loss").starts_with(kLost))
        << reply.headers.get("Weft-Loss") << reply.body;
    EXPECT_EQ(reply.headers.get("Weft-Usage"), "input=3, output=4") << reply.body;
  }
  // Of a service that is no weft these are no words of weft's.
  answer = [](const std::string&) {
    return response("200 OK", "application/json", "{}", "Weft-Loss: /turns text> dropped\r\n");
  };
  EXPECT_FALSE(call(hub, "POST", "/api/shelf/get", R"({"id":"x"})").headers.has("Weft-Loss"));
}

TEST(Services, OneOperationWithoutCredentialsDoesNotTakeTheOthersDown) {
  Upstream upstream([](const std::string& request) {
    if (!request.starts_with("GET /openapi.json"))
      return response("200 OK", "application/json", R"({"here":true})");
    return response("200 OK", "application/json", R"({"openapi":"3.1.0",
      "info":{"title":"x","version":"1"},"paths":{
      "/locked":{"get":{"operationId":"locked","security":[{"key":[]}],"responses":{}}},
      "/free":{"get":{"operationId":"free","responses":{}}}},"components":{"securitySchemes":{
      "key":{"type":"apiKey","in":"header","name":"X-Key"}}}})");
  });
  TestHub hub;
  ASSERT_TRUE(hub.join("shelf", upstream.url() + "/openapi.json", "openapi", 700));
  for (int i = 0; i < 5; ++i) {
    const Reply reply = call(hub, "POST", "/api/shelf/locked", "{}");
    EXPECT_EQ(reply.status, 503) << reply.body;
    EXPECT_NE(reply.body.find("--header X-Key="), std::string::npos) << reply.body;
  }
  EXPECT_EQ(call(hub, "POST", "/api/shelf/free", "{}").at("/here"), true);
}

TEST(Services, ADocumentAtTheVeryUrlLeavesNoDoubt) {
  Upstream upstream([](const std::string& request) {
    const bool there =
        request.starts_with("GET /v3/api-docs ") || request.starts_with("GET /docs/shelf ");
    return there ? response("200 OK", "application/json", kDocument)
                 : response("404 Not Found", "text/plain", "");
  });
  TestHub hub;
  const auto sure = [&](std::string id, std::string_view path) {
    const auto joined = hub.join(std::move(id), upstream.url() + std::string(path), "", 2'000);
    EXPECT_TRUE(joined) << joined.error().message;
    return joined ? joined->confidence : -1;
  };
  EXPECT_EQ(sure("a", "/docs/shelf"), 1);
  EXPECT_EQ(sure("b", "/v3/api-docs"), 1);
  EXPECT_EQ(sure("c", ""), 0.8);
  EXPECT_EQ(sure("d", "/elsewhere"), 0.8);
}

TEST_F(Faults, AServicesStreamIsDeltas) {
  answer = [](const std::string&) {
    return event_stream("data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\n");
  };
  EXPECT_EQ(call(hub, "POST", "/api/shelf/stream", "{}").at("/text"), "ab");
}

}  // namespace
}  // namespace weft::doors
