#include "weft/app/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "weft/base/schema.h"
#include "weft/hub/join_record.h"

namespace weft::app {
namespace {

std::string codes(std::string_view text) {
  std::string out;
  for (const auto& fault : read_config(text, "weft.yaml").faults) {
    out += std::format("{}:{}:{} ", fault.code, fault.line, fault.column);
  }
  return out;
}

TEST(Config, EmptyIsTheDefaults) {
  const auto reading = read_config("", "weft.yaml");
  EXPECT_TRUE(reading.faults.empty());
  EXPECT_EQ(reading.config.port, 8420);
  EXPECT_EQ(reading.config.host, "127.0.0.1");
}

TEST(Config, EveryKeyIsRead) {
  const auto reading = read_config(
      "listen: {host: '::1', port: 9000, hosts: [a.example], origins: [http://b.example],\n"
      "  public_url: 'https://c.example/'}\n"
      "data: d\nthreads: 3\nlog: warn\nkeys: {required: true}\n"
      "solutions:\n"
      "  - {name: bank, url: http://127.0.0.1:1/mcp, protocol: mcp, bearer: '${T}', headers: {X-A: "
      "b},\n"
      "     timeout: 500ms, concurrency: 4, approval: {pay: hub}}\n"
      "  - {name: files, command: [a, b], environment: {C: d}, approval: both}\n",
      "weft.yaml");
  ASSERT_TRUE(reading.faults.empty()) << reading.faults.front().message;
  const Config& c = reading.config;
  EXPECT_EQ(c.host, "::1");
  EXPECT_EQ(c.port, 9000);
  EXPECT_EQ(c.front.hosts, std::vector<std::string>{"a.example"});
  EXPECT_EQ(c.front.origins, std::vector<std::string>{"http://b.example"});
  EXPECT_EQ(c.public_url, "https://c.example");
  EXPECT_TRUE(c.front.keys_required);
  EXPECT_EQ(c.threads, 3U);
  ASSERT_EQ(c.solutions.size(), 2U);
  EXPECT_EQ(c.solutions[0].timeout_ms, 500);
  EXPECT_EQ(c.solutions[0].concurrency_max, 4U);
  EXPECT_EQ(c.solutions[0].approvals.at("pay"), hub::Approval::hub);
  EXPECT_EQ(c.solutions[0].origin, "weft.yaml:8");
  EXPECT_EQ(c.solutions[1].approvals.at("*"), hub::Approval::both);
  EXPECT_EQ(c.solutions[1].environment.at("C"), "d");
}

TEST(Config, TheConciergesModel) {
  const auto read = [](std::string_view llm) {
    return read_config(std::format("concierge: {{llm: {}}}\n", llm), "weft.yaml");
  };
  EXPECT_FALSE(read_config("concierge: {}\n", "weft.yaml").config.concierge.llm);
  EXPECT_EQ(read("chat").config.concierge.llm,
            (LanguageModelConfig{.solution = "chat", .model = ""}));
  EXPECT_EQ(read("{solution: chat, model: m, deadline: 2s, first_token: 500ms, "
                 "tokens_per_session: 7, rewords: false}")
                .config.concierge.llm,
            (LanguageModelConfig{.solution = "chat",
                                 .model = "m",
                                 .first_token_ms = 500,
                                 .deadline_ms = 2'000,
                                 .tokens_per_session = 7}));
  // The one that is not said gives way.
  EXPECT_EQ(read("{solution: chat, deadline: 1s}").config.concierge.llm->first_token_ms, 1'000);
  EXPECT_EQ(read("{solution: chat, first_token: 9s}").config.concierge.llm->deadline_ms, 9'000);
  for (const char* wrong :
       {"concierge", "'A b'", "''", "[a]", "{model: m}", "{solution: concierge}",
        "{solution: chat, rewords: true}", "{solution: chat, deadline: 90s}",
        "{solution: chat, first_token: 3s, deadline: 2s}",
        "{solution: chat, tokens_per_session: 0}", "{solution: chat, temperature: 1}"}) {
    EXPECT_EQ(read(wrong).faults.size(), 1U) << wrong;
  }
}

TEST(Config, AllFaultsComeAtOnceWithTheirPlaces) {
  EXPECT_EQ(codes("lisen: {}\nthreads: no\nsolutions:\n  - {name: a}\n"),
            "W1203:1:1 W1205:2:10 W1206:4:5 ");
  EXPECT_EQ(codes("listen: [1]\n"), "W1202:1:9 ");
  EXPECT_EQ(codes("listen: {public_url: weft.example}\n"), "W1205:1:22 ");
  EXPECT_EQ(codes("listen: {public_url: 'https://a.example/?b'}\n"), "W1205:1:22 ");
  EXPECT_EQ(codes("listen: {public_url: 'https://a.example/b'}\n"), "W1205:1:22 ");
  EXPECT_EQ(codes("log: loud\n"), "W1205:1:6 ");
  EXPECT_EQ(codes("solutions:\n  - {name: Big Bank, url: http://a/}\n"), "W1207:2:12 ");
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: http://a/}\n  - {name: a, url: http://b/}\n"),
            "W1209:3:12 ");
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: 'http://u:p@a/'}\n"), "W1208:2:20 ");
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: 'http://a/', command: [b]}\n"), "W1206:2:42 ");
  EXPECT_EQ(codes("a: [\n"), "W1201:2:1 ");
}

TEST(Config, WhoMayApproveWhatItCostsAndUnderWhichKey) {
  const auto reading = read_config(
      "solutions:\n"
      "  - name: bank\n"
      "    url: http://127.0.0.1:1\n"
      "    approval: {pay: {by: both, approvers: [alice, bob]}, close: {approvers: [carol]}, ask: "
      "hub}\n"
      "    cost: {pay: 0.5, close: {amount: 2, currency: EUR}}\n"
      "    dedup: {pay: request_id}\n"
      "    share: [destination]\n",
      "weft.yaml");
  ASSERT_TRUE(reading.faults.empty()) << reading.faults.front().message;
  const hub::JoinRequest& bank = reading.config.solutions.front();
  EXPECT_EQ(bank.approvals.at("pay"), hub::Approval::both);
  EXPECT_EQ(bank.approvals.at("close"), hub::Approval::hub);
  EXPECT_EQ(bank.approvers.at("pay"), (std::vector<std::string>{"alice", "bob"}));
  EXPECT_FALSE(bank.approvers.contains("ask"));
  EXPECT_EQ(bank.costs.at("pay"), (model::Cost{.amount = 0.5, .currency = ""}));
  EXPECT_EQ(model::to_string(bank.costs.at("close")), "2 EUR");
  EXPECT_EQ(bank.dedup.at("pay"), "request_id");
  EXPECT_EQ(bank.share, std::vector<std::string>{"destination"});
  const auto kept = hub::join_request_from(hub::to_json(bank));
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_TRUE(hub::same_request(*kept, bank));
  auto other = bank;
  other.approvers.at("pay").pop_back();
  EXPECT_FALSE(hub::same_request(other, bank));
}

TEST(Config, APolicyThatWouldGuardNothingIsRefused) {
  const std::string bank = "solutions:\n  - {name: a, url: 'http://a/', ";
  for (const char* wrong :
       {"approval: {pay: {by: solution, approvers: [b]}}", "approval: {pay: {approvers: []}}",
        "approval: {pay: {approvers: bob}}", "approval: {pay: {by: nobody}}",
        "approval: {pay: {by: hub, approver: [b]}}", "cost: 1", "cost: {pay: -1}",
        "cost: {pay: much}", "cost: {pay: {currency: EUR}}", "cost: {pay: {amount: 1, unit: EUR}}",
        "dedup: request_id", "dedup: {pay: [a]}"}) {
    EXPECT_NE(codes(bank + wrong + "}\n"), "") << wrong;
  }
}

TEST(Config, NothingIsSilentlyIgnored) {
  EXPECT_EQ(codes("threads: 1\nthreads: 2\n"), "W1212:2:1 ");
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: http://a/, headers: {X: '1', X: '2'}}\n"),
            "W1212:2:49 ");
  EXPECT_EQ(codes("threads: 1\n---\nthreads: 2\n"), "W1201:2:1 ");
  EXPECT_EQ(codes("? [a]\n: b\n"), "W1203:1:3 ");
}

