// What the pieces of Endpoints share. Owned by Endpoints; its home.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "weft/ml/serving/endpoints.h"
#include "weft/ml/serving/quarantine.h"

namespace weft::ml {

struct ServingWorld {
  Endpoints::Parts parts;
  /// Workers of all endpoints, those that are planned included.
  std::function<std::size_t()> planned;
  Quarantine quarantine = {};

  Executor home() const { return parts.home; }
  SteadyTime now() const { return parts.clock.steady(); }
  std::shared_ptr<store::Objects> objects_of(const std::string& owner) const;
  /// Errors: Code::resource_exhausted.
  Result<void> room_for(std::size_t more) const;
};

}  // namespace weft::ml
