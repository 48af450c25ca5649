#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <format>

#include "weft/base/json_compare.h"
#include "weft/base/limits.h"
#include "weft/base/schema_node.h"
#include "weft/base/url.h"

namespace weft::schema {
namespace {

using json::object;
using json::value;

/// The base of a schema that names none.
constexpr std::string_view kNoBase = "weft:/schema";
/// What `$recursiveAnchor: true` of 2019-09 is called among dynamic anchors; no schema can spell
/// it.
constexpr std::string_view kRecursive = "\n";

std::size_t depth_of(const value& v, std::size_t limit) {
  if (limit == 0) return 1;
  std::size_t deepest = 0;
  const auto look = [&](const value& item) {
    deepest = std::max(deepest, depth_of(item, limit - 1));
  };
  if (const auto* o = v.if_object()) {
    for (const auto& pair : *o) look(pair.value());
  } else if (const auto* a = v.if_array()) {
    for (const auto& item : *a) look(item);
  } else {
    return 0;
  }
  return deepest + 1;
}

struct Draft {
  bool seven = false;  ///< draft 7 and before: `$ref` hides what stands beside it, other words for
                       ///< some things
};

Result<Draft> draft_of(std::string_view name) {
  while (name.ends_with('#')) name.remove_suffix(1);
  for (std::string_view scheme : {"https://", "http://"}) {
    if (name.starts_with(scheme)) name.remove_prefix(scheme.size());
  }
  if (name == "json-schema.org/draft/2020-12/schema" ||
      name == "json-schema.org/draft/2019-09/schema" || name == "json-schema.org/schema") {
    return Draft{};
  }
  if (name == "json-schema.org/draft-07/schema" || name == "json-schema.org/draft-06/schema")
    return Draft{true};
  return fail(
      Reason::unsupported,
      std::format(
          "the schema dialect `{}` is not supported; 2020-12, 2019-09, draft 7 and draft 6 are",
          name));
}

/// A URI without its fragment, and the fragment decoded.
struct Target {
  std::string resource;
  std::string fragment;
};

Result<Target> resolve(std::string_view base, std::string_view reference) {
  const auto parsed = boost::urls::parse_uri_reference(reference);
  const auto origin = boost::urls::parse_uri(base);
  boost::urls::url out;
  if (!parsed || !origin || !boost::urls::resolve(*origin, *parsed, out)) {
    return fail(Reason::invalid_argument, std::format("`{}` is not a URI reference", reference));
  }
  Target target;
  target.fragment = std::string(out.fragment());
  out.remove_fragment();
  // A reference that is a fragment alone means its own document, whatever resolving makes of the
  // base's form.
  target.resource = reference.starts_with('#') || reference.empty() ? std::string(base)
                                                                    : std::string(out.buffer());
  return target;
}

class Compiler {
 public:
  explicit Compiler(Graph& graph) : graph_(graph) {}
  Result<void> run();

 private:
  struct Place {
    std::string base;
    int resource = 0;
    std::string path;
    Place at(std::string_view word) const {
      return {base, resource, std::format("{}/{}", path, word)};
    }
  };
  struct Pending {
    Node* node;
    std::size_t index;
    std::string reference;
    Place place;
    bool dynamic;
  };

  const Node* node(const value& source, const Place& place);
  void fill(Node& made, const value& whole, Place place);
  void enter(Node& made, const value& whole, Place& place);
  void anchor(Node& made, const Place& place, std::string_view name, bool dynamic);
  void refer(Node& made, const object& source, const Place& place);
  void general_rules(Node& made, const object& source, const Place& place);
  void number_rules(Node& made, const object& source, const Place& place);
  void string_rules(Node& made, const object& source, const Place& place);
  void array_rules(Node& made, const object& source, const Place& place);
  void item_rules(ArrayRules& rules, const object& source, const Place& place);
  void object_rules(Node& made, const object& source, const Place& place);
  void dependency_rules(ObjectRules& rules, const object& source, const Place& place);
  void definitions(const object& source, const Place& place);
  void resolve_pending(const Pending& pending);

