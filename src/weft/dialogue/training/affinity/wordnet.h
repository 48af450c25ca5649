// The definitions of a dictionary (WordNet 3, its `data.*` files), as sentences to learn words
// from. Owned by the training of affinities; one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "weft/base/result.h"

namespace weft::dialogue {

struct Definitions {
  /// The words of an entry, what it means, and the entries that it leads to.
  std::vector<std::string> entries;
  std::vector<std::string> uses;  ///< sentences that show how it is used
};

/// Entries of proper names are left out. Errors: Reason::invalid_argument (a file is missing, or a
/// line of it is no entry).
Result<Definitions> read_wordnet(const std::filesystem::path& folder);

}  // namespace weft::dialogue
