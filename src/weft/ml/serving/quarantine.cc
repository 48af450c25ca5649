#include "weft/ml/serving/quarantine.h"

#include <algorithm>
#include <csignal>
#include <format>

#include "weft/ml/serving/limits.h"

namespace weft::ml {

bool crashed(const WorkerEnd& end) {
  if (end.out_of_memory) return false;
  switch (end.signal) {
    case SIGSEGV:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGSYS:
    case SIGTRAP: return true;
    default: return false;
  }
}

void Quarantine::note_crash(std::string_view model, const WorkerEnd& end, SteadyTime now) {
  std::erase_if(records_,
                [now](const auto& each) { return now - each.second.last >= kQuarantine; });
  Record& record = records_[std::string(model)];
  ++record.crashes;
  record.how = end.str();
  record.last = now;
}

SteadyTime::duration Quarantine::left(std::string_view model, SteadyTime now) const {
  const auto at = records_.find(model);
  if (at == records_.end() || at->second.crashes < kCrashesMax) return {};
  return std::max(at->second.last + kQuarantine - now, SteadyTime::duration::zero());
}

Result<void> Quarantine::allows(std::string_view model, SteadyTime now) const {
  const auto wait = left(model, now);
  if (wait <= SteadyTime::duration::zero()) return {};
  const Record& record = records_.find(model)->second;
  Error error = make_error(
      Reason::invalid_argument,
      std::format(
          "the model is in quarantine: {} workers crashed when they loaded these files (the "
          "last by {}), so no other loads them for {} s; mend the files or the "
          "environment, or wait",
          record.crashes, record.how, std::chrono::ceil<std::chrono::seconds>(wait).count()));
  error.code = Code::failed_precondition;
  return fail(std::move(error));
}

}  // namespace weft::ml
