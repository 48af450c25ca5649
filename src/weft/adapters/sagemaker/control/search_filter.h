// The expressions of Search, over things as Describe shows them. Owned by adapters/sagemaker; pure.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/sagemaker/control/members.h"
#include "weft/base/json.h"

namespace weft::adapters::sagemaker {

/// `SearchExpression`, read once for many documents. A document is what Describe answers, with the
/// tags as `Tags: [{Key, Value}]`.
class SearchFilter {
 public:
  /// `structure`: whose members properties are. Errors: a property that is none, a value that is no
  /// number or time where the operator needs one, more conditions than can be.
  static Translated<SearchFilter> create(const json::object* expression,
                                         std::string_view structure);
  SearchFilter(SearchFilter&&) noexcept;
  SearchFilter& operator=(SearchFilter&&) noexcept;
  ~SearchFilter();

  bool matches(const json::object& document) const;

 private:
  struct Expression;
  explicit SearchFilter(std::unique_ptr<Expression> expression);
  std::unique_ptr<Expression> expression_;
};

/// The structure of model packages, which weft has not, and whose shape is in none of its tables.
inline constexpr std::string_view kPackageStructure = "ModelPackage";

/// Whether `name` is a property of things that have this structure: its first word is a member.
bool is_property(std::string_view name, std::string_view structure);

/// A property's value for sorting: numbers before texts, what has none last.
struct SortKey {
  int kind = 2;
  double number = 0;
  std::string text;
  friend std::partial_ordering operator<=>(const SortKey&, const SortKey&) = default;
  friend bool operator==(const SortKey&, const SortKey&) = default;
};
SortKey sort_key_of(const json::object& document, std::string_view property);

}  // namespace weft::adapters::sagemaker
