// A solution and its skills: what has joined the hub and what it can do. Owned by model; plain
// values, immutable once in the registry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/ids.h"
#include "weft/base/json.h"

namespace weft::model {

enum class Kind : std::uint8_t { model, agent, toolset, predictor, service, device, flow };
std::string_view to_string(Kind kind);

/// How a skill is used: a conversation, structured arguments, tensors, vectors, a feed.
enum class Shape : std::uint8_t { converse, invoke, predict, embed, publish, subscribe };
std::string_view to_string(Shape shape);

/// What one call costs, in the currency that whoever configured it counts in.
struct Cost {
  double amount = 0;
  std::string currency;
  friend bool operator==(const Cost&, const Cost&) = default;
};
/// `0.5 EUR`; `0.5` without a currency.
std::string to_string(const Cost& cost);

/// What calling does to the world. Nothing declared counts as destructive and not idempotent.
struct Effects {
  std::optional<bool> read_only;
  std::optional<bool> idempotent;
  std::optional<bool> destructive;
  std::optional<bool> open_world;
  std::optional<Cost> cost;
  /// The argument that carries a key: calls of one key have one effect. Empty: there is none.
  std::string dedup_key;
  bool safe_to_repeat() const { return read_only.value_or(false) || idempotent.value_or(false); }
  friend bool operator==(const Effects&, const Effects&) = default;
};

struct Skill {
  SkillId id;
  std::string title;
  std::string description;
  Shape shape = Shape::invoke;
  /// JSON Schema of `Call::args`. Converse and embed skills may have none.
  std::optional<json::value> input_schema;
  std::optional<json::value> output_schema;
  std::vector<std::string> media_in;
  std::vector<std::string> media_out;
  Effects effects;
  std::vector<std::string> examples;
  std::vector<std::string> tags;
  /// What the solution's own protocol says of it, for the adapter of that protocol alone.
  json::object raw;
};

struct Capabilities {
  bool stream = false;
  bool tasks = false;
  bool cancel = true;
  bool multi_turn = false;
  bool ask = false;
};

struct Solution {
  SolutionId id;
  std::string title;
  std::string description;
  std::string version;
  Kind kind = Kind::service;
  /// The adapter's name: openai, mcp, a2a, openapi.
  std::string protocol;
  std::string protocol_version;
  std::string url;
  std::vector<Skill> skills;
  Capabilities caps;
  json::object raw;

  const Skill* skill(std::string_view skill_id) const;
};

}  // namespace weft::model
