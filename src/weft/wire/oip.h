// Open Inference Protocol (KServe V2): inference requests and answers, JSON and binary tensors
// (open_inference_rest.yaml; Triton's "Binary Tensor Data Extension"). Owned by wire; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::wire {

enum class TensorType : std::uint8_t {
  boolean,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  fp16,
  bf16,
  fp32,
  fp64,
  bytes,
};
/// `BOOL`, `UINT8` … `FP64`, `BYTES`.
std::string_view to_string(TensorType type);
std::optional<TensorType> tensor_type_from(std::string_view word);
/// Of one element; 0 for BYTES.
std::size_t element_bytes(TensorType type);

/// Row-major, little endian; an element of BYTES is a u32 length and the bytes.
struct OipTensor {
  std::string name;
  TensorType type = TensorType::fp32;
  std::vector<std::int64_t> shape;
  std::string bytes;
  json::object parameters;  ///< without those of the binary form
  friend bool operator==(const OipTensor&, const OipTensor&) = default;
};

/// The number of elements; nothing when a dimension is negative or there are more than can be.
std::optional<std::uint64_t> elements_of(const std::vector<std::int64_t>& shape);
/// Whether the bytes are as many as type and shape say. Errors: Reason::invalid_argument naming the
/// tensor.
Result<void> check_tensor(const OipTensor& tensor);

struct OipOutput {
  std::string name;
  std::optional<bool> binary;  ///< as `binary_data` says; nothing: as the request says
  json::object parameters;
  friend bool operator==(const OipOutput&, const OipOutput&) = default;
};
/// It has a name, and asks for nothing that is not served. Errors: Reason::invalid_argument.
Result<void> check_output(const OipOutput& output);

struct OipRequest {
  std::string id;
  json::object parameters;  ///< without `binary_data_output`
  std::vector<OipTensor> inputs;
  std::vector<OipOutput> outputs;  ///< empty: all
  bool binary_output = false;
  friend bool operator==(const OipRequest&, const OipRequest&) = default;
};

struct OipResponse {
  std::string model;
  std::string version;
  std::string id;
  json::object parameters;
  std::vector<OipTensor> outputs;
  friend bool operator==(const OipResponse&, const OipResponse&) = default;
};

/// A length as Inference-Header-Content-Length has it: digits alone; else nothing.
std::optional<std::size_t> oip_json_bytes(std::string_view text);

/// `json_bytes` is Inference-Header-Content-Length; nothing: all of the body is JSON. Errors:
/// Reason::invalid_argument with the tensor and what is wrong with it.
Result<OipRequest> read_oip_request(std::string_view body, std::optional<std::size_t> json_bytes);
Result<OipResponse> read_oip_response(std::string_view body, std::optional<std::size_t> json_bytes);

/// A body, and how many bytes of it are JSON where tensors follow it.
struct OipBody {
  std::string body;
  std::optional<std::size_t> json_bytes;
};

/// `binary`: all tensors follow the JSON.
OipBody write_oip(const OipRequest& request, bool binary);
/// Each output in the form that `asked` wants it in (FP16, BF16 and BYTES that are not UTF-8 always
/// follow the JSON: they have no form in it).
OipBody write_oip(const OipResponse& response, const OipRequest& asked);

}  // namespace weft::wire
