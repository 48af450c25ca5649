#include <chrono>
#include <format>

#include "weft/base/json_compare.h"
#include "weft/base/limits.h"
#include "weft/base/schema_node.h"

namespace weft::schema {
namespace {

using json::array;
using json::object;
using json::value;

constexpr std::size_t kShownCharsMax = 60;
constexpr std::size_t kShownChoicesMax = 10;

/// Which members or items of one value some schema looked at: what `unevaluated…` asks for. Empty
/// when nobody asks.
using Seen = std::vector<bool>;

void add(Seen& to, const Seen& from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i]) to.at(i) = true;
  }
}

std::string shown(const value& v) {
  if (v.is_object() || v.is_array()) return std::format("this {}", json::type_name(v));
  std::string text = json::write(v);
  if (text.size() <= kShownCharsMax) return text;
  std::size_t end = kShownCharsMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

unsigned type_of(const value& v) {
  switch (v.kind()) {
    case boost::json::kind::null: return kNull;
    case boost::json::kind::bool_: return kBoolean;
    case boost::json::kind::string: return kString;
    case boost::json::kind::array: return kArray;
    case boost::json::kind::object: return kObject;
    default: return json::is_integer(v) ? kInteger : kNumber;
  }
}

class Checker {
 public:
  explicit Checker(const Graph& graph) : graph_(graph) {}
  std::optional<SchemaFault> run(const value& instance) {
    visit(*graph_.root, instance, nullptr);
    return std::move(fault_);
  }

 private:
  /// One step of the way from the root to the value being looked at.
  struct Token {
    std::string_view key;
    std::size_t index = 0;
    bool is_index = false;
  };

  bool visit(const Node& node, const value& v, Seen* outer);
  bool visit_inside(const Node& node, const value& v, Seen* seen);
  bool member(const Node& node, const value& v, std::string_view key);
  bool item(const Node& node, const value& v, std::size_t index);
  /// Without leaving a fault behind when it does not fit.
  bool tries(const Node& node, const value& v, Seen* seen);

  bool references(const Node& node, const value& v, Seen* seen);
  bool scalars(const Node& node, const value& v);
  bool numbers(const NumberRules& rules, const value& v);
  bool strings(const StringRules& rules, const value& v);
  bool combinations(const Node& node, const value& v, Seen* seen);
  bool any_of(const Node& node, const value& v, Seen* seen);
  bool one_of(const Node& node, const value& v, Seen* seen);
  bool arrays(const ArrayRules& rules, const array& v, Seen* seen);
  bool contains(const ArrayRules& rules, const array& v, Seen* seen);
  bool unique(const array& v);
  bool objects(const ObjectRules& rules, const value& v, Seen* seen);
  bool members(const ObjectRules& rules, const object& v, Seen* seen);
  bool dependencies(const ObjectRules& rules, const value& v, Seen* seen);
  bool unevaluated(const Node& node, const value& v, Seen* seen);
  std::optional<bool> matches(const Pattern& pattern, std::string_view text);

  bool fault(std::string message);
  /// Ends the whole check: what comes after can change nothing.
  bool give_up(std::string message);
  std::string path() const;

  const Graph& graph_;
  std::vector<Token> path_;
  std::vector<int> scope_;
  std::optional<SchemaFault> fault_;
  bool given_up_ = false;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  std::chrono::steady_clock::duration pattern_time_{};
};

std::string Checker::path() const {
  std::string out;
  for (const auto& token : path_) {
    out += '/';
    out += token.is_index ? std::to_string(token.index) : json::escape_pointer(token.key);
  }
  return out;
}

bool Checker::fault(std::string message) {
  if (!fault_) fault_ = SchemaFault{path(), std::move(message)};
  return false;
}

bool Checker::give_up(std::string message) {
  if (!given_up_) fault_ = SchemaFault{path(), std::move(message)};
  given_up_ = true;
  return false;
}

bool Checker::tries(const Node& node, const value& v, Seen* seen) {
  auto before = std::exchange(fault_, std::nullopt);
  const bool fits = visit(node, v, seen);
  if (!given_up_) fault_ = std::move(before);
  return fits;
}

bool Checker::member(const Node& node, const value& v, std::string_view key) {
  path_.push_back({key, 0, false});
  const bool fits = visit(node, v, nullptr);
  path_.pop_back();
  return fits;
}

bool Checker::item(const Node& node, const value& v, std::size_t index) {
  path_.push_back({{}, index, true});
  const bool fits = visit(node, v, nullptr);
  path_.pop_back();
  return fits;
}

bool Checker::visit(const Node& node, const value& v, Seen* outer) {
  if (given_up_) return false;
  if (node.verdict) return *node.verdict || fault("nothing is allowed here");
  if (++steps_ > kSchemaStepsMax)
    return give_up("the value and its schema take too long to compare");
  if (depth_ >= kSchemaCheckDepthMax) return give_up("the schema refers to itself without an end");
  ++depth_;
  const bool enters = scope_.empty() || scope_.back() != node.resource;
  if (enters) scope_.push_back(node.resource);
  Seen seen;
  if (graph_.tracks && (v.is_object() || v.is_array())) {
    seen.resize(v.is_object() ? v.get_object().size() : v.get_array().size());
    steps_ += seen.size() / 64;
  }
  const bool fits = visit_inside(node, v, &seen);
  if (fits && outer) add(*outer, seen);
  if (enters) scope_.pop_back();
  --depth_;
  return fits;
}

bool Checker::visit_inside(const Node& node, const value& v, Seen* seen) {
  if (node.types != 0 && (node.types & type_of(v)) == 0) {
    return fault(std::format("expected {}, got {}", type_words(node.types), json::type_name(v)));
  }
  if (!scalars(node, v)) return false;
  if (node.numbers && v.is_number() && !numbers(*node.numbers, v)) return false;
  if (node.strings && v.is_string() && !strings(*node.strings, v)) return false;
  if (node.arrays && v.is_array() && !arrays(*node.arrays, v.get_array(), seen)) return false;
  if (node.objects && v.is_object() && !objects(*node.objects, v, seen)) return false;
  return references(node, v, seen) && combinations(node, v, seen) && unevaluated(node, v, seen);
}

bool Checker::references(const Node& node, const value& v, Seen* seen) {
  for (const auto& reference : node.references) {
    const Node* target = reference.target;
    for (std::size_t i = 0; !reference.anchor.empty() && i < scope_.size(); ++i) {
      const auto at = graph_.dynamic_anchors.find({scope_[i], reference.anchor});
      if (at == graph_.dynamic_anchors.end()) continue;
      target = at->second;
      break;
    }
    if (!visit(*target, v, seen)) return false;
  }
  return true;
}

bool Checker::scalars(const Node& node, const value& v) {
  if (node.constant && !json::equal(*node.constant, v))
    return fault(std::format("expected {}", shown(*node.constant)));
  if (!node.choices) return true;
  steps_ += node.choices->size() / 16;
  if (std::ranges::any_of(*node.choices,
                          [&](const value& choice) { return json::equal(choice, v); }))
    return true;
  std::string words;
  for (std::size_t i = 0; i < node.choices->size() && i < kShownChoicesMax; ++i) {
    words += (i == 0 ? "" : ", ") + shown((*node.choices)[i]);
  }
  if (node.choices->size() > kShownChoicesMax) words += ", …";
  return fault(std::format("expected one of {}, got {}", words, shown(v)));
}

bool Checker::numbers(const NumberRules& rules, const value& v) {
  if (rules.minimum && json::compare_numbers(v, *rules.minimum) < 0) {
    return fault(std::format("expected at least {}, got {}", shown(*rules.minimum), shown(v)));
  }
  if (rules.maximum && json::compare_numbers(v, *rules.maximum) > 0) {
    return fault(std::format("expected at most {}, got {}", shown(*rules.maximum), shown(v)));
  }
  if (rules.above && json::compare_numbers(v, *rules.above) <= 0) {
    return fault(std::format("expected more than {}, got {}", shown(*rules.above), shown(v)));
  }
  if (rules.below && json::compare_numbers(v, *rules.below) >= 0) {
    return fault(std::format("expected less than {}, got {}", shown(*rules.below), shown(v)));
  }
  if (rules.multiple_of && !json::is_multiple(v, *rules.multiple_of)) {
    return fault(
        std::format("expected a multiple of {}, got {}", shown(*rules.multiple_of), shown(v)));
  }
  return true;
}

std::optional<bool> Checker::matches(const Pattern& pattern, std::string_view text) {
  const auto start = std::chrono::steady_clock::now();
  const auto found = pattern.found_in(text);
  pattern_time_ += std::chrono::steady_clock::now() - start;
  if (found && pattern_time_ < std::chrono::milliseconds(kSchemaPatternTimeMaxMs)) return found;
  give_up(std::format("the pattern {} takes too long to match", shown(value(pattern.str()))));
  return std::nullopt;
}

bool Checker::strings(const StringRules& rules, const value& v) {
  const std::string_view text = v.get_string();
  if (rules.length_min > 0 || rules.length_max < text.size()) {
    const std::size_t length = code_points(text);
    steps_ += text.size() / 1'024;
    if (length < rules.length_min) {
      return fault(
          std::format("expected at least {} characters, got {}", rules.length_min, length));
    }
    if (length > rules.length_max) {
      return fault(std::format("expected at most {} characters, got {}", rules.length_max, length));
    }
  }
  if (!rules.pattern) return true;
  const auto found = matches(*rules.pattern, text);
  if (!found) return false;
  return *found || fault(std::format("expected text that matches {}, got {}", rules.pattern->str(),
                                     shown(v)));
}

bool Checker::combinations(const Node& node, const value& v, Seen* seen) {
  for (const Node* part : node.all_of) {
    if (!visit(*part, v, seen)) return false;
  }
  if (!node.any_of.empty() && !any_of(node, v, seen)) return false;
  if (!node.one_of.empty() && !one_of(node, v, seen)) return false;
  if (node.not_) {
    if (tries(*node.not_, v, nullptr)) return fault("fits the form that `not` rules out");
    if (given_up_) return false;
  }
  if (!node.if_) return true;
  const bool holds = tries(*node.if_, v, seen);
  if (given_up_) return false;
  const Node* then = holds ? node.then_ : node.else_;
  return !then || visit(*then, v, seen);
}

/// Of the forms that a value does not fit, the one it came furthest in tells most.
bool Checker::any_of(const Node& node, const value& v, Seen* seen) {
  const auto before = std::exchange(fault_, std::nullopt);
  std::optional<SchemaFault> best;
  unsigned types = 0;
  bool fits = false;
  for (const Node* part : node.any_of) {
    // All are looked at when it matters what each looks at.
    if (fits && !graph_.tracks) break;
    if (visit(*part, v, seen)) fits = true;
    if (given_up_) return false;
    types |= part->types == 0 ? ~0u : part->types;
    if (fault_ && (!best || fault_->path.size() > best->path.size())) best = std::move(fault_);
    fault_.reset();
  }
  fault_ = before;
  if (fits) return true;
  if ((types & type_of(v)) == 0) {
    return fault(std::format("expected {}, got {}", type_words(types), json::type_name(v)));
  }
  if (best && best->path != path()) {
    if (!fault_) fault_ = std::move(best);
    return false;
  }
  return fault(std::format("fits none of the {} forms that are allowed here ({})",
                           node.any_of.size(), best ? best->message : ""));
}

bool Checker::one_of(const Node& node, const value& v, Seen* seen) {
  const auto before = std::exchange(fault_, std::nullopt);
  std::optional<SchemaFault> best;
  std::vector<std::size_t> fitting;
  unsigned types = 0;
  for (std::size_t i = 0; i < node.one_of.size() && fitting.size() < 2; ++i) {
    const Node& part = *node.one_of[i];
    if (visit(part, v, seen)) fitting.push_back(i + 1);
    if (given_up_) return false;
    types |= part.types == 0 ? ~0u : part.types;
    if (fault_ && (!best || fault_->path.size() > best->path.size())) best = std::move(fault_);
    fault_.reset();
  }
  fault_ = before;
  if (fitting.size() == 1) return true;
  if (fitting.size() == 2) {
    return fault(
        std::format("fits forms {} and {} of which only one may fit", fitting[0], fitting[1]));
  }
  if ((types & type_of(v)) == 0) {
    return fault(std::format("expected {}, got {}", type_words(types), json::type_name(v)));
  }
  if (best && best->path != path()) {
    if (!fault_) fault_ = std::move(best);
    return false;
  }
  return fault(std::format("fits none of the {} forms that are allowed here ({})",
                           node.one_of.size(), best ? best->message : ""));
}

bool Checker::arrays(const ArrayRules& rules, const array& v, Seen* seen) {
  if (v.size() < rules.items_min) {
    return fault(std::format("expected at least {} items, got {}", rules.items_min, v.size()));
  }
  if (v.size() > rules.items_max) {
    return fault(std::format("expected at most {} items, got {}", rules.items_max, v.size()));
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    const Node* node = i < rules.prefix.size() ? rules.prefix[i] : rules.rest;
    if (!node) break;
    if (!item(*node, v[i], i)) return false;
    if (graph_.tracks) (*seen)[i] = true;
  }
  if (rules.contains && !contains(rules, v, seen)) return false;
  return !rules.unique || unique(v);
}

bool Checker::contains(const ArrayRules& rules, const array& v, Seen* seen) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (!tries(*rules.contains, v[i], nullptr)) continue;
    ++found;
    if (graph_.tracks) (*seen)[i] = true;
  }
  if (given_up_) return false;
  if (found < rules.contains_min) {
    return fault(
        std::format("expected at least {} items of the form that `contains` asks for, got {}",
                    rules.contains_min, found));
  }
  if (found > rules.contains_max) {
    return fault(std::format("expected at most {} items of the form that `contains` names, got {}",
                             rules.contains_max, found));
  }
  return true;
}

