// Buckets with owners: whoever makes a bucket is the only one who sees it. Names are everybody's,
// as S3 has them, so that one that is taken can be told from one's own. Owned by app; any loop.
//
// A bucket that nobody is known to have made (a folder that was put there by hand, one that was in
// another store before the hub came) is `local`'s.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/store/objects.h"

namespace weft::store {
class Tables;
}

namespace weft::ml {

class OwnedObjects {
 public:
  /// Both outlive it, and it outlives what of() gave. `of_store` says which store it is: whoever
  /// made a bucket in one has none of its name in another. Empty: the folder on this machine.
  OwnedObjects(store::Objects& all, store::Tables& tables, std::string_view of_store = {});
  ~OwnedObjects();
  /// Reads who owns what; before anything is asked.
  Awaitable<Result<void>> start();

  /// The objects as this principal may see them. Errors besides those of store::Objects:
  /// Reason::permission_denied for a bucket that another one made (make_bucket() then has
  /// Code::already_exists with that reason), Code::aborted for one that is being made right now,
  /// and
  /// `/bucket` as the parameter of a name that is none.
  std::shared_ptr<store::Objects> of(std::string owner) const;
  /// Who made the bucket, whether it is still there or not.
  std::string owner_of(std::string_view bucket) const;

 private:
  struct State;
  class View;
  std::shared_ptr<State> state_;
};

}  // namespace weft::ml
