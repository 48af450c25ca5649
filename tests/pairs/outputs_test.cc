// Law 2 over all pairs: what comes out is what went in but for the losses reported, and what is
// reported lost does differ.
#include "claims.h"
#include "pairs.h"
#include "weft/model/generate.h"

namespace weft::pairs {
namespace {

class Outputs : public OverPairs {
 protected:
  /// One answer of the seed, as the result of a tool or of a conversation.
  void cross(std::uint32_t seed, bool talk, model::Reply reply) {
    model::Generate random(seed);
    chain_.stage().set({.events = {}, .outcome = random.real_output(), .waits = false});
    const auto run = static_cast<std::int64_t>(seed);
    const Told told = chain_.tell(talk ? chain_.with_words("talk", "hello", reply)
                                       : chain_.with_args("play", {{"run", run}}, reply));
    const std::string fault = broken_law(told.hops);
    if (!fault.empty()) ADD_FAILURE() << "seed " << seed << ", " << fault;
  }
};

constexpr std::uint32_t kSeeds = 300;

TEST_P(Outputs, ComeAsTheyWereButForWhatIsReported) {
  for (std::uint32_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    for (const bool talk : {false, true}) {
      cross(seed, talk, model::Reply::unary);
      cross(seed, talk, model::Reply::stream);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Outputs, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
