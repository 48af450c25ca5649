// Agent cards: what an agent says of itself, in the shapes of 1.0 and 0.3. Owned by adapters/a2a;
// pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/a2a/codec.h"
#include "weft/base/url.h"
#include "weft/model/solution.h"

namespace weft::adapters::a2a {

/// The extension in which weft publishes, and reads, JSON Schemas of skills: params {skills: {ID:
/// {input, output}}}.
inline constexpr std::string_view kSkillIoExtension = "urn:weft:a2a:skill-io:1";

struct Interface {
  std::string url;
  /// JSONRPC, HTTP+JSON, GRPC or a name of the agent's own.
  std::string binding;
  /// `1.0`, `0.3`.
  std::string version;
  std::string tenant;
  friend bool operator==(const Interface&, const Interface&) = default;
};

struct CardSkill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> input_modes;
  std::vector<std::string> output_modes;
  std::optional<json::value> input;
  std::optional<json::value> output;
  friend bool operator==(const CardSkill&, const CardSkill&) = default;
};

struct Extension {
  std::string uri;
  std::string description;
  bool required = false;
  json::object params;
  friend bool operator==(const Extension&, const Extension&) = default;
};

struct Card {
  std::string name;
  std::string description;
  std::string version;
  std::vector<Interface> interfaces;
  std::vector<CardSkill> skills;
  /// Others than weft's own.
  std::vector<Extension> extensions;
  std::vector<std::string> input_modes;
  std::vector<std::string> output_modes;
  bool streaming = false;
  bool push = false;
  bool extended = false;
  /// Callers need a bearer token.
  bool bearer = false;
  friend bool operator==(const Card&, const Card&) = default;
};

/// Which generation a card is written for; `both` holds the fields of both, for those who do not
/// say.
enum class CardShape : std::uint8_t { v10, v03, both };

/// Whether a document is a card at all, before it is read.
bool looks_like_card(const json::value& v);
Result<Card> read_card(const json::value& v);
/// The extensions that a card as it came names, without weft's own; none when it is no card.
std::vector<Extension> extensions_of(const json::object& card);
json::object write_card(const Card& card, CardShape shape);

/// How a client speaks to an agent.
struct Door {
  Interface interface;
  Version version = Version::v10;
  bool rest = false;
};
/// JSON-RPC before HTTP+JSON, 1.0 before 0.3. Errors name what the agent offers instead, or the
/// extension it demands.
Result<Door> choose_interface(const Card& card);

/// The solution that the card describes; its id is left to the joiner.
model::Solution to_solution(const Card& card, const Door& route, json::object raw);

}  // namespace weft::adapters::a2a
