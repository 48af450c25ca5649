// What a model's archive holds, by the names in it and the first bytes of what lies at its top.
// Owned by who looks; pure; one thread. Archives come from anybody: how much of one is looked at
// has limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/ml/algorithms/recognise.h"

namespace weft::ml {

class ArchiveLook {
 public:
  /// The next bytes of the tar. Errors: Reason::invalid_argument for what is no tar;
  /// Reason::too_large for more entries or bytes than a worker would unpack.
  Result<void> take(std::string_view bytes);

  /// Of what has been taken, as the archive of this name. Errors: as recognise_model().
  Result<ModelFile> answer(std::string_view name) const;

 private:
  struct Seen {
    std::string name;
    std::string head;
  };
  Result<void> begin_entry();
  /// A program of the user's own; nothing without one.
  const Seen* named(std::string_view name) const;
  Result<ModelFile> of_files(std::string_view name) const;
  std::unexpected<Error> no_model(std::string_view name) const;

  std::string block_;       ///< of an entry's beginning, as far as it has come
  std::uint64_t left_ = 0;  ///< of the entry's bytes
  std::size_t padding_ = 0;
  bool kept_ = false;  ///< whether the entry's bytes are looked at
  bool over_ = false;
  std::vector<Seen> files_;
  std::size_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace weft::ml
