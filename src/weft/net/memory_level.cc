#include "weft/net/memory_level.h"

namespace weft::net {

Error short_of_memory() {
  Error out = make_error(Reason::unavailable, "weft is short of memory; try again shortly");
  out.retry_after = std::chrono::seconds(1);
  return out;
}

}  // namespace weft::net
