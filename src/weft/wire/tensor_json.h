// Tensors as JSON, for callers that know none, and a model's signature as a JSON Schema
// (protocols.md §14.4.3). Owned by wire; pure.
//
//   {"input-0": {"datatype": "FP32", "shape": [2, 4], "data": [6.8, 2.8, …]}}   any rank
//   {"input-0": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}, {"text": ["a"]}, {"age": 3}   short
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/wire/oip.h"

namespace weft::wire {

/// A tensor as a model says it takes or gives it.
struct TensorSpec {
  std::string name;
  TensorType type = TensorType::fp32;
  std::vector<std::int64_t> shape;  ///< -1: of any size
  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  /// The columns of a model of tables, in their order; its only input is all of them.
  std::vector<std::string> features;
  friend bool operator==(const Signature&, const Signature&) = default;
};

/// What a model says of itself: `inputs` and `outputs` (name, datatype, shape), `features` (names;
/// or their number, with `feature_names`). Errors: Reason::invalid_argument with the tensor.
Result<Signature> read_signature(const json::object& about);
/// `[{"name":…,"datatype":…,"shape":[…]}]`, as the protocol's metadata has them.
json::array to_json(const std::vector<TensorSpec>& tensors);

/// The schema of the object that tensors_of_json() reads; an open object for a model that names no
/// inputs.
json::object input_schema_of(const Signature& signature);
/// The schema of what json_of_tensors() writes of these tensors.
json::object output_schema_of(const std::vector<TensorSpec>& outputs);

/// The inputs: each by its name in any of the forms above (a missing first dimension is 1), or all
/// features by their names (a number, or a list with one for each row). What a model without a
/// signature is given names its own datatype. Errors: Reason::invalid_argument, with the place.
Result<std::vector<OipTensor>> tensors_of_json(const Signature& signature, const json::value& args);
/// The short form up to rank 1, else the whole; whole numbers beyond 2^53 as text, texts that are
/// no UTF-8 as `{"b64":…}`, and null for what is no number.
json::object json_of_tensors(const std::vector<OipTensor>& tensors);
/// One element after the other, without the shape.
json::array json_of_elements(const OipTensor& tensor);

/// The elements of a BYTES tensor (which fits its shape: check_tensor()).
std::vector<std::string_view> texts_of(const OipTensor& tensor);
/// A BYTES tensor.
OipTensor tensor_of_texts(std::string name, std::vector<std::int64_t> shape,
                          const std::vector<std::string_view>& texts);

}  // namespace weft::wire
