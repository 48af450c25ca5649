// The section `concierge` of weft.yaml. Owned by app; main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weft::app {

class ConfigNode;

/// The language model that the concierge asks where a sentence is not clear.
struct LanguageModelConfig {
  std::string solution;
  std::string model;  ///< a skill of it, or the model that it is asked for; empty: its own choice
  /// Of one turn: until the first token of an answer, and in all.
  std::int64_t first_token_ms = 1'500;
  std::int64_t deadline_ms = 4'000;
  /// Of one conversation.
  std::int64_t tokens_per_session = 50'000;
  friend bool operator==(const LanguageModelConfig&, const LanguageModelConfig&) = default;
};

struct ConciergeConfig {
  std::optional<LanguageModelConfig> llm;
  friend bool operator==(const ConciergeConfig&, const ConciergeConfig&) = default;
};

void read_concierge(ConfigNode& root, ConciergeConfig& out);

}  // namespace weft::app