bool Checker::unique(const array& v) {
  std::unordered_multimap<std::size_t, std::size_t> seen;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const std::size_t hash = json::hash_of(v[i]);
    const auto [from, to] = seen.equal_range(hash);
    for (auto at = from; at != to; ++at) {
      if (++steps_ > kSchemaStepsMax)
        return give_up("the value and its schema take too long to compare");
      if (json::equal(v[at->second], v[i])) {
        return fault(std::format("items {} and {} are the same", at->second, i));
      }
    }
    seen.emplace(hash, i);
  }
  steps_ += v.size();
  return true;
}

bool Checker::objects(const ObjectRules& rules, const value& whole, Seen* seen) {
  const object& v = whole.get_object();
  for (const auto& name : rules.required) {
    if (!v.contains(name))
      return fault(std::format("missing required property {}", shown(value(name))));
  }
  if (v.size() < rules.size_min) {
    return fault(std::format("expected at least {} properties, got {}", rules.size_min, v.size()));
  }
  if (v.size() > rules.size_max) {
    return fault(std::format("expected at most {} properties, got {}", rules.size_max, v.size()));
  }
  return members(rules, v, seen) && dependencies(rules, whole, seen);
}

bool Checker::members(const ObjectRules& rules, const object& v, Seen* seen) {
  if (rules.properties.empty() && rules.patterns.empty() && !rules.additional && !rules.names)
    return true;
  std::size_t index = 0;
  for (const auto& pair : v) {
    const std::string_view key = pair.key();
    bool known = false;
    if (rules.names && !member(*rules.names, value(key), key)) return false;
    if (const auto at = rules.properties.find(key); at != rules.properties.end()) {
      known = true;
      if (!member(*at->second, pair.value(), key)) return false;
    }
    for (const auto& [pattern, node] : rules.patterns) {
      const auto found = matches(*pattern, key);
      if (!found) return false;
      if (!*found) continue;
      known = true;
      if (!member(*node, pair.value(), key)) return false;
    }
    if (!known && rules.additional) {
      known = true;
      if (rules.additional->verdict == false)
        return fault(std::format("the property {} is not known", shown(value(key))));
      if (!member(*rules.additional, pair.value(), key)) return false;
    }
    if (known && graph_.tracks) (*seen)[index] = true;
    ++index;
  }
  return true;
}

