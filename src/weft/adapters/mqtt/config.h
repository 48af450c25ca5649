// What a solution behind a broker offers, as the section `mqtt:` says it. Owned by adapters/mqtt;
// pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mqtt/topic.h"
#include "weft/base/clock.h"
#include "weft/base/json.h"
#include "weft/model/solution.h"

namespace weft::adapters::mqtt {

/// Where a message says a word of its own: a user property, or a member of its JSON.
struct WordPlace {
  bool property = false;
  std::string name;
};

/// How far a reply says that the call is. Without a place every reply is the last.
struct StateWords {
  std::optional<WordPlace> place;
  std::vector<std::string> working{"working", "accepted"};
  std::vector<std::string> failed{"failed", "rejected"};
  std::vector<std::string> asks{"input-required"};
};

/// How a skill is spoken with.
enum class Way : std::uint8_t {
  exchange,  ///< a request and its replies
  send,      ///< a request, and no reply
  latest,    ///< the first message of a topic
  stream     ///< the messages of a topic as they come
};

struct SkillConfig {
  model::Skill skill;
  Way way = Way::exchange;
  TopicTemplate topic;  ///< what is published to, or heard
  std::string reply;    ///< empty: one that weft makes
  std::optional<TopicTemplate> cancel;
  StateWords state;
  std::string text;  ///< the member of the payload that is words; or empty
  int qos = 1;
  Milliseconds first_reply;
  Milliseconds idle;  ///< 0: without end
  /// Of a stream: what its last message says.
  std::optional<WordPlace> until;
  std::vector<std::string> until_words;
};

struct Config {
  std::string title;
  std::string description;
  std::string user;
  std::vector<SkillConfig> skills;
};

/// Unknown keys, wrong kinds and topics that are none are refused with their place,
/// `mqtt.skills.ride.request: …`, and what would be right. `client` takes the place of `{client}`
/// in a reply topic.
Result<Config> read_config(const json::object& details, std::string_view client);
/// What is said where a solution has no skills.
std::string_view example();

}  // namespace weft::adapters::mqtt
