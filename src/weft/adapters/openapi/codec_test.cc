#include "weft/adapters/openapi/codec.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openapi/document.h"
#include "weft/adapters/openapi/operation.h"
#include "weft/base/clock.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

const std::filesystem::path kGolden =
    std::string(WEFT_SOURCE) + "/src/weft/adapters/openapi/golden";

Catalog catalog_of(std::string_view text) {
  const auto document = read_document(text);
  EXPECT_TRUE(document) << document.error().message;
  auto catalog = read_catalog(*document, parse_url("http://service.example/openapi.json").value());
  EXPECT_TRUE(catalog) << catalog.error().message;
  return *std::move(catalog);
}

Catalog shelf() { return catalog_of(read_text_file(kGolden / "shelf.yaml")); }

Result<BoundRequest> bound(const Catalog& catalog, std::string_view id, std::string_view args) {
  const auto found = catalog.operations.find(id);
  if (found == catalog.operations.end()) return fail(Reason::internal, "no such operation");
  return bind_request(found->second, json::parse(args).value(), "BOUNDARY");
}

std::string shown(const Result<BoundRequest>& request) {
  if (!request) return "error " + request.error().param + ": " + request.error().message + "\n";
  std::string out = request->method + " " + request->path;
  if (!request->query.empty()) out += "?" + request->query;
  out += "\n";
  for (const auto& [name, value] : request->headers) out += name + ": " + value + "\n";
  if (!request->cookies.empty()) out += "Cookie: " + request->cookies + "\n";
  if (!request->content_type.empty())
    out += "Content-Type: " + request->content_type + "\n\n" + request->body + "\n";
  return out;
}

TEST(Binding, Golden) {
  const Catalog catalog = shelf();
  std::string all;
  for (const auto& skill : catalog.solution.skills) {
    all += "== " + skill.id.str() + "\n" + json::write_pretty(*skill.input_schema) + "\n";
    if (skill.output_schema) all += "-> " + json::write_pretty(*skill.output_schema) + "\n";
  }
  EXPECT_EQ(all, golden(kGolden, "shelf.skills.txt", all));
  const std::vector<std::pair<std::string, std::string>> calls{
      {"getItem",
       R"({"id":"cup/1","tags":["a","b c"],"verbose":true,"X-Trace":"t-1","session":"s;1"})"},
      {"getItem", R"({"tags":[]})"},
      {"createItem", R"({"name":"cup","qty":2})"},
      {"sendForm", R"({"who":"Ann & Bo","note":"1+1=2"})"},
      {"upload", R"({"file":"line one\nline two","note":"n"})"},
      {"upload", R"({"file":{"base64":"UE5H","filename":"a\"b.png","media_type":"image/png"}})"},
      {"putText", R"({"id":"x","body":"plain words"})"},
      {"putBytes", R"({"id":"x","body":"data:image/png;base64,UE5H"})"},
      {"get_search", R"({"filter":{"color":"red","size":"L"}})"},
  };
  all.clear();
  for (const auto& [id, args] : calls)
    all += "== " + id + " " + args + "\n" + shown(bound(catalog, id, args));
  EXPECT_EQ(all, golden(kGolden, "shelf.requests.txt", all));
}

TEST(Binding, EverySkillsSchemaCompiles) {
  for (const auto& skill : shelf().solution.skills) {
    const auto schema = Schema::create(*skill.input_schema);
    EXPECT_TRUE(schema) << skill.id.str() << ": " << schema.error().message;
  }
}

struct StyleCase {
  std::string_view where;
  std::string_view style;
  bool explode;
  std::string_view value;
  std::string_view expected;
};
void PrintTo(const StyleCase& c, std::ostream* out) {
  *out << c.where << ' ' << c.style << ' ' << c.value;
}