bool Checker::dependencies(const ObjectRules& rules, const value& whole, Seen* seen) {
  const object& v = whole.get_object();
  for (const auto& [name, needed] : rules.dependent_required) {
    if (!v.contains(name)) continue;
    for (const auto& other : needed) {
      if (!v.contains(other)) {
        return fault(std::format("missing property {}, which {} requires", shown(value(other)),
                                 shown(value(name))));
      }
    }
  }
  return std::ranges::all_of(rules.dependent_schemas, [&](const auto& rule) {
    return !v.contains(rule.first) || visit(*rule.second, whole, seen);
  });
}

bool Checker::unevaluated(const Node& node, const value& v, Seen* seen) {
  if (node.arrays && node.arrays->unevaluated && v.is_array()) {
    const array& items = v.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if ((*seen)[i]) continue;
      if (!item(*node.arrays->unevaluated, items[i], i)) return false;
      (*seen)[i] = true;
    }
  }
  if (!node.objects || !node.objects->unevaluated || !v.is_object()) return true;
  std::size_t index = 0;
  for (const auto& pair : v.get_object()) {
    if (!(*seen)[index]) {
      const Node& rest = *node.objects->unevaluated;
      if (rest.verdict == false) {
        return fault(std::format("the property {} is not known", shown(value(pair.key()))));
      }
      if (!member(rest, pair.value(), pair.key())) return false;
      (*seen)[index] = true;
    }
    ++index;
  }
  return true;
}

}  // namespace

std::string type_words(unsigned types) {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 7> kWords{
      {{kString, "string"},
       {kInteger, "integer"},
       {kNumber, "number"},
       {kBoolean, "boolean"},
       {kArray, "array"},
       {kObject, "object"},
       {kNull, "null"}}};
  if ((types & kNumber) != 0) types &= ~static_cast<unsigned>(kInteger);
  std::vector<std::string_view> named;
  for (const auto& [bit, word] : kWords) {
    if ((types & bit) != 0) named.push_back(word);
  }
  std::string out;
  for (std::size_t i = 0; i < named.size(); ++i) {
    out += i == 0 ? "" : i + 1 == named.size() ? " or " : ", ";
    out += named[i];
  }
  return out;
}

std::optional<SchemaFault> check(const Graph& graph, const json::value& instance) {
  return Checker(graph).run(instance);
}

}  // namespace weft::schema