TEST(Config, WhatWouldDoNothingIsRefused) {
  const std::string child = "solutions:\n  - name: a\n    command: [b]\n    ";
  EXPECT_EQ(codes(child + "bearer: x\n"), "W1213:4:13 ");
  EXPECT_EQ(codes(child + "headers: {X: y}\n"), "W1213:4:14 ");
  EXPECT_EQ(codes(child + "protocol: openai\n"), "W1205:4:15 ");
  EXPECT_EQ(codes(child + "protocol: mcp\n"), "");
  EXPECT_EQ(codes("solutions:\n  - name: a\n    url: http://a/\n    environment: {X: y}\n"),
            "W1213:4:18 ");
}

TEST(Config, WhatListensBehindABroker) {
  const std::string broker = "solutions:\n  - name: taxi\n    url: mqtt://127.0.0.1:1883\n";
  const auto reading = read_config(
      broker +
          "    bearer: ${TAXI}\n    mqtt:\n      user: '7'\n      skills:\n        ride:\n"
          "          request: city/taxi/ride\n          qos: 1\n          first_reply: 15s\n",
      "weft.yaml");
  ASSERT_TRUE(reading.faults.empty()) << reading.faults.front().message;
  EXPECT_EQ(
      json::write(reading.config.solutions.front().details),
      R"({"user":"7","skills":{"ride":{"request":"city/taxi/ride","qos":1,"first_reply":"15s"}}})");
  const auto fault = [&](std::string_view more) {
    const auto read = read_config(broker + std::string(more), "weft.yaml");
    return read.faults.empty() ? ConfigFault() : read.faults.front();
  };
  EXPECT_TRUE(fault("").message.contains("which topics it listens to"));
  EXPECT_TRUE(fault("").hint.contains("request: city/taxi/ride"));
  const ConfigFault wrong =
      fault("    mqtt:\n      skills:\n        ride:\n          request: city/+/ride\n");
  EXPECT_TRUE(wrong.message.starts_with("mqtt.skills.ride.request: ")) << wrong.message;
  EXPECT_EQ(std::pair(wrong.line, wrong.column), std::pair(7, 11));
  EXPECT_EQ(fault("    mqtt: {skills: {ride: {request: a}}}\n    headers: {A: b}\n").line, 5);
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: 'http://a/', mqtt: {skills: {}}}\n"),
            "W1213:2:39 ");
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: 'mqtt://u:p@a', mqtt: {skills: {b: {request: "
                  "c}}}}\n"),
            "W1208:2:20 ");
}