/// The table of RFC 6570 and OpenAPI §4.8.12.
class Styles : public testing::TestWithParam<StyleCase> {};
TEST_P(Styles, AsTheSpecificationHasThem) {
  const auto& c = GetParam();
  const bool path = c.where == "path";
  json::object parameter{{"name", "color"},  {"in", c.where},        {"required", true},
                         {"style", c.style}, {"explode", c.explode}, {"schema", json::object()}};
  json::object operation{{"operationId", "op"}, {"parameters", json::array{std::move(parameter)}}};
  json::object paths;
  paths[path ? "/x/{color}" : "/x"] = {{"get", std::move(operation)}};
  const json::object document{{"openapi", "3.1.0"},
                              {"info", {{"title", "t"}, {"version", "1"}}},
                              {"paths", std::move(paths)}};
  const Catalog catalog = catalog_of(json::write(document));
  json::object args;
  args["color"] = json::parse(c.value).value();
  const auto request = bound(catalog, "op", json::write(args));
  ASSERT_TRUE(request) << request.error().message;
  if (path) {
    EXPECT_EQ(request->path, "/x/" + std::string(c.expected));
  }
  if (c.where == "query") {
    EXPECT_EQ(request->query, c.expected);
  }
  if (c.where == "cookie") {
    EXPECT_EQ(request->cookies, c.expected);
  }
  if (c.where == "header") {
    EXPECT_EQ(request->headers.at(0).second, c.expected);
  }
}
constexpr std::string_view kList = R"(["blue","black"])";
constexpr std::string_view kObject = R"({"R":100,"G":200})";
INSTANTIATE_TEST_SUITE_P(
    Table, Styles,
    testing::Values(StyleCase{"path", "matrix", false, "\"blue\"", ";color=blue"},
                    StyleCase{"path", "matrix", false, kList, ";color=blue,black"},
                    StyleCase{"path", "matrix", true, kList, ";color=blue;color=black"},
                    StyleCase{"path", "matrix", false, kObject, ";color=R,100,G,200"},
                    StyleCase{"path", "matrix", true, kObject, ";R=100;G=200"},
                    StyleCase{"path", "label", false, "\"blue\"", ".blue"},
                    StyleCase{"path", "label", false, kList, ".blue,black"},
                    StyleCase{"path", "label", true, kList, ".blue.black"},
                    StyleCase{"path", "label", false, kObject, ".R,100,G,200"},
                    StyleCase{"path", "label", true, kObject, ".R=100.G=200"},
                    StyleCase{"path", "simple", false, kList, "blue,black"},
                    StyleCase{"path", "simple", false, kObject, "R,100,G,200"},
                    StyleCase{"path", "simple", true, kObject, "R=100,G=200"},
                    StyleCase{"header", "simple", false, kList, "blue,black"},
                    StyleCase{"header", "simple", true, kObject, "R=100,G=200"},
                    StyleCase{"query", "form", true, "\"a b\"", "color=a%20b"},
                    StyleCase{"query", "form", false, kList, "color=blue,black"},
                    StyleCase{"query", "form", true, kList, "color=blue&color=black"},
                    StyleCase{"query", "form", false, kObject, "color=R,100,G,200"},
                    StyleCase{"query", "form", true, kObject, "R=100&G=200"},
                    StyleCase{"query", "spaceDelimited", false, kList, "color=blue%20black"},
                    StyleCase{"query", "pipeDelimited", false, kList, "color=blue%7Cblack"},
                    StyleCase{"query", "spaceDelimited", false, kObject, "color=R%20100%20G%20200"},
                    StyleCase{"query", "pipeDelimited", false, kObject, "color=R%7C100%7CG%7C200"},
                    StyleCase{"query", "pipeDelimited", false, "\"a b\"", "color=a%20b"},
                    StyleCase{"query", "deepObject", true, kObject,
                              "color%5BR%5D=100&color%5BG%5D=200"},
                    StyleCase{"cookie", "form", false, kList, "color=blue,black"},
                    StyleCase{"cookie", "form", true, "\"a;b\"", "color=a%3Bb"}));

