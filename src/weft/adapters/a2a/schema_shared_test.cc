// Everything that weft writes, checked against the published schemas of 1.0 and 0.3
// (../shared/specs/a2a).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "weft/adapters/a2a/binding.h"
#include "weft/adapters/a2a/card.h"
#include "weft/adapters/a2a/own_card.h"
#include "weft/adapters/a2a/testing.h"
#include "weft/adapters/common/golden.h"
#include "weft/base/schema.h"
#include "weft/base/url.h"

namespace weft::adapters::a2a {
namespace {

const std::filesystem::path kSpecs = std::filesystem::path(WEFT_SOURCE) / "../shared/specs/a2a";

/// The reference to a definition: its name has spaces, a URI none.
std::string reference(const std::string& name) { return "#/definitions/" + percent_encode(name); }

std::string without_spaces(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

/// The published 1.0 document refers to files of its own making; here they are its definitions.
/// Prose is left out.
json::value tidied(const json::value& v, const std::map<std::string, std::string>& titles) {
  if (v.is_array()) {
    json::array out;
    for (const json::value& item : v.get_array()) out.push_back(tidied(item, titles));
    return out;
  }
  if (!v.is_object()) return v;
  json::object out;
  for (const auto& member : v.get_object()) {
    if (member.key() == "$schema" || (member.key() == "description" && member.value().is_string()))
      continue;
    if (member.key() == "$ref" && member.value().get_string().starts_with("#") == false) {
      std::string name(member.value().get_string());
      name = name.substr(0, name.find(".jsonschema"));
      name = name.substr(name.rfind('.') + 1);
      out["$ref"] = reference(titles.at(name));
      continue;
    }
    out[member.key()] = tidied(member.value(), titles);
  }
  return out;
}

class A2aSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kSpecs)) GTEST_SKIP() << "no ../shared/specs/a2a here";
  }

  static const json::object& document(Version version) {
    static std::map<Version, json::object> documents;
    if (const auto found = documents.find(version); found != documents.end()) return found->second;
    const auto* file = version == Version::v10 ? "v1.0-jsonschema/a2a.json" : "v0.3.0/a2a.json";
    const auto whole = json::parse(read_text_file(kSpecs / file)).value().get_object();
    std::map<std::string, std::string> titles;
    for (const auto& member : whole.at("definitions").get_object()) {
      titles[without_spaces(member.key())] = std::string(std::string_view(member.key()));
    }
    json::object out{{"definitions", tidied(whole.at("definitions"), titles)}};
    if (version != Version::v10) out["$schema"] = whole.at("$schema");
    return documents.emplace(version, std::move(out)).first->second;
  }

  static std::string fault(Version version, const std::string& type, const json::value& instance) {
    json::object schema = document(version);
    schema["$ref"] = reference(type);
    auto compiled = Schema::create(json::value(std::move(schema)));
    if (!compiled) return "the schema: " + compiled.error().message;
    const auto found = compiled->check(instance);
    return found ? found->path + ": " + found->message : std::string();
  }
};

#define WEFT_EXPECT_FITS(version, type, instance) \
  EXPECT_EQ(fault(version, type, instance), "") << json::write(instance)

TEST_F(A2aSchema, EveryObjectOf10Fits) {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    testing::Maker make(seed, false);
    const Codec codec(Version::v10);
    WEFT_EXPECT_FITS(Version::v10, "Task", codec.write(make.task()));
    WEFT_EXPECT_FITS(Version::v10, "Message", codec.write(make.message()));
    WEFT_EXPECT_FITS(Version::v10, "Stream Response", codec.write(make.item()));
    SendRequest request;
    request.message = make.message();
    request.return_immediately = true;
    request.history_length = 2;
    request.accepted_output_modes = {"text/plain"};
    WEFT_EXPECT_FITS(Version::v10, "Send Message Request", codec.write(request));
  }
}

TEST_F(A2aSchema, EveryObjectOf03Fits) {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    testing::Maker make(seed, false);
    const Codec codec(Version::v03);
    WEFT_EXPECT_FITS(Version::v03, "Task", codec.write(make.task()));
    WEFT_EXPECT_FITS(Version::v03, "Message", codec.write(make.message()));
    const auto result = codec.write(make.item());
    json::object answer{{"jsonrpc", "2.0"}, {"id", 1}, {"result", result}};
    WEFT_EXPECT_FITS(Version::v03, "SendStreamingMessageSuccessResponse", json::value(answer));
    SendRequest request;
    request.message = make.message();
    WEFT_EXPECT_FITS(Version::v03, "MessageSendParams", codec.write(request));
  }
}

TEST_F(A2aSchema, CardsFitTheGenerationTheyAreFor) {
  model::Solution solution;
  solution.id = SolutionId("bank");
  model::Skill skill;
  skill.id = SkillId("pay");
  skill.input_schema = json::parse(R"({"type":"object"})").value();
  solution.skills.push_back(skill);
  const auto entry = hub::make_entry(solution, nullptr, {}, "test");
  hub::Snapshot snapshot;
  snapshot.entries.push_back(entry);
  for (const bool bearer : {false, true}) {
    const Shown shown{"http://127.0.0.1:8420", bearer};
    for (const Card& card : {solution_card(*entry, shown), hub_card(snapshot, shown, true),
                             hub_card(snapshot, shown, false)}) {
      WEFT_EXPECT_FITS(Version::v10, "Agent Card", json::value(write_card(card, CardShape::v10)));
      WEFT_EXPECT_FITS(Version::v03, "AgentCard", json::value(write_card(card, CardShape::v03)));
      WEFT_EXPECT_FITS(Version::v03, "AgentCard", json::value(write_card(card, CardShape::both)));
    }
  }
}

TEST_F(A2aSchema, ErrorsFit) {
  for (const Reason reason : {Reason::task_not_found, Reason::invalid_argument, Reason::unavailable,
                              Reason::upstream_protocol}) {
    Error error = make_error(reason, "it went wrong");
    error.param = "/x";
    const auto text = wire::write_jsonrpc_error(json::value(1), to_jsonrpc(Fault(error)));
    WEFT_EXPECT_FITS(Version::v03, "JSONRPCErrorResponse", json::parse(text).value());
  }
}

}  // namespace
}  // namespace weft::adapters::a2a