TEST(Config, Memory) {
  EXPECT_EQ(read_config("threads: 1\n", "f").config.memory_bytes, 0U);
  EXPECT_EQ(read_config("memory: 512MiB\n", "f").config.memory_bytes, 512ULL << 20);
  EXPECT_EQ(codes("memory: much\n"), "W1205:1:9 ");
  EXPECT_EQ(codes("memory: 1MiB\n"), "W1205:1:9 ");
}

TEST(Config, AStoreForObjects) {
  EXPECT_FALSE(read_config("ml: {threads: 1}\n", "f").config.ml.objects);
  const auto reading = read_config(
      "ml:\n  objects:\n    endpoint: https://s3.example\n    access_key: ${S3_KEY}\n"
      "    secret_key: '${S3_SECRET}'\n    path_style: false\n",
      "weft.yaml");
  EXPECT_TRUE(reading.faults.empty());
  const ObjectsConfig objects = reading.config.ml.objects.value();
  EXPECT_EQ(objects.endpoint, "https://s3.example");
  EXPECT_EQ(objects.region, "us-east-1");
  EXPECT_EQ(objects.access_key, "${S3_KEY}");
  EXPECT_EQ(objects.secret_key, "${S3_SECRET}");
  EXPECT_FALSE(objects.path_style);
  EXPECT_EQ(objects.origin, "weft.yaml:3");

  const auto one = [](std::string_view more) {
    return codes(std::format("ml: {{objects: {{access_key: a, secret_key: b, {}}}}}\n", more));
  };
  EXPECT_EQ(one("endpoint: 'http://127.0.0.1:9000', region: eu-west-1"), "");
  EXPECT_EQ(one("path_style: true"), "W1206:1:15 ");
  EXPECT_EQ(one("endpoint: s3.example"), "W1208:1:56 ");
  EXPECT_EQ(one("endpoint: 'http://u:p@s3.example'"), "W1208:1:56 ");
  EXPECT_EQ(one("endpoint: 'http://s3.example/?a=b'"), "W1208:1:56 ");
  EXPECT_EQ(one("endpoint: 'http://127.0.0.1:9000', path_style: false"), "W1205:1:93 ");
  EXPECT_EQ(one("endpoint: 'http://a.example', region: 'eu west'"), "W1205:1:84 ");
  EXPECT_EQ(one("endpoint: 'http://a.example', bucket: x"), "W1203:1:76 ");
  EXPECT_EQ(
      codes("ml: {objects: {endpoint: 'http://a.example', access_key: '${A', secret_key: b}}\n"),
      "W1205:1:58 ");
  EXPECT_EQ(codes("ml: {objects: here}\n"), "W1202:1:15 ");
}

