// The pieces of a turn or an artifact: what one side says to the other. Owned by model; plain
// values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weft/base/json.h"

namespace weft::model {

struct Part;

struct Text {
  std::string text;
  friend bool operator==(const Text&, const Text&) = default;
};

/// Structured content.
struct Data {
  json::value json;
  friend bool operator==(const Data&, const Data&) = default;
};

/// Bytes carried inline (not base64).
struct Blob {
  std::string bytes;
  std::string filename;
  friend bool operator==(const Blob&, const Blob&) = default;
};

/// Content that is elsewhere.
struct Link {
  std::string uri;
  std::string name;
  std::optional<std::uint64_t> size;
  friend bool operator==(const Link&, const Link&) = default;
};

/// Row-major little-endian values (OIP data types: BOOL, UINT8 … FP64); BYTES elements ride in
/// `elements`.
struct Tensor {
  std::string name;
  std::string datatype;
  std::vector<std::int64_t> shape;
  std::string bytes;
  std::vector<std::string> elements;
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

/// A tool that a model wants called. `arguments_text` is the exact string the model wrote.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments_text;
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

struct ToolResult {
  std::string call_id;
  std::vector<Part> parts;
  bool is_error = false;
  friend bool operator==(const ToolResult&, const ToolResult&);
};

/// A model's thoughts; `opaque` is what its protocol wants back unchanged.
struct Reasoning {
  std::string text;
  std::string opaque;
  friend bool operator==(const Reasoning&, const Reasoning&) = default;
};

struct Refusal {
  std::string text;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct Part {
  std::variant<Text, Data, Blob, Link, Tensor, ToolCall, ToolResult, Reasoning, Refusal> body;
  /// Empty where the body implies it (text/plain, application/json).
  std::string media_type;
  json::object meta;

  static Part text(std::string text);
  static Part data(json::value value);
  friend bool operator==(const Part&, const Part&) = default;
};

enum class Role : std::uint8_t { system, developer, user, assistant, tool };
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view word);

struct Turn {
  std::string id;
  Role role = Role::user;
  std::string name;
  std::vector<Part> parts;
  friend bool operator==(const Turn&, const Turn&) = default;
};

/// The texts of the parts, joined by a newline; structured parts as compact JSON when `with_data`.
std::string joined_text(const std::vector<Part>& parts, bool with_data);

}  // namespace weft::model
