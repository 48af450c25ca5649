// Where one loop finds the workers of an endpoint. Made by the deployment; from then on its loop
// only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/ml/serving/choice.h"
#include "weft/ml/serving/link_client.h"
#include "weft/ml/serving/serving_metrics.h"

namespace weft::ml {

class Routes {
 public:
  struct Variant {
    std::string name;
    std::shared_ptr<const ServingMetrics> metrics;
    /// To each of its workers that could be asked when it was added.
    std::vector<std::shared_ptr<LinkClient>> links;
    std::size_t last = 0;  ///< the one that was asked last
  };
  Routes(std::vector<Variant> variants, std::span<const double> weights);

  struct Way {
    Variant* variant = nullptr;
    LinkClient* link = nullptr;
  };
  /// The variant of that name, or by weight among those that can be asked; of its workers the one
  /// with the fewest requests, in turn where several have as few. Errors: Reason::invalid_argument
  /// for a variant that is none, Reason::unavailable.
  Result<Way> choose(std::string_view variant);

  void add(std::size_t variant, std::shared_ptr<LinkClient> link);
  /// No request goes there any more.
  void remove(const LinkClient& link);
  void set_weights(std::span<const double> weights) { by_weight_.set(weights); }

 private:
  Result<Variant*> variant_of(std::string_view name);

  std::vector<Variant> variants_;
  SmoothChoice by_weight_;
};

}  // namespace weft::ml
