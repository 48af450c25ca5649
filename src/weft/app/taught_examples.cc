#include "weft/app/taught_examples.h"

#include <algorithm>
#include <format>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/words.h"
#include "weft/store/tables.h"

namespace weft::app {
namespace {

const std::string kSpace = "examples";
constexpr std::size_t kPage = 500;

}  // namespace

Awaitable<Result<void>> TaughtExamples::load() {
  std::string after;
  while (true) {
    std::string from = after;
    WEFT_CO_TRY(const auto rows, co_await tables_.scan(kSpace, "", std::move(from), kPage));
    if (rows.empty()) break;
    const std::lock_guard lock(mutex_);
    for (const store::Row& row : rows) {
      auto& list = examples_[row.key];
      const auto* texts = row.value.if_array();
      if (texts == nullptr) continue;
      for (const json::value& each : *texts) {
        if (each.is_string()) list.emplace_back(each.get_string());
      }
    }
    after = rows.back().key;
  }
  co_return Result<void>();
}

Awaitable<Result<std::size_t>> TaughtExamples::add(std::string skill, std::string example) {
  if (dialogue::words_of(example).empty())
    co_return fail(make_argument_error("/example", "the example holds no word"));
  if (example.size() > dialogue::kUtteranceBytesMax) {
    co_return fail(make_argument_error(
        "/example", std::format("the example is longer than the {} bytes that are read of one",
                                dialogue::kUtteranceBytesMax)));
  }
  std::vector<std::string> list = of(skill);
  if (std::ranges::contains(list, example))
    co_return fail(make_argument_error("/example", "the example stands there already"));
  if (list.size() >= dialogue::kTaughtMax) {
    co_return fail(Reason::too_large,
                   std::format("{} has {} examples, which is the limit; take some back first",
                               skill, list.size()));
  }
  list.push_back(std::move(example));
  const std::size_t count = list.size();
  WEFT_CO_CHECK(co_await put(std::move(skill), std::move(list)));
  co_return count;
}

Awaitable<Result<void>> TaughtExamples::remove(std::string skill, std::string example) {
  std::vector<std::string> list = of(skill);
  if (std::erase(list, example) == 0) {
    Error error =
        make_argument_error("/example", std::format("{} was not taught this example", skill));
    error.code = Code::not_found;
    co_return fail(std::move(error));
  }
  auto done = co_await put(std::move(skill), std::move(list));
  co_return done;
}

Awaitable<Result<void>> TaughtExamples::put(std::string skill, std::vector<std::string> examples) {
  json::array texts;
  for (const std::string& each : examples) texts.emplace_back(each);
  std::string key = skill;
  json::value value(std::move(texts));
  WEFT_CO_CHECK(co_await tables_.put(kSpace, std::move(key), std::move(value)));
  const std::lock_guard lock(mutex_);
  examples_[skill] = std::move(examples);
  ++version_;
  co_return Result<void>();
}

std::vector<std::string> TaughtExamples::of(const std::string& skill) const {
  const std::lock_guard lock(mutex_);
  const auto at = examples_.find(skill);
  return at == examples_.end() ? std::vector<std::string>() : at->second;
}

json::value TaughtExamples::to_json() const {
  const std::lock_guard lock(mutex_);
  json::object out;
  for (const auto& [skill, examples] : examples_) {
    if (examples.empty()) continue;
    json::array texts;
    for (const std::string& each : examples) texts.emplace_back(each);
    out[skill] = std::move(texts);
  }
  return out;
}

std::uint64_t TaughtExamples::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace weft::app
