// ONNX Runtime's C interface as values. Owned by the worker; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/wire/oip.h"

namespace weft::ml::onnx {

/// What a model takes or gives.
struct Port {
  std::string name;
  wire::TensorType type = wire::TensorType::fp32;
  std::vector<std::int64_t> shape;  ///< -1: of any size
  /// An output that is a map for each row (class to score), as classifiers have it: given as one
  /// tensor [rows, classes].
  bool maps = false;
};

/// Row-major; an element of BYTES is a u32 length and the bytes (wire/oip.h).
struct TensorView {
  wire::TensorType type = wire::TensorType::fp32;
  std::span<const std::int64_t> shape;
  std::string_view bytes;
};

class Session {
 public:
  /// On the processor alone, with so many threads that sleep when there is nothing to do. What the
  /// file refers to lies beside it: call check_model() before. Errors: Reason::invalid_argument
  /// with ONNX Runtime's own words, or an input or output that is no tensor.
  static Result<Session> load(const std::filesystem::path& file, int threads);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  const std::vector<Port>& inputs() const;
  const std::vector<Port>& outputs() const;
  /// The classes of the maps that the last run gave, in their order.
  const std::vector<std::string>& classes() const;

  /// The outputs of these numbers, for inputs in the model's order; valid until the next run.
  /// Errors: Reason::invalid_argument with the operator that does not take its values.
  Result<std::span<const TensorView>> run(std::span<const TensorView> inputs,
                                          std::span<const std::size_t> outputs);

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::ml::onnx