/// Translation injection: whatever a caller gives stands as data, or is refused.
class Injection : public testing::TestWithParam<std::string> {};
TEST_P(Injection, EveryPlaceHoldsDataOnly) {
  const Catalog catalog = shelf();
  const std::string& evil = GetParam();
  const auto& operation = catalog.operations.at("getItem");
  for (const auto* place : {"id", "tags", "X-Trace", "session"}) {
    json::object args{{"id", "plain"}};
    args[place] = std::string_view(place) == "tags" ? json::value(json::array{json::value(evil)})
                                                    : json::value(evil);
    const auto request = bind_request(operation, args, "B");
    if (!request) {
      EXPECT_EQ(request.error().reason, Reason::invalid_argument);
      continue;
    }
    EXPECT_TRUE(request->path.starts_with("/items/"));
    const std::string_view segment = std::string_view(request->path).substr(7);
    EXPECT_EQ(segment.find_first_of("/?#;\r\n \\"), std::string_view::npos) << segment;
    EXPECT_EQ(percent_decode(segment).value(), std::string_view(place) == "id" ? evil : "plain");
    EXPECT_EQ(request->query.find_first_of("/?#;\r\n \\"), std::string_view::npos)
        << request->query;
    EXPECT_EQ(request->cookies.find_first_of("/?#;\r\n \\"), std::string_view::npos)
        << request->cookies;
    EXPECT_LE(request->headers.size(), 1U);
    for (const auto& [name, value] : request->headers) {
      EXPECT_EQ(name, "X-Trace");
      EXPECT_EQ(value.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
    }
    EXPECT_LE(parse_query(request->query).size(), 1U);
    for (const auto& [name, value] : parse_query(request->query)) EXPECT_EQ(name, "tags");
  }
}
INSTANTIATE_TEST_SUITE_P(Table, Injection,
                         testing::Values("../admin", "..", ".", "%2e%2e%2f", "?x=", "#", ";",
                                         "a&b=c", "a\r\nHost: x",
                                         "\xe2\x88\x95"
                                         "admin",
                                         "\xef\xbc\x8f", "..\\admin", "//evil.example",
                                         std::string("a\0b", 3), ""));

TEST(Injection, HeadersOfTheHopAreNoParameters) {
  for (const auto* name :
       {"Host", "Authorization", "Transfer-Encoding", "Content-Length", "Connection", "Cookie",
        "Proxy-Authorization", "TE", "Upgrade", "Weft-Depth", "bad name", "a:b"}) {
    EXPECT_TRUE(forbidden_header(name)) << name;
    json::object parameter{{"name", name}, {"in", "header"}, {"schema", json::object()}};
    json::object operation{{"operationId", "op"},
                           {"parameters", json::array{std::move(parameter)}}};
    const json::object document{{"openapi", "3.1.0"},
                                {"info", {{"title", "t"}, {"version", "1"}}},
                                {"paths", {{"/x", {{"get", std::move(operation)}}}}}};
    const Catalog catalog = catalog_of(json::write(document));
    EXPECT_TRUE(catalog.operations.at("op").parameters.empty());
    json::object args;
    args[name] = "x";
    EXPECT_FALSE(bind_request(catalog.operations.at("op"), args, "B"));
  }
  EXPECT_FALSE(forbidden_header("X-Trace"));
}

TEST(Injection, KeysOfAnExplodedObjectAreNobodyElsesNames) {
  const auto bound = [](std::string_view place, std::string_view key) {
    const auto parameter = [&](std::string_view name) {
      return json::object{{"name", name}, {"in", place}, {"schema", json::object()}};
    };
    json::object operation{{"operationId", "op"},
                           {"parameters", json::array{parameter("filter"), parameter("role")}},
                           {"security", json::array{json::object{{"key", json::array()}}}}};
    json::object scheme{{"type", "apiKey"}, {"in", place}, {"name", "api_key"}};
    const json::object document{{"openapi", "3.1.0"},
                                {"info", {{"title", "t"}, {"version", "1"}}},
                                {"components", {{"securitySchemes", {{"key", std::move(scheme)}}}}},
                                {"paths", {{"/x", {{"get", std::move(operation)}}}}}};
    const Catalog catalog = catalog_of(json::write(document));
    json::object args;
    args["filter"] = json::object{{key, "x"}};
    auto request = bind_request(catalog.operations.at("op"), args, "B");
    if (!request) return request.error().param;
    return place == "query" ? request->query : request->cookies;
  };
  for (const char* place : {"query", "cookie"}) {
    EXPECT_EQ(bound(place, "role"), "/filter/role") << place;
    EXPECT_EQ(bound(place, "api_key"), "/filter/api_key") << place;
    EXPECT_EQ(bound(place, "Role"), "/filter/Role") << place;
    EXPECT_EQ(bound(place, "role[]"), "/filter/role[]") << place;
    EXPECT_EQ(bound(place, "colour"), "colour=x") << place;
    // What is no plain name is data all the same.
    EXPECT_EQ(bound(place, "a&role=b#;\r\n"), "a%26role%3Db%23%3B%0D%0A=x") << place;
  }
}

TEST(Answers, EveryMediaType) {
  EXPECT_EQ(json::write(*decode_answer(200, "application/json; charset=utf-8", R"({"a":1})")->data),
            R"({"a":1})");
  EXPECT_EQ(json::write(*decode_answer(200, "application/hal+json", "[1]")->data), "[1]");
  EXPECT_EQ(model::plain_text(*decode_answer(200, "text/plain", "plain words")), "plain words");
  EXPECT_EQ(model::plain_text(*decode_answer(204, "", "")),
            "Done (HTTP 204, nothing else was answered).");
  const auto image = decode_answer(200, "image/png", "PNG");
  EXPECT_EQ(image->artifacts.at(0).parts.at(0).media_type, "image/png");
  const auto rubbish = decode_answer(200, "application/json", "<html>");
  ASSERT_FALSE(rubbish);
  EXPECT_EQ(rubbish.error().reason, Reason::upstream_protocol);
}

TEST(Answers, AnotherWeftsQuestionIsItsWords) {
  const wire::Headers none;
  for (const int status : {403, 409}) {
    const auto error = decode_failure(status, none,
                                      R"({"type":"urn:weft:question","title":"t","detail":"d",
            "question":{"asks":{"q":{"kind":"login","message":"Sign in at the bank"}}}})");
    EXPECT_EQ(error.reason, Reason::solution_failed);
    EXPECT_EQ(error.upstream_status, status);
    EXPECT_NE(error.message.find("Sign in at the bank"), std::string::npos) << error.message;
  }
}

TEST(Answers, ProblemsInTheirOwnWords) {
  wire::Headers headers;
  headers.add("Retry-After", "3");
  const auto error =
      decode_failure(422, headers, R"({"title":"the shelf is empty","detail":"nothing left"})");
  EXPECT_EQ(error.reason, Reason::solution_failed);
  EXPECT_EQ(error.upstream_status, 422);
  EXPECT_EQ(error.message, "answered HTTP 422: the shelf is empty: nothing left");
  EXPECT_EQ(decode_failure(429, headers, "").retry_after, Milliseconds(3'000));
  EXPECT_EQ(decode_failure(503, headers, "").reason, Reason::unavailable);
}

}  // namespace
}  // namespace weft::adapters::openapi
