#include "weft/adapters/a2a/card.h"

#include <gtest/gtest.h>

#include "weft/adapters/a2a/discovery.h"
#include "weft/adapters/a2a/own_card.h"
#include "weft/adapters/a2a/server.h"

namespace weft::adapters::a2a {
namespace {

json::value parse(std::string_view text) { return json::parse(text).value(); }

Card sample() {
  Card card;
  card.name = "bank";
  card.description = "Money.";
  card.version = "1.0.0";
  card.interfaces = {{"http://127.0.0.1:1/a2a/bank", "JSONRPC", "1.0", ""},
                     {"http://127.0.0.1:1/a2a/bank", "HTTP+JSON", "0.3", ""}};
  card.input_modes = card.output_modes = {"text/plain"};
  card.streaming = card.extended = card.bearer = true;
  CardSkill pay{"pay", "Pay",        "Pays.",     {"money"}, {"pay 3"}, {"application/json"},
                {},    std::nullopt, std::nullopt};
  pay.input = parse(R"({"type":"object","properties":{"amount":{"type":"number"}}})");
  card.skills = {pay};
  card.extensions = {{"urn:x", "other", false, {{"k", 1}}}};
  return card;
}

TEST(Card, ReadsWhatItWrote) {
  for (const CardShape shape : {CardShape::v10, CardShape::both}) {
    const auto back = read_card(write_card(sample(), shape));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, sample());
  }
  const auto old = read_card(write_card(sample(), CardShape::v03));
  ASSERT_TRUE(old) << old.error().message;
  Card expected = sample();
  expected.interfaces = {expected.interfaces[1]};
  EXPECT_EQ(*old, expected);
}

TEST(Card, HoldsTheFieldsOfBothGenerations) {
  const auto card = write_card(sample(), CardShape::both);
  for (const std::string_view field :
       {"supportedInterfaces", "url", "preferredTransport", "additionalInterfaces",
        "protocolVersion", "supportsAuthenticatedExtendedCard"}) {
    EXPECT_TRUE(card.contains(field)) << field;
  }
  EXPECT_FALSE(write_card(sample(), CardShape::v10).contains("url"));
  EXPECT_FALSE(write_card(sample(), CardShape::v03).contains("supportedInterfaces"));
}

TEST(Card, IsRecognised) {
  EXPECT_TRUE(looks_like_card(parse(R"({"name":"a","supportedInterfaces":[]})")));
  EXPECT_TRUE(looks_like_card(parse(R"({"name":"a","url":"http://x","skills":[]})")));
  EXPECT_FALSE(looks_like_card(parse(R"({"name":"a","url":"http://x"})")));
  EXPECT_FALSE(looks_like_card(parse(R"({"openapi":"3.1.0","info":{}})")));
  EXPECT_FALSE(looks_like_card(parse("[]")));
}

Card with(std::vector<Interface> interfaces) {
  Card card;
  card.name = "x";
  card.interfaces = std::move(interfaces);
  return card;
}

TEST(Card, TheBestInterfaceIsChosen) {
  const auto chosen = [](std::vector<Interface> interfaces) {
    return choose_interface(with(std::move(interfaces)));
  };
  const auto both = chosen(
      {{"a", "HTTP+JSON", "1.0", ""}, {"b", "JSONRPC", "0.3.0", ""}, {"c", "JSONRPC", "1.0", ""}});
  EXPECT_EQ(both->interface.url, "c");
  const auto rest = chosen({{"b", "JSONRPC", "0.3.0", ""}, {"a", "HTTP+JSON", "1.0", ""}});
  EXPECT_TRUE(rest->rest);
  const auto none = chosen({{"a", "GRPC", "1.0", ""}});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("GRPC 1.0"), std::string::npos);
}

TEST(Card, AnAgentsExtensionsAreAmongItsOwn) {
  const json::object raw = write_card(sample(), CardShape::v10);
  EXPECT_EQ(extensions_of(raw), sample().extensions);
  EXPECT_TRUE(extensions_of({}).empty());
  for (const std::string_view broken :
       {R"({"capabilities":7})", R"({"capabilities":{"extensions":{}}})",
        R"({"capabilities":{"extensions":[{"uri":1}]}})"})
    EXPECT_TRUE(extensions_of(parse(broken).get_object()).empty()) << broken;
  model::Solution solution = to_solution(sample(), choose_interface(sample()).value(), raw);
  const auto shown = [&] {
    return solution_card(*hub::make_entry(solution, nullptr, {}, "testing"), {"http://h", false});
  };
  EXPECT_EQ(shown().extensions, sample().extensions);
  solution.protocol = "mcp";
  EXPECT_TRUE(shown().extensions.empty());
}

TEST(Card, ADemandedExtensionIsRefusedByName) {
  Card card = with({{"c", "JSONRPC", "1.0", ""}});
  card.extensions.push_back({"urn:demanded", "", true, {}});
  const auto chosen = choose_interface(card);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().reason, Reason::unsupported);
  EXPECT_NE(chosen.error().message.find("urn:demanded"), std::string::npos);
}

Result<std::shared_ptr<const Agent>> settled(std::string_view named, std::string_view interface) {
  const Url url = parse_url(named).value();
  Found found{url.with_target("/.well-known/agent-card.json"),
              with({{std::string(interface), "JSONRPC", "1.0", ""}}),
              {}};
  return settle_agent(found, url);
}

TEST(Discovery, AnInterfaceElsewhereIsGuarded) {
  struct Case {
    std::string_view named;
    std::string_view interface;
    bool elsewhere;
    std::string_view url;
  };
  constexpr Case kCases[] = {
      {"http://127.0.0.1:9", "http://127.0.0.1:9/rpc", false, "http://127.0.0.1:9/rpc"},
      {"http://127.0.0.1:9", "http://localhost:9/rpc", false, "http://127.0.0.1:9/rpc"},
      {"http://127.0.0.1:9", "http://0.0.0.0:9/rpc", false, "http://127.0.0.1:9/rpc"},
      {"http://127.0.0.1:9", "/rpc", false, "http://127.0.0.1:9/rpc"},
      {"http://127.0.0.1:9", "http://127.0.0.1:8420/a2a", true, "http://127.0.0.1:8420/a2a"},
      {"http://127.0.0.1:9", "http://169.254.169.254/latest", true,
       "http://169.254.169.254/latest"},
      {"https://agents.example.com", "https://api.example.com/a2a", true,
       "https://api.example.com/a2a"},
      {"https://agents.example.com", "http://agents.example.com:443/a2a", true,
       "http://agents.example.com:443/a2a"},
  };
  for (const Case& one : kCases) {
    const auto agent = settled(one.named, one.interface);
    ASSERT_TRUE(agent) << one.interface << agent.error().message;
    EXPECT_EQ((*agent)->elsewhere, one.elsewhere) << one.interface;
    EXPECT_EQ((*agent)->url.str(), one.url);
  }
  for (const std::string_view bad :
       {"file:///etc/passwd", "gopher://x/", "http://user:pw@127.0.0.1:9/"}) {
    EXPECT_FALSE(settled("http://127.0.0.1:9", bad)) << bad;
  }
}

double sure(std::string_view named, std::string_view card,
            std::string_view interface = "http://h/agent") {
  const Url url = parse_url(named).value();
  const Found found{url.with_target(card),
                    with({{"http://h:1/grpc", "GRPC", "1.0", ""},
                          {std::string(interface), "JSONRPC", "1.0", ""}}),
                    {}};
  return confidence_of(found, url);
}

TEST(Discovery, ACardAtTheRootSaysLittleOfAPath) {
  constexpr std::string_view kRoot = "/.well-known/agent-card.json";
  for (const std::string_view host : {"http://h", "http://h/"}) EXPECT_EQ(sure(host, kRoot), 1);
  EXPECT_EQ(sure("http://h/x", "/x/.well-known/agent-card.json"), 1);
  EXPECT_EQ(sure("http://h/x/", "/x/.well-known/agent-card.json"), 1);
  EXPECT_EQ(sure("http://h/my/card.json", "/my/card.json"), 1);
  for (const std::string_view other :
       {"http://h/v1", "http://h/mcp", "http://h/openapi.json", "http://h/a"})
    EXPECT_LT(sure(other, kRoot), 0.8) << other;
  // The card names the URL itself.
  EXPECT_GT(sure("http://h/agent/", kRoot), 0.8);
  EXPECT_GT(sure("http://h/agent", kRoot, "http://localhost/agent/"), 0.8);
  EXPECT_LT(sure("http://h/agent", kRoot, "http://other/agent"), 0.8);
}

TEST(Discovery, LooksWhereCardsAre) {
  const auto places = [](std::string_view url) {
    std::string out;
    for (const Url& place : card_places(parse_url(url).value())) out += place.path + " ";
    return out;
  };
  EXPECT_EQ(places("http://h"), "/.well-known/agent-card.json /.well-known/agent.json ");
  EXPECT_EQ(places("http://h/x/"),
            "/x/.well-known/agent-card.json /.well-known/agent-card.json /.well-known/agent.json ");
  EXPECT_EQ(places("http://h/my.json"),
            "/my.json /.well-known/agent-card.json /.well-known/agent.json ");
}

TEST(Solution, ASkillWithoutASchemaTalks) {
  Card card = sample();
  card.skills.push_back({"talk", "Talk", "", {}, {}, {}, {}, std::nullopt, std::nullopt});
  const auto door = choose_interface(card).value();
  const auto solution = to_solution(card, door, {});
  ASSERT_EQ(solution.skills.size(), 2U);
  EXPECT_EQ(solution.skills[0].shape, model::Shape::invoke);
  EXPECT_EQ(solution.skills[1].shape, model::Shape::converse);
  EXPECT_EQ(solution.protocol_version, "1.0");
  card.skills.pop_back();
  EXPECT_EQ(to_solution(card, door, {}).skills.front().id.str(), "message");
}

TEST(Server, CardsCarryDatesAndTags) {
  EXPECT_EQ(http_date(1'795'424'400'000), "Mon, 23 Nov 2026 09:00:00 GMT");
  EXPECT_NE(etag_of("a"), etag_of("b"));
  CardDates dates;
  EXPECT_EQ(dates.seen("/x", "\"1\"", 1000), 1000);
  EXPECT_EQ(dates.seen("/x", "\"1\"", 2000), 1000);
  EXPECT_EQ(dates.seen("/x", "\"2\"", 3000), 3000);
}

}  // namespace
}  // namespace weft::adapters::a2a