  const Node* child(const object& source, std::string_view word, const Place& place);
  std::vector<const Node*> children(const object& source, std::string_view word,
                                    const Place& place);
  const object* object_member(const object& source, std::string_view word, const Place& place);
  std::vector<std::string> words(const value& source, const Place& place);
  std::optional<std::size_t> count(const object& source, std::string_view word, const Place& place);
  std::optional<value> number(const object& source, std::string_view word, const Place& place);
  std::optional<bool> flag(const object& source, std::string_view word, const Place& place);
  std::optional<std::string_view> text(const object& source, std::string_view word,
                                       const Place& place);
  const Pattern* pattern(std::string_view text, const Place& place);
  void wrong(const Place& place, std::string_view what);
  void wrong(const Place& place, const Error& error);

  Graph& graph_;
  Draft draft_;
  std::optional<Error> error_;
  std::unordered_map<const value*, Node*> by_source_;
  std::map<std::string, std::pair<const value*, int>> resources_;
  std::map<std::pair<std::string, std::string>, Node*> anchors_;
  std::map<std::string, const Pattern*, std::less<>> patterns_;
  std::deque<Pending> pending_;
  int next_resource_ = 1;
};

void Compiler::wrong(const Place& place, std::string_view what) {
  if (error_) return;
  error_ = make_error(Reason::invalid_argument,
                      std::format("the JSON Schema is wrong at {}: {}",
                                  place.path.empty() ? "its root" : place.path, what));
}

void Compiler::wrong(const Place& place, const Error& error) {
  if (error_) return;
  wrong(place, error.message);
  error_->reason = error.reason;
  error_->code = error.code;
}

const Node* Compiler::child(const object& source, std::string_view word, const Place& place) {
  const value* found = source.if_contains(word);
  return found ? node(*found, place.at(word)) : nullptr;
}

std::vector<const Node*> Compiler::children(const object& source, std::string_view word,
                                            const Place& place) {
  std::vector<const Node*> out;
  const value* found = source.if_contains(word);
  if (!found) return out;
  const auto* list = found->if_array();
  if (!list) {
    wrong(place.at(word), "must be an array of schemas");
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    out.push_back(node((*list)[i], place.at(word).at(std::to_string(i))));
  }
  return out;
}

const object* Compiler::object_member(const object& source, std::string_view word,
                                      const Place& place) {
  const value* found = source.if_contains(word);
  if (found && !found->is_object()) wrong(place.at(word), "must be an object");
  return found ? found->if_object() : nullptr;
}

std::vector<std::string> Compiler::words(const value& source, const Place& place) {
  std::vector<std::string> out;
  const auto* list = source.if_array();
  if (!list) wrong(place, "must be an array of strings");
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    if (!(*list)[i].is_string())
      wrong(place, "must be an array of strings");
    else
      out.emplace_back((*list)[i].get_string());
  }
  return out;
}

std::optional<std::size_t> Compiler::count(const object& source, std::string_view word,
                                           const Place& place) {
  const value* found = source.if_contains(word);
  if (!found) return std::nullopt;
  boost::system::error_code error;
  const auto n =
      found->is_number() && json::is_integer(*found) ? found->to_number<std::int64_t>(error) : -1;
  if (error || n < 0) {
    wrong(place.at(word), "must be a whole number, 0 or more");
    return std::nullopt;
  }
  return static_cast<std::size_t>(n);
}

std::optional<value> Compiler::number(const object& source, std::string_view word,
                                      const Place& place) {
  const value* found = source.if_contains(word);
  if (!found) return std::nullopt;
  if (!found->is_number()) {
    wrong(place.at(word), "must be a number");
    return std::nullopt;
  }
  return *found;
}

std::optional<bool> Compiler::flag(const object& source, std::string_view word,
                                   const Place& place) {
  const value* found = source.if_contains(word);
  if (found && !found->is_bool()) wrong(place.at(word), "must be true or false");
  return found && found->is_bool() ? std::optional(found->get_bool()) : std::nullopt;
}

std::optional<std::string_view> Compiler::text(const object& source, std::string_view word,
                                               const Place& place) {
  const value* found = source.if_contains(word);
  if (found && !found->is_string()) wrong(place.at(word), "must be a string");
  return found && found->is_string() ? std::optional<std::string_view>(found->get_string())
                                     : std::nullopt;
}

const Pattern* Compiler::pattern(std::string_view source, const Place& place) {
  if (const auto at = patterns_.find(source); at != patterns_.end()) return at->second;
  auto made = Pattern::create(source);
  if (!made) {
    wrong(place, made.error());
    return nullptr;
  }
  graph_.patterns.push_back(std::move(*made));
  return patterns_[std::string(source)] = &graph_.patterns.back();
}

const Node* Compiler::node(const value& source, const Place& place) {
  if (const auto at = by_source_.find(&source); at != by_source_.end()) return at->second;
  Node& made = graph_.nodes.emplace_back();
  by_source_[&source] = &made;
  made.resource = place.resource;
  if (source.is_bool()) {
    made.verdict = source.get_bool();
  } else if (source.is_object()) {
    if (!error_) fill(made, source, place);
  } else {
    wrong(place,
          std::format("a schema is an object, true or false, not {}", json::type_name(source)));
  }
  return &made;
}

void Compiler::fill(Node& made, const value& whole, Place place) {
  const object& source = whole.get_object();
  if (draft_.seven && source.if_contains("$ref")) {
    definitions(source, place);
    refer(made, source, place);
    return;
  }
  enter(made, whole, place);
  refer(made, source, place);
  general_rules(made, source, place);
  number_rules(made, source, place);
  string_rules(made, source, place);
  array_rules(made, source, place);
  object_rules(made, source, place);
  definitions(source, place);
}

/// `$id` and the anchors: what names this place from afar.
void Compiler::enter(Node& made, const value& whole, Place& place) {
  const object& source = whole.get_object();
  if (const auto id = text(source, "$id", place)) {
    const auto target = resolve(place.base, *id);
    if (!target) {
      wrong(place.at("$id"), target.error());
      return;
    }
    if (id->starts_with('#')) {
      anchor(made, place, id->substr(1), false);
    } else {
      place.base = target->resource;
      place.resource = made.resource = next_resource_++;
      resources_.try_emplace(place.base, &whole, place.resource);
    }
  }
  if (draft_.seven) return;
  if (const auto name = text(source, "$anchor", place)) anchor(made, place, *name, false);
  if (const auto name = text(source, "$dynamicAnchor", place)) anchor(made, place, *name, true);
  if (flag(source, "$recursiveAnchor", place).value_or(false))
    anchor(made, place, kRecursive, true);
}

void Compiler::anchor(Node& made, const Place& place, std::string_view name, bool dynamic) {
  anchors_.try_emplace({place.base, std::string(name)}, &made);
  if (dynamic) graph_.dynamic_anchors.try_emplace({place.resource, std::string(name)}, &made);
}

void Compiler::refer(Node& made, const object& source, const Place& place) {
  const auto add = [&](std::string_view word, bool dynamic) {
    const auto reference = text(source, word, place);
    if (!reference) return;
    pending_.push_back(
        {&made, made.references.size(), std::string(*reference), place.at(word), dynamic});
    made.references.emplace_back();
  };
  add("$ref", false);
  if (draft_.seven) return;
  add("$dynamicRef", true);
  add("$recursiveRef", true);
}

void Compiler::general_rules(Node& made, const object& source, const Place& place) {
  if (const value* type = source.if_contains("type")) {
    static const std::map<std::string_view, unsigned> kTypes{
        {"null", kNull},       {"boolean", kBoolean},
        {"integer", kInteger}, {"number", kNumber | kInteger},
        {"string", kString},   {"array", kArray},
        {"object", kObject}};
    const auto named = type->is_string() ? std::vector{std::string(type->get_string())}
                                         : words(*type, place.at("type"));
    for (const auto& name : named) {
      const auto at = kTypes.find(name);
      if (at == kTypes.end())
        wrong(place.at("type"), std::format("`{}` is not a type", name));
      else
        made.types |= at->second;
    }
  }
  if (const value* constant = source.if_contains("const")) made.constant = *constant;
  if (const value* choices = source.if_contains("enum")) {
    if (!choices->is_array())
      wrong(place.at("enum"), "must be an array");
    else
      made.choices = choices->get_array();
  }
  made.all_of = children(source, "allOf", place);
  made.any_of = children(source, "anyOf", place);
  made.one_of = children(source, "oneOf", place);
  made.not_ = child(source, "not", place);
  made.if_ = child(source, "if", place);
  made.then_ = child(source, "then", place);
  made.else_ = child(source, "else", place);
}

void Compiler::number_rules(Node& made, const object& source, const Place& place) {
  NumberRules rules{number(source, "minimum", place), number(source, "maximum", place),
                    number(source, "exclusiveMinimum", place),
                    number(source, "exclusiveMaximum", place), number(source, "multipleOf", place)};
  if (rules.multiple_of && json::compare_numbers(*rules.multiple_of, value(0)) <= 0) {
    wrong(place.at("multipleOf"), "must be greater than 0");
    return;
  }
  if (rules.minimum || rules.maximum || rules.above || rules.below || rules.multiple_of) {
    made.numbers = std::make_unique<NumberRules>(std::move(rules));
  }
}

void Compiler::string_rules(Node& made, const object& source, const Place& place) {
  StringRules rules;
  const auto least = count(source, "minLength", place);
  const auto most = count(source, "maxLength", place);
  if (least) rules.length_min = *least;
  if (most) rules.length_max = *most;
  if (const auto source_text = text(source, "pattern", place)) {
    rules.pattern = pattern(*source_text, place.at("pattern"));
  }
  if (least || most || rules.pattern) made.strings = std::make_unique<StringRules>(rules);
}

void Compiler::item_rules(ArrayRules& rules, const object& source, const Place& place) {
  const value* items = source.if_contains("items");
  // An array of schemas is draft 7's form; many a 2020-12 schema still has it, and it can mean
  // nothing else.
  if (items && items->is_array()) {
    rules.prefix = children(source, "items", place);
    rules.rest = child(source, "additionalItems", place);
    return;
  }
  if (!draft_.seven) rules.prefix = children(source, "prefixItems", place);
  rules.rest = child(source, "items", place);
}

void Compiler::array_rules(Node& made, const object& source, const Place& place) {
  ArrayRules rules;
  rules.items_min = count(source, "minItems", place).value_or(0);
  rules.items_max = count(source, "maxItems", place).value_or(rules.items_max);
  rules.unique = flag(source, "uniqueItems", place).value_or(false);
  item_rules(rules, source, place);
  rules.contains = child(source, "contains", place);
  if (!draft_.seven) {
    rules.contains_min = count(source, "minContains", place).value_or(1);
    rules.contains_max = count(source, "maxContains", place).value_or(rules.contains_max);
    rules.unevaluated = child(source, "unevaluatedItems", place);
    graph_.tracks |= rules.unevaluated != nullptr;
  }
  static constexpr std::array kWords{"minItems",    "maxItems", "uniqueItems",     "items",
                                     "prefixItems", "contains", "unevaluatedItems"};
  if (std::ranges::any_of(kWords, [&](const char* word) { return source.contains(word); })) {
    made.arrays = std::make_unique<ArrayRules>(std::move(rules));
  }
}

void Compiler::dependency_rules(ObjectRules& rules, const object& source, const Place& place) {
  const auto add = [&](std::string_view word, bool names_allowed, bool schemas_allowed) {
    const object* all = object_member(source, word, place);
    for (std::size_t i = 0; all && i < all->size(); ++i) {
      const auto& pair = *(all->begin() + static_cast<std::ptrdiff_t>(i));
      const Place here = place.at(word).at(json::escape_pointer(pair.key()));
      if (names_allowed && (pair.value().is_array() || !schemas_allowed)) {
        rules.dependent_required.emplace_back(pair.key(), words(pair.value(), here));
      } else {
        rules.dependent_schemas.emplace_back(pair.key(), node(pair.value(), here));
      }
    }
  };
  add("dependencies", true, true);
  if (draft_.seven) return;
  add("dependentRequired", true, false);
  add("dependentSchemas", false, true);
}

void Compiler::object_rules(Node& made, const object& source, const Place& place) {
  ObjectRules rules;
  rules.size_min = count(source, "minProperties", place).value_or(0);
  rules.size_max = count(source, "maxProperties", place).value_or(rules.size_max);
  if (const value* required = source.if_contains("required"))
    rules.required = words(*required, place.at("required"));
  if (const object* properties = object_member(source, "properties", place)) {
    for (const auto& pair : *properties) {
      rules.properties[pair.key()] =
          node(pair.value(), place.at("properties").at(json::escape_pointer(pair.key())));
    }
  }
  if (const object* patterns = object_member(source, "patternProperties", place)) {
    for (const auto& pair : *patterns) {
      const Place here = place.at("patternProperties").at(json::escape_pointer(pair.key()));
      rules.patterns.emplace_back(pattern(pair.key(), here), node(pair.value(), here));
    }
  }
  rules.additional = child(source, "additionalProperties", place);
  rules.names = child(source, "propertyNames", place);
  dependency_rules(rules, source, place);
  if (!draft_.seven) {
    rules.unevaluated = child(source, "unevaluatedProperties", place);
    graph_.tracks |= rules.unevaluated != nullptr;
  }
  static constexpr std::array kWords{
      "minProperties",    "maxProperties",        "required",
      "properties",       "patternProperties",    "additionalProperties",
      "propertyNames",    "dependencies",         "dependentRequired",
      "dependentSchemas", "unevaluatedProperties"};
  if (std::ranges::any_of(kWords, [&](const char* word) { return source.contains(word); })) {
    made.objects = std::make_unique<ObjectRules>(std::move(rules));
  }
}

void Compiler::definitions(const object& source, const Place& place) {
  for (const char* word : {"$defs", "definitions"}) {
    const value* found = source.if_contains(word);
    if (!found || !found->is_object()) continue;
    for (const auto& pair : found->get_object()) {
      // Definitions that nobody refers to may be anything.
      if (pair.value().is_object() || pair.value().is_bool()) {
        node(pair.value(), place.at(word).at(json::escape_pointer(pair.key())));
      }
    }
  }
}

void Compiler::resolve_pending(const Pending& pending) {
  const auto target = resolve(pending.place.base, pending.reference);
  if (!target) return wrong(pending.place, target.error());
  const auto resource = resources_.find(target->resource);
  if (resource == resources_.end()) {
    return wrong(
        pending.place,
        make_error(Reason::unsupported,
                   std::format("`{}` is not in this document, and nothing is fetched; put it "
                               "under $defs",
                               pending.reference)));
  }
  const auto& [root, number] = resource->second;
  const std::string& fragment = target->fragment;
  const bool pointer = fragment.empty() || fragment.starts_with('/');
  const Node* found = nullptr;
  if (pointer) {
    const value* source = json::at_pointer(*root, fragment);
    if (source) found = node(*source, {target->resource, number, fragment});
  } else if (const auto at = anchors_.find({target->resource, fragment}); at != anchors_.end()) {
    found = at->second;
  }
  if (!found) return wrong(pending.place, std::format("`{}` leads nowhere", pending.reference));
  Reference& reference = pending.node->references[pending.index];
  reference.target = found;
  if (!pending.dynamic) return;
  // Only one that lands on a dynamic anchor is caught on the way.
  for (const std::string& name : {fragment, std::string(kRecursive)}) {
    const auto at = graph_.dynamic_anchors.find({found->resource, name});
    if (at != graph_.dynamic_anchors.end() && at->second == found &&
        !(name == fragment && pointer)) {
      reference.anchor = name;
      break;
    }
  }
}

Result<void> Compiler::run() {
  if (const auto* o = graph_.source.if_object()) {
    if (const auto dialect = json::string_at(*o, "$schema"); !dialect.empty()) {
      WEFT_TRY(draft_, draft_of(dialect));
    }
  }
  const Place root{std::string(kNoBase), 0, ""};
  resources_[root.base] = {&graph_.source, 0};
  graph_.root = node(graph_.source, root);
  while (!pending_.empty() && !error_) {
    const Pending next = std::move(pending_.front());
    pending_.pop_front();
    resolve_pending(next);
  }
  if (error_) return fail(std::move(*error_));
  return {};
}

}  // namespace

Result<std::unique_ptr<Graph>> compile(const json::value& source) {
  if (depth_of(source, kSchemaDepthMax) > kSchemaDepthMax) {
    return fail(Reason::too_large,
                std::format("the JSON Schema is nested deeper than {}", kSchemaDepthMax));
  }
  if (const std::size_t bytes = json::write(source).size(); bytes > kSchemaBytesMax) {
    return fail(Reason::too_large,
                std::format("the JSON Schema is {} bytes long; at most {} are read", bytes,
                            kSchemaBytesMax));
  }
  auto graph = std::make_unique<Graph>();
  graph->source = source;
  WEFT_CHECK(Compiler(*graph).run());
  return graph;
}

}  // namespace weft::schema
