#include "weft/ml/serving/solution_id.h"

#include <format>
#include <span>

#include "weft/base/hex.h"
#include "weft/base/ids.h"
#include "weft/base/limits.h"
#include "weft/wire/digest.h"

namespace weft::ml {
namespace {

constexpr std::size_t kMarkBytes = 4;

/// Empty where not all of it fits.
std::string whole_slug(std::string_view text) {
  return text.size() > kSolutionIdCharsMax ? std::string() : slug(text);
}

}  // namespace

std::string solution_id_of(std::string_view owner, std::string_view name,
                           const std::function<bool(std::string_view)>& taken) {
  for (const std::string& each :
       {whole_slug(name), whole_slug(std::format("{}-{}", name, owner))}) {
    if (!each.empty() && !taken(each)) return each;
  }
  // Chance decides for nobody: the same endpoint has the same mark in every life.
  for (std::size_t attempt = 0;; ++attempt) {
    const auto digest = wire::sha256(std::format("{}\n{}\n{}", owner, name, attempt));
    const std::string mark = hex(std::span(digest).first(kMarkBytes));
    std::string begin = slug(name).substr(0, kSolutionIdCharsMax - mark.size() - 1);
    std::string out = slug(std::format("{}-{}", begin, mark));
    if (!taken(out)) return out;
  }
}

}  // namespace weft::ml
