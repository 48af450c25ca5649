// The query form of AWS's services: parameters as `Dimensions.member.1.Name=…` to JSON, and JSON to
// the XML of their answers ("AWS Query protocol" of Smithy). Owned by adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::sagemaker {

/// What a form asks for.
struct Form {
  std::string action;
  std::string version;
  json::object parameters;
};

/// `Action` and `Version` alone: whose the form is.
Result<Form> read_form_names(std::string_view text);
/// All of it. `shape` says what is a number, a list, a time; kNone (or no shapes): every value is a
/// string, `.member.N` a list and `.entry.N` a map. What is no number where one should be stays a
/// string, for check_shape() to name. Errors: Reason::invalid_argument (too many, too deep, a list
/// whose elements have no numbers).
Result<Form> read_form(std::string_view text, const Shapes* shapes, std::uint16_t shape);

/// The members of an answer as XML elements.
void write_xml(std::string& out, const json::object& object, const Shapes* shapes,
               std::uint16_t shape);

}  // namespace weft::adapters::sagemaker
