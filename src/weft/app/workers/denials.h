// Which system calls a program in its sandbox was refused, as the kernel tells
// (seccomp_unotify(2)): each waits for the answer given here, which is no. Owned by the program;
// one loop.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "weft/base/file.h"
#include "weft/net/handle.h"

namespace weft::app {

class Denials {
 public:
  /// Tells the name of each kind once. After kDenialsMax in all the kernel refuses what follows by
  /// itself (ENOSYS): that is told with an empty name.
  using Told = std::move_only_function<void(std::string_view name)>;

  Denials(net::Poller& poller, File listener, Told told);

 private:
  void look();
  bool answer_one();

  Told told_;
  std::vector<std::string_view> names_;
  std::size_t count_ = 0;
  std::vector<std::byte> asked_;
  std::vector<std::byte> said_;
  net::Handle listener_;
};

}  // namespace weft::app