TEST(Config, AFaultInListenIsToldOnce) {
  EXPECT_EQ(codes("listen: {host: 0.0.0.0, prot: 3}\n"), "W1211:1:16 W1203:1:25 ");
  EXPECT_EQ(codes("listen: {host: 0.0.0.0, host: '::'}\n"), "W1211:1:16 W1212:1:25 ");
}

TEST(Config, ATabThatIndentsIsNamed) {
  for (const char* text : {"listen:\n\tport: 3\n", "listen:\n  host: a\n\tport: 3\n"}) {
    const auto reading = read_config(text, "weft.yaml");
    ASSERT_EQ(reading.faults.size(), 1U);
    EXPECT_EQ(reading.faults.front().message, "a tab indents this line; YAML wants spaces");
    EXPECT_EQ(reading.faults.front().column, 1);
  }
  EXPECT_EQ(read_config("a: b: c\n", "f").faults.front().message.substr(0, 16), "this is not YAML");
}

TEST(Config, WhatCannotWorkIsFoundBeforeItIsTried) {
  EXPECT_EQ(codes("solutions:\n  - {name: a, url: 'http://a/', protocol: mpc}\n"), "W1205:2:43 ");
  EXPECT_EQ(codes("listen: {host: 0.0.0.0}\n"), "W1211:1:16 ");
  EXPECT_EQ(codes("listen: {host: 0.0.0.0}\nkeys: {required: true}\n"), "");
  EXPECT_EQ(codes("keys: {required: true}\nlisten: {host: '::'}\n"), "");
  EXPECT_EQ(codes("listen: {tls: {certificate: /no/cert.pem, key: /no/key.pem}}\n"),
            "W1210:1:29 W1210:1:48 ");
  const std::string solution = "solutions:\n  - name: a\n    url: http://a/\n    ";
  EXPECT_EQ(codes(solution + "bearer: '${TOKEN'\n"), "W1205:4:13 ");
  EXPECT_EQ(codes(solution + "headers: {X-A: '${A} ${B'}\n"), "W1205:4:14 ");
  EXPECT_EQ(codes(solution + "headers: {'X A': b}\n"), "W1205:4:14 ");
  EXPECT_EQ(codes(solution + "timeout: 0\n"), "W1205:4:14 ");
  EXPECT_EQ(codes(solution + "bearer: '${TOKEN}'\n"), "");
}

