#include "weft/app/config_concierge.h"

#include <format>

#include "weft/app/concierge_service.h"
#include "weft/app/config_node.h"
#include "weft/base/limits.h"
#include "weft/base/text.h"

namespace weft::app {
namespace {

constexpr std::int64_t kDeadlineMsMin = 100;
constexpr std::int64_t kDeadlineMsMax = 60'000;
constexpr std::int64_t kTokensMax = 1'000'000'000;

void check_solution(ConfigNode& node, const std::string& key, const std::string& name) {
  if (name == kConciergeName) {
    node.fault(node.at(key), "W1205", "the concierge cannot ask itself", "",
               "name a solution that speaks OpenAI's protocol");
  } else if (slug(name) != name || name.empty()) {
    node.fault(node.at(key), "W1207", std::format("`{}` cannot name a solution", name),
               "the `name` of a solution that speaks OpenAI's protocol", "");
  }
}

std::int64_t read_time(ConfigNode& node, const std::string& key, std::int64_t otherwise) {
  const auto read = node.duration_ms(key);
  if (!read) return otherwise;
  if (*read >= kDeadlineMsMin && *read <= kDeadlineMsMax) return *read;
  node.fault(node.at(key), "W1205",
             std::format("`{}` is how long a person waits for one answer", key), "100ms to 60s",
             "");
  return otherwise;
}

void read_llm(ConfigNode& node, LanguageModelConfig& out) {
  if (const auto name = node.text("solution")) {
    out.solution = *name;
    check_solution(node, "solution", out.solution);
  } else if (!node.has("solution") && node.line() > 0) {
    node.fault(node.node(), "W1206", "`llm` needs the `solution` that is asked", "",
               "the `name` of a solution that speaks OpenAI's protocol");
  }
  out.model = node.text("model").value_or("");
  out.first_token_ms = read_time(node, "first_token", out.first_token_ms);
  out.deadline_ms = read_time(node, "deadline", out.deadline_ms);
  if (out.first_token_ms > out.deadline_ms) {
    if (node.has("first_token") && node.has("deadline")) {
      node.fault(node.at("first_token"), "W1205",
                 "the first token cannot come later than all of the answer: `first_token` is "
                 "longer than `deadline`",
                 "", "");
    }
    // The one that is not said gives way.
    if (node.has("deadline")) {
      out.first_token_ms = out.deadline_ms;
    } else {
      out.deadline_ms = out.first_token_ms;
    }
  }
  out.tokens_per_session =
      node.integer("tokens_per_session", 1, kTokensMax).value_or(out.tokens_per_session);
  if (node.boolean("rewords").value_or(false)) {
    node.fault(node.at("rewords"), "W1205", "weft does not let a model reword what it says yet",
               "false", "leave `rewords` out: people read weft's own words");
  }
}

}  // namespace

void read_concierge(ConfigNode& root, ConciergeConfig& out) {
  root.child("concierge", [&](ConfigNode& node) {
    if (!node.has("llm")) {
      (void)node.any("llm");
      return;
    }
    LanguageModelConfig llm;
    if (node.at("llm").IsScalar()) {
      llm.solution = node.text("llm").value_or("");
      check_solution(node, "llm", llm.solution);
    } else {
      node.child("llm", [&](ConfigNode& below) { read_llm(below, llm); });
    }
    out.llm = std::move(llm);
  });
}

}  // namespace weft::app
