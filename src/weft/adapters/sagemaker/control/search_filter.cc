#include "weft/adapters/sagemaker/control/search_filter.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/control/limits.h"

namespace weft::adapters::sagemaker {
namespace {

using Values = std::vector<const json::value*>;

std::pair<std::string_view, std::string_view> cut(std::string_view path) {
  const auto dot = std::min(path.find('.'), path.size());
  return {path.substr(0, dot), path.substr(std::min(dot + 1, path.size()))};
}

/// What stands at the path, in each element of lists on the way.
void collect(const json::value& value, std::string_view path, Values& out) {
  if (value.is_array()) {
    for (const json::value& each : value.get_array()) collect(each, path, out);
  } else if (path.empty()) {
    out.push_back(&value);
  } else if (value.is_object()) {
    // A name may hold dots itself: that of a hyper-parameter.
    if (const json::value* whole = json::find(value, path)) return collect(*whole, "", out);
    const auto [first, rest] = cut(path);
    const json::value* member = json::find(value, first);
    if (member != nullptr && !rest.empty()) collect(*member, rest, out);
  }
}

/// Of a list of pairs, the values of one key.
void collect_pairs(const json::object& document, std::string_view list, std::string_view key_name,
                   std::string_view key, std::string_view value_name, Values& out) {
  const json::array* pairs = json::array_at(document, list);
  if (pairs == nullptr) return;
  for (const json::value& pair : *pairs) {
    const json::value* name = json::find(pair, key_name);
    const json::value* value = json::find(pair, value_name);
    if (name != nullptr && value != nullptr && name->is_string() && name->get_string() == key)
      out.push_back(value);
  }
}

Values values_of(const json::object& document, std::string_view property) {
  Values out;
  const auto [first, rest] = cut(property);
  if (first == "Tags" && !rest.empty()) {
    collect_pairs(document, "Tags", "Key", rest, "Value", out);
  } else if (first == "Metrics" && !rest.empty()) {
    collect_pairs(document, "FinalMetricDataList", "MetricName", rest, "Value", out);
  } else if (const json::value* member = json::find(document, first)) {
    collect(*member, rest, out);
  }
  return out;
}

std::optional<double> number_in(std::string_view text) {
  double out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

/// A value as a number; a text that is one too (hyper-parameters are texts).
std::optional<double> number_of(const json::value& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_string()) return number_in(value.get_string());
  return std::nullopt;
}

bool is_time(std::string_view property) { return property.ends_with("Time"); }

enum class Operator : std::uint8_t {
  equals,
  not_equals,
  greater,
  greater_or_equal,
  less,
  less_or_equal,
  contains,
  exists,
  not_exists,
  in,
};

struct Word {
  std::string_view text;
  Operator means;
};
constexpr Word kWords[] = {
    {"Equals", Operator::equals},        {"NotEquals", Operator::not_equals},
    {"GreaterThan", Operator::greater},  {"GreaterThanOrEqualTo", Operator::greater_or_equal},
    {"LessThan", Operator::less},        {"LessThanOrEqualTo", Operator::less_or_equal},
    {"Contains", Operator::contains},    {"Exists", Operator::exists},
    {"NotExists", Operator::not_exists}, {"In", Operator::in},
};

bool compares(Operator by) {
  return by == Operator::greater || by == Operator::greater_or_equal || by == Operator::less ||
         by == Operator::less_or_equal;
}

struct Condition {
  std::string property;
  Operator by = Operator::equals;
  std::string text;
  std::optional<double> number;  ///< the text as one, or as a point in time

  bool is(const json::value& value) const {
    if (value.is_bool()) return text == (value.get_bool() ? "true" : "false");
    if (value.is_string()) return value.get_string() == text;
    const auto own = number_of(value);
    return own && number && *own == *number;
  }

  bool holds_for(const json::value& value) const {
    switch (by) {
      case Operator::equals:
      case Operator::not_equals: return is(value);
      case Operator::contains:
        return value.is_string() && std::string_view(value.get_string()).contains(text);
      case Operator::in: return value.is_string() && among(value.get_string());
      case Operator::exists:
      case Operator::not_exists: return true;
      default: break;
    }
    const auto own = number_of(value);
    if (!own || !number) return false;
    if (by == Operator::greater) return *own > *number;
    if (by == Operator::greater_or_equal) return *own >= *number;
    return by == Operator::less ? *own < *number : *own <= *number;
  }

  bool among(std::string_view value) const {
    for (std::string_view rest = text;;) {
      const auto comma = std::min(rest.find(','), rest.size());
      if (rest.substr(0, comma) == value) return true;
      if (comma == rest.size()) return false;
      rest.remove_prefix(comma + 1);
    }
  }

  bool matches(const json::object& document) const {
    const Values values = values_of(document, property);
    const bool any =
        std::ranges::any_of(values, [&](const json::value* value) { return holds_for(*value); });
    return by == Operator::not_equals || by == Operator::not_exists ? !any : any;
  }
};

/// All conditions hold for one element of a list.
struct Nested {
  std::string property;
  std::vector<Condition> conditions;

  bool matches(const json::object& document) const {
    const auto [first, rest] = cut(property);
    const json::array* list = json::array_at(document, first);
    if (list == nullptr || !rest.empty()) return false;
    return std::ranges::any_of(*list, [&](const json::value& element) {
      const json::object alone{{first, element}};
      return std::ranges::all_of(conditions,
                                 [&](const Condition& each) { return each.matches(alone); });
    });
  }
};

}  // namespace

struct SearchFilter::Expression {
  std::vector<Condition> conditions;
  std::vector<Nested> nested;
  std::vector<Expression> parts;
  bool any = false;  ///< Or