TEST(Config, ThePublishedSchemaAllowsWhatIsAllowed) {
  std::ifstream file(WEFT_SOURCE "/packaging/weft.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto schema = Schema::create(json::parse(text).value()).value();
  for (const std::string timeout :
       {"0", "1", "30s", "500ms", "2m", "1h", "1000000h", "1000001", "0s", "3d", "ten"}) {
    const bool number = timeout.find_first_not_of("0123456789") == std::string::npos;
    const json::value value = number ? json::value(std::stoll(timeout)) : json::value(timeout);
    json::object solution{{"name", "a"}, {"url", "http://a/"}, {"timeout", value}};
    const json::value document{{"solutions", json::array{std::move(solution)}}};
    const bool allowed =
        codes(std::format("solutions: [{{name: a, url: 'http://a/', timeout: {}}}]\n", timeout))
            .empty();
    EXPECT_EQ(!schema.check(document), allowed) << timeout;
  }
}

bool schema_allows(std::string_view solution) {
  std::ifstream file(WEFT_SOURCE "/packaging/weft.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto schema = Schema::create(json::parse(text).value()).value();
  const json::value document{{"solutions", json::array{json::parse(solution).value()}}};
  return !schema.check(document);
}

/// JSON is YAML: what the schema says of one is compared with what is read.
TEST(Config, ThePublishedSchemaAndTheReaderAgree) {
  for (const std::string& name :
       {std::string("a"), std::string("a-b-2"), std::string("a--b"), std::string("-a"),
        std::string("a-"), std::string("A"), std::string("a_b"), std::string(40, 'a'),
        std::string(41, 'a'), std::string("")}) {
    const std::string solution = std::format(R"({{"name": "{}", "url": "http://a/"}})", name);
    EXPECT_EQ(schema_allows(solution), codes("solutions: [" + solution + "]").empty()) << name;
  }
  for (const char* more :
       {R"("command": ["b"], "environment": {"PORT": 8080, "ON": true, "A": "b"})",
        R"("command": ["b"], "environment": {"A": ["b"]})", R"("command": ["b", 5])",
        R"("url": "http://a/", "environment": {"A": "b"})", R"("command": ["b"], "bearer": "c")",
        R"("command": ["b"], "headers": {"C": "d"})", R"("url": "http://a/", "headers": {"C": 5})",
        R"("command": ["b"], "protocol": "openai")", R"("command": ["b"], "protocol": "mcp")",
        R"("url": "http://a/", "command": ["b"])", R"("protocol": "mcp")"}) {
    const std::string solution = std::format(R"({{"name": "a", {}}})", more);
    EXPECT_EQ(schema_allows(solution), codes("solutions: [" + solution + "]").empty()) << more;
  }
}

TEST(Config, ThePublishedSchemaAndTheReaderAgreeAboutBrokers) {
  for (
      const char* skill :
      {R"({})",
       R"({"request": "a/b"})",
       R"({"request": ""})",
       R"({"request": "a", "zzz": 1})",
       R"({"request": "a", "topic": "b"})",
       R"({"kind": "telemetry"})",
       R"({"kind": "telemetry", "topic": "a"})",
       R"({"kind": "other", "topic": "a"})",
       R"({"kind": "telemetry", "topic": "a", "request": "b"})",
       R"({"request": "a", "qos": 1})",
       R"({"request": "a", "qos": 2})",
       R"({"request": "a", "reply": "none"})",
       R"({"request": "a", "reply": "r/{client}"})",
       R"({"request": "a", "reply": "none", "idle": "1s"})",
       R"({"request": "a", "reply": "r", "idle": "1s", "cancel": "c"})",
       R"({"request": "a", "idle": "1d"})",
       R"({"request": "a", "first_reply": 5})",
       R"({"request": "a", "state": {}})",
       R"({"request": "a", "state": {"property": "s"}})",
       R"({"request": "a", "state": {"property": "s", "field": "f"}})",
       R"({"request": "a", "state": {"field": "f", "working": ["x"], "asks": [5]}})",
       R"({"request": "a", "state": {"field": "f", "working": ["x"], "asks": ["y"]}})",
       R"({"kind": "telemetry", "topic": "a", "read": "latest", "idle": "1s"})",
       R"({"kind": "telemetry", "topic": "a", "idle": "1s"})",
       R"({"kind": "telemetry", "topic": "a", "read": "stream", "idle": "1s"})",
       R"({"kind": "telemetry", "topic": "a", "read": "all"})",
       R"({"kind": "telemetry", "topic": "a", "until": {"field": "f", "in": ["x"]}})",
       R"({"kind": "telemetry", "topic": "a", "read": "stream", "until": {"in": ["x"]}})",
       R"({"kind": "telemetry", "topic": "a", "read": "stream", "until": {"field": "f", "in": []}})",
       R"({"kind": "telemetry", "topic": "a", "read": "stream", "until": {"field": "f", "in": ["x"]}})",
       R"({"request": "a", "effects": {"read_only": true}})",
       R"({"request": "a", "effects": {"read_only": "yes"}})",
       R"({"request": "a", "effects": {"readonly": true}})",
       R"({"request": "a", "examples": ["b"], "title": "c", "text": "d", "description": "e"})",
       R"({"request": "a/{to}", "input": {"type": "object", "properties": {"to": {}}}})"}) {
    const std::string solution = std::format(
        R"({{"name": "a", "url": "mqtt://127.0.0.1", "mqtt": {{"skills": {{"ride": {}}}}}}})",
        skill);
    EXPECT_EQ(schema_allows(solution), codes("solutions: [" + solution + "]").empty()) << skill;
  }
  for (const char* name : {"ride", "a.b-c_D", "a b", ""}) {
    const std::string solution = std::format(
        R"({{"name": "a", "url": "mqtt://127.0.0.1", "mqtt": {{"skills": {{"{}": {{"request": "a"}}}}}}}})",
        name);
    EXPECT_EQ(schema_allows(solution), codes("solutions: [" + solution + "]").empty()) << name;
  }
}

void expect_described(const json::value& schema, const std::string& where) {
  const auto* o = schema.if_object();
  if (o == nullptr) return;
  if (const auto* properties = json::object_at(*o, "properties")) {
    for (const auto& [key, property] : *properties) {
      const std::string name = where + "." + std::string(key);
      EXPECT_FALSE(json::string_at(property.as_object(), "description").empty()) << name;
      expect_described(property, name);
    }
  }
  if (const auto* items = json::find(*o, "items")) expect_described(*items, where + "[]");
  if (const auto* shared = json::object_at(*o, "$defs")) {
    for (const auto& [name, each] : *shared) expect_described(each, std::string(name));
  }
}

TEST(Config, ThePublishedSchemaDescribesEveryKey) {
  std::ifstream file(WEFT_SOURCE "/packaging/weft.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  expect_described(json::parse(text).value(), "");
}

TEST(Config, AliasesTagsAndDepthAreRefused) {
  EXPECT_EQ(codes("a: &x 1\nb: *x\n").substr(0, 5), "W1201");
  EXPECT_EQ(codes("a: !!binary x\n").substr(0, 5), "W1201");
  EXPECT_EQ(codes(std::string(100, '[')).substr(0, 5), "W1201");
}

TEST(Config, TheFaultIsDrawn) {
  const std::string text =
      "solutions:\n  - name: billing\n    protcol: mcp\n    url: http://127.0.0.1:1\n";
  const auto reading = read_config(text, "weft.yaml");
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_EQ(render(reading.faults.front(), text),
            "weft.yaml:3:5  error  W1203 unknown key `protcol` in solutions[0] \"billing\"\n"
            "    2 |   - name: billing\n"
            "    3 |     protcol: mcp\n"
            "      |     ^^^^^^^ expected one of: name, url, command, environment, protocol, "
            "bearer, headers, timeout, "
            "concurrency, approval, cost, dedup, share, mqtt\n"
            "hint: did you mean `protocol`?\n");
}

TEST(Config, CaretsStandBelowWhatIsWrong) {
  const std::string text =
      "solutions:\n  - {name: a, bearer: \"早上\", zzé: 1, url: 'http://a/'}\n";
  const auto reading = read_config(text, "weft.yaml");
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_EQ(reading.faults.front().column, 29) << "characters, not bytes";
  EXPECT_TRUE(render(reading.faults.front(), text)
                  .contains("\n      |                               ^^^ expected one of"))
      << render(reading.faults.front(), text);
  const std::string tabbed = "listen:\t{prot: 1}\n";
  EXPECT_TRUE(render(read_config(tabbed, "f").faults.front(), tabbed)
                  .contains("\n      |        \t ^^^^ expected"));
  const std::string wide = "log: 大声\n";
  EXPECT_TRUE(
      render(read_config(wide, "f").faults.front(), wide).contains("\n      |      ^^^^ debug"));
}

TEST(Config, WithoutAFileItIsSaidHowOneIsNamed) {
  const auto reading = load_config("no/such/weft.yaml");
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_TRUE(reading.faults.front().hint.contains("-c FILE"));
  EXPECT_TRUE(reading.faults.front().hint.contains("example of every key"));
}

TEST(Config, NearestWord) {
  EXPECT_EQ(nearest("protcol", {"protocol", "url"}), "protocol");
  EXPECT_EQ(nearest("zzzzzz", {"protocol", "url"}), "");
}

TEST(Config, ThePublishedSchemaKnowsTheSameKeys) {
  std::ifstream file(WEFT_SOURCE "/packaging/weft.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto schema = json::parse(text);
  ASSERT_TRUE(schema);
  const auto keys = [&](const char* pointer) {
    std::string out;
    for (const auto& [key, value] : json::at_pointer(*schema, pointer)->as_object())
      out += std::string(key) + ", ";
    return out;
  };
  const auto expected = [](std::string_view yaml) {
    return read_config(yaml, "f").faults.front().expected.substr(
               std::string_view("expected one of: ").size()) +
           ", ";
  };
  const auto sorted = [](std::string list) {
    std::vector<std::string> words;
    std::istringstream in(list);
    for (std::string word; in >> word;) words.push_back(word);
    std::ranges::sort(words);
    return words;
  };
  EXPECT_EQ(sorted(keys("/properties")), sorted(expected("zzz: 1\n")));
  EXPECT_EQ(sorted(keys("/properties/listen/properties")), sorted(expected("listen: {zzz: 1}\n")));
  EXPECT_EQ(sorted(keys("/properties/solutions/items/properties")),
            sorted(expected("solutions: [{name: a, url: 'http://a/', zzz: 1}]\n")));
  EXPECT_EQ(sorted(keys("/properties/ml/properties")), sorted(expected("ml: {zzz: 1}\n")));
  EXPECT_EQ(sorted(keys("/properties/ml/properties/objects/properties")),
            sorted(expected("ml: {objects: {endpoint: 'http://a/', access_key: a, secret_key: b, "
                            "zzz: 1}}\n")));
  EXPECT_EQ(sorted(keys("/properties/concierge/properties")),
            sorted(expected("concierge: {zzz: 1}\n")));
  EXPECT_EQ(sorted(keys("/$defs/llm/properties")),
            sorted(expected("concierge: {llm: {solution: a, zzz: 1}}\n")));
  EXPECT_TRUE(Schema::create(*schema));
}

TEST(Loopback, OnlyThisMachine) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "example.org"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace weft::app
