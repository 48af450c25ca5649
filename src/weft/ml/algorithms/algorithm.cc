#include "weft/ml/algorithms/algorithm.h"

#include <algorithm>

namespace weft::ml {

std::string_view repository_of(std::string_view image) {
  const auto slash = image.rfind('/');
  if (slash != image.npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find_first_of(":@"));
}

const Algorithm* find_algorithm(std::span<const Algorithm> all, std::string_view named) {
  const std::string_view repository = repository_of(named);
  const auto at = std::ranges::find_if(all, [&](const Algorithm& each) {
    return each.name == named || std::ranges::find(each.images, repository) != each.images.end();
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace weft::ml