  bool matches(const json::object& document) const {
    const bool empty = conditions.empty() && nested.empty() && parts.empty();
    if (empty) return true;
    const auto fits = [&](const auto& each) { return each.matches(document); };
    if (any) {
      return std::ranges::any_of(conditions, fits) || std::ranges::any_of(nested, fits) ||
             std::ranges::any_of(parts, fits);
    }
    return std::ranges::all_of(conditions, fits) && std::ranges::all_of(nested, fits) &&
           std::ranges::all_of(parts, fits);
  }
};

namespace {

class Reader {
 public:
  explicit Reader(std::string_view structure) : structure_(structure) {}

  template <class Expression>
  Expression expression(const json::object& given) {
    Expression out;
    out.any = json::string_at(given, "Operator") == "Or";
    out.conditions = conditions(given);
    each_at(given, "NestedFilters", [&](const json::object& nested) {
      Nested one{.property = property(text_at(nested, "NestedPropertyName")),
                 .conditions = conditions(nested)};
      out.nested.push_back(std::move(one));
    });
    each_at(given, "SubExpressions", [&](const json::object& part) {
      if (!wrong) out.parts.push_back(expression<Expression>(part));
    });
    return out;
  }

  std::string wrong_text() const { return wrong.value_or(""); }
  std::optional<std::string> wrong;

 private:
  std::string property(std::string name) {
    if (!is_property(name, structure_)) say(std::format("Unknown property name: {}", name));
    return name;
  }

  void say(std::string text) {
    if (!wrong) wrong = std::move(text);
  }

  std::vector<Condition> conditions(const json::object& given) {
    std::vector<Condition> out;
    each_at(given, "Filters", [&](const json::object& filter) {
      if (++count_ > kSearchConditionsMax)
        return say(std::format("more than {} filters in one search", kSearchConditionsMax));
      out.push_back(condition(filter));
    });
    return out;
  }

  Condition condition(const json::object& filter) {
    Condition out;
    out.property = property(text_at(filter, "Name"));
    const std::string_view word = json::string_at(filter, "Operator");
    const auto known = std::ranges::find(kWords, word, &Word::text);
    if (known != std::end(kWords)) out.by = known->means;
    out.text = text_at(filter, "Value");
    out.number = is_time(out.property) ? from_iso8601(out.text) : number_in(out.text);
    const bool bare = out.by == Operator::exists || out.by == Operator::not_exists;
    if (!bare && json::find(filter, "Value") == nullptr)
      say(std::format("the filter on {} has no Value", out.property));
    if (!out.number && (compares(out.by) || (is_time(out.property) && !bare))) {
      say(std::format("the filter on {}: `{}` is no {}", out.property, out.text,
                      is_time(out.property) ? "point in time (2026-11-26T09:00:00)" : "number"));
    }
    return out;
  }

  std::string_view structure_;
  std::size_t count_ = 0;
};

}  // namespace

SearchFilter::SearchFilter(std::unique_ptr<Expression> expression)
    : expression_(std::move(expression)) {}
SearchFilter::SearchFilter(SearchFilter&&) noexcept = default;
SearchFilter& SearchFilter::operator=(SearchFilter&&) noexcept = default;
SearchFilter::~SearchFilter() = default;

Translated<SearchFilter> SearchFilter::create(const json::object* expression,
                                              std::string_view structure) {
  Reader reader(structure);
  auto read = std::make_unique<Expression>(
      expression == nullptr ? Expression() : reader.expression<Expression>(*expression));
  if (reader.wrong) return invalid(*std::move(reader.wrong));
  return SearchFilter(std::move(read));
}

bool SearchFilter::matches(const json::object& document) const {
  return expression_->matches(document);
}

namespace {

/// botocore's members of ModelPackage.
constexpr std::string_view kOfPackages[] = {
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageRegistrationType",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "SourceAlgorithmSpecification",
    "ValidationSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "CreatedBy",
    "MetadataProperties",
    "ModelMetrics",
    "LastModifiedTime",
    "LastModifiedBy",
    "ApprovalDescription",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "AdditionalInferenceSpecifications",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "SkipModelValidation",
};

}  // namespace

bool is_property(std::string_view name, std::string_view structure) {
  const std::string_view first = cut(name).first;
  if (first == "Tags" || first == "Metrics") return true;
  if (structure == kPackageStructure) return std::ranges::contains(kOfPackages, first);
  const Shapes& shapes = sagemaker_shapes();
  const auto shape = std::ranges::find(shapes.shapes, structure, &Shape::name);
  if (shape == shapes.shapes.end()) return false;
  return std::ranges::find(shapes.members_of(*shape), first, &Shape::Member::name) !=
         shapes.members_of(*shape).end();
}

SortKey sort_key_of(const json::object& document, std::string_view property) {
  const Values values = values_of(document, property);
  if (values.empty()) return {};
  if (const auto number = number_of(*values[0])) return {.kind = 0, .number = *number, .text = ""};
  return {.kind = 1,
          .number = 0,
          .text = values[0]->is_string() ? std::string(values[0]->get_string())
                                         : json::write(*values[0])};
}

}  // namespace weft::adapters::sagemaker
