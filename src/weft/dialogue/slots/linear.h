// Logistic regression over hashed features: many small questions ("is this span the value of that
// slot?") share one table of weights. Owned by whoever read it; immutable, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/slots/tokens.h"

namespace weft::dialogue {

/// What is asked: features of one question mean nothing to another.
enum class Question : std::uint8_t { act = 1, skill, ends, request, fill, keep, carry };

/// The features of one case, as they are collected.
class Features {
 public:
  void begin(Question question) {
    ids_.clear();
    seed_ = static_cast<std::uint64_t>(question) << 56U;
    add(0);
  }
  void add(std::uint64_t form, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    const std::uint64_t mixed = mix(mix(mix(seed_ + form, a), b), c);
    ids_.push_back(static_cast<std::uint32_t>(mixed >> 24U));
  }
  std::span<const std::uint32_t> ids() const { return ids_; }

 private:
  std::vector<std::uint32_t> ids_;
  std::uint64_t seed_ = 0;
};

class LinearModel {
 public:
  /// 2^bits weights, in steps of `scale`.
  LinearModel(unsigned bits, float scale, std::vector<std::int16_t> weights)
      : mask_((1U << bits) - 1), scale_(scale), weights_(std::move(weights)) {}
  /// What write() wrote. Errors: Reason::invalid_argument.
  static Result<LinearModel> read(std::string_view bytes);
  std::string write() const;

  /// The logarithm of the odds.
  float score(std::span<const std::uint32_t> features) const {
    std::int64_t sum = 0;
    for (const std::uint32_t feature : features) sum += weights_[feature & mask_];
    return static_cast<float>(sum) * scale_;
  }
  float probability(const Features& features) const;
  std::size_t bytes() const { return weights_.size() * sizeof(std::int16_t); }

 private:
  std::uint32_t mask_;
  float scale_;
  std::vector<std::int16_t> weights_;
};

float logistic(float score);
/// A probability as one of six steps, to be a feature of another question.
std::uint64_t step_of(float probability);

}  // namespace weft::dialogue
