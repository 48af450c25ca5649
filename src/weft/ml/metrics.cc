#include "weft/ml/metrics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "weft/base/file.h"
#include "weft/base/log.h"
#include "weft/base/url.h"
#include "weft/base/work_pool.h"
#include "weft/ml/limits.h"
#include "weft/store/files/object_path.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::string_view kEnding = ".points";
constexpr std::size_t kPathBytesMax = 3'000;
constexpr std::size_t kReadsWaitingMax = 1'024;

void add_to(MetricSum& sum, double value) {
  sum.min = sum.count == 0 ? value : std::min(sum.min, value);
  sum.max = sum.count == 0 ? value : std::max(sum.max, value);
  sum.sum += value;
  ++sum.count;
}

void add_to(MetricSum& sum, const MetricSum& more) {
  if (more.count == 0) return;
  sum.min = sum.count == 0 ? more.min : std::min(sum.min, more.min);
  sum.max = sum.count == 0 ? more.max : std::max(sum.max, more.max);
  sum.sum += more.sum;
  sum.count += more.count;
}

class Series final : public MetricSeries {
 public:
  void add(double value, std::int64_t at_ms) override {
    const std::int64_t begin = at_ms - at_ms % kMinuteMs;
    const std::scoped_lock lock(mutex_);
    if (!minutes_.empty() && minutes_.back().begin_ms == begin)
      return add_to(minutes_.back(), value);
    auto at = std::ranges::lower_bound(minutes_, begin, {}, &MetricSum::begin_ms);
    if (at == minutes_.end() || at->begin_ms != begin)
      at = minutes_.insert(at, {.begin_ms = begin});
    add_to(*at, value);
    if (minutes_.size() > kMetricMinutesMax) minutes_.pop_front();
  }

  std::vector<MetricSum> minutes(std::int64_t begin_ms, std::int64_t end_ms) const {
    const std::scoped_lock lock(mutex_);
    const auto first = std::ranges::lower_bound(minutes_, begin_ms, {}, &MetricSum::begin_ms);
    const auto last = std::ranges::lower_bound(minutes_, end_ms, {}, &MetricSum::begin_ms);
    return first < last ? std::vector<MetricSum>(first, last) : std::vector<MetricSum>();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<MetricSum> minutes_;  ///< ascending
};

/// `name=value&…`, both encoded.
std::string text_of(const Dimensions& dimensions) {
  std::string out;
  for (const auto& [name, value] : dimensions) {
    out +=
        std::format("{}{}={}", out.empty() ? "" : "&", percent_encode(name), percent_encode(value));
  }
  return out;
}

/// Of a key's owner; under it a file for each key.
fs::path owner_path(const fs::path& folder, std::string_view owner) {
  fs::path out = folder;
  for (const std::string& name : store::files::names_of_key(percent_encode(owner))) out /= name;
  return out;
}

fs::path path_of(const fs::path& folder, const MetricKey& key) {
  fs::path out = owner_path(folder, key.owner);
  const std::string unit = key.unit.empty() ? "" : "@" + percent_encode(key.unit);
  const std::string rest =
      std::format("{}/{}/{}{}{}", percent_encode(key.space), text_of(key.dimensions),
                  percent_encode(key.name), unit, kEnding);
  for (const std::string& name : store::files::names_of_key(rest)) out /= name;
  return out;
}

/// The key whose file it is; nothing for another file.
std::optional<MetricKey> key_of(std::string_view owner, const fs::path& relative) {
  std::string text;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    const auto piece =
        store::files::key_piece(part->string(), /*folder=*/std::next(part) != relative.end());
    if (!piece) return std::nullopt;
    text += *piece;
  }
  const auto first = text.find('/');
  const auto second = first == text.npos ? first : text.find('/', first + 1);
  if (second == text.npos || !text.ends_with(kEnding)) return std::nullopt;
  const auto space = percent_decode(text.substr(0, first));
  const std::string file = text.substr(second + 1, text.size() - second - 1 - kEnding.size());
  const auto at = std::min(file.find('@'), file.size());
  const auto name = percent_decode(file.substr(0, at));
  const auto unit = percent_decode(file.substr(std::min(at + 1, file.size())));
  if (!space || !name || !unit) return std::nullopt;
  MetricKey out{
      .owner = std::string(owner), .space = *space, .name = *name, .dimensions = {}, .unit = *unit};
  for (auto& [key, value] : parse_query(text.substr(first + 1, second - first - 1)))
    out.dimensions.emplace(std::move(key), std::move(value));
  return out;
}

/// `1732600000123 0.5`
std::optional<MetricValue> value_of(std::string_view line) {
  MetricValue out;
  const auto space = line.find(' ');
  if (space == line.npos) return std::nullopt;
  const std::string_view at = line.substr(0, space);
  const std::string_view value = line.substr(space + 1);
  const auto time = std::from_chars(at.data(), at.data() + at.size(), out.at_ms);
  const auto number = std::from_chars(value.data(), value.data() + value.size(), out.value);
  const bool whole = time.ec == std::errc() && time.ptr == at.data() + at.size() &&
                     number.ec == std::errc() && number.ptr == value.data() + value.size();
  return whole ? std::optional(out) : std::nullopt;
}

std::vector<MetricValue> points_in(const fs::path& path) {
  std::vector<MetricValue> out;
  const auto text = read_file(path, kMetricFileBytesMax);
  if (!text) return out;
  for (std::size_t at = 0; at < text->size();) {
    const auto end = std::min(text->find('\n', at), text->size());
    if (auto value = value_of(std::string_view(*text).substr(at, end - at))) out.push_back(*value);
    at = end + 1;
  }
  return out;
}

/// Behind what is there; a line that a crash cut short stays alone.
Result<void> append_points(const fs::path& path, const std::vector<MetricValue>& values) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail(file_error("make", path.parent_path(), error.value()));
  File file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.descriptor() < 0) return fail(file_error("open", path, errno));
  WEFT_TRY(const struct stat of, file.status());
  const auto size = static_cast<std::uint64_t>(of.st_size);
  std::string text;
  if (size > 0) {
    WEFT_TRY(const std::string last, file.read(size - 1, 1));
    if (last != "\n") text += '\n';
  }
  for (const MetricValue& each : values) text += std::format("{} {}\n", each.at_ms, each.value);
  if (size + text.size() > kMetricFileBytesMax)
    return fail(Reason::storage_full, "more points than are kept of one metric; these are lost");
  return file.write(text, path);
}

bool among(const Dimensions& some, const Dimensions& all) {
  return std::ranges::all_of(some, [&](const auto& each) {
    const auto at = all.find(each.first);
    return at != all.end() && at->second == each.second;
  });
}

}  // namespace

struct Metrics::State {
  explicit State(fs::path folder_in) : folder(std::move(folder_in)) {}

  /// What is known of a key: counted, kept on disk, or both.
  struct Entry {
    std::shared_ptr<Series> series;
    bool kept = false;
  };

  const fs::path folder;
  /// Held while files are written or read, so that a point is seen once: in its file or in
  /// `unwritten`. Taken before `mutex`.
  mutable std::mutex files;
  mutable std::mutex mutex;
  std::map<MetricKey, Entry> entries;
  std::map<std::string, std::size_t, std::less<>> keys_of;  ///< how many by owner
  std::set<std::string, std::less<>> walked;                ///< owners whose files are in `entries`
  std::map<MetricKey, std::vector<MetricValue>> unwritten;
  std::size_t unwritten_count = 0;
  std::condition_variable_any more;
  std::jthread writer;  ///< begun with the first point; last, so that it ends first

  /// Under the lock. Null: there are too many.
  Entry* entry(const MetricKey& key) {
    const auto at = entries.find(key);
    if (at != entries.end()) return &at->second;
    std::size_t& keys = keys_of[key.owner];
    if (keys >= kMetricKeysMax) return nullptr;
    ++keys;
    return &entries[key];
  }

  Result<void> add_point(const MetricKey& key, double value, std::int64_t at_ms) {
    const std::scoped_lock lock(mutex);
    const auto there = entries.find(key);
    const bool kept = there != entries.end() && there->second.kept;
    if (!kept && path_of(folder, key).native().size() > kPathBytesMax) {
      return fail(Reason::too_large,
                  std::format("the metric `{}` has more dimensions than can be kept", key.name));
    }
    Entry* known = entry(key);
    if (known == nullptr) {
      return fail(Reason::rate_limited,
                  std::format("there are {} metrics of yours; no more can be", kMetricKeysMax));
    }
    known->kept = true;
    if (unwritten_count >= kMetricUnwrittenMax)
      return fail(Reason::rate_limited, "more points of metrics than can be written; try again");
    ++unwritten_count;
    unwritten[key].push_back({.at_ms = at_ms, .value = value});
    if (!writer.joinable()) writer = std::jthread([this](std::stop_token stop) { write(stop); });
    more.notify_one();
    return {};
  }

  void write(const std::stop_token& stop) {
    while (true) {
      {
        std::unique_lock lock(mutex);
        more.wait(lock, stop, [this] { return !unwritten.empty(); });
        // So that what comes quickly is written together.
        more.wait_for(lock, stop, kMetricFlushEvery, [] { return false; });
        if (unwritten.empty() && stop.stop_requested()) return;
      }
      flush();
    }
  }

  void flush() {
    const std::scoped_lock writing(files);
    std::map<MetricKey, std::vector<MetricValue>> all;
    {
      const std::scoped_lock lock(mutex);
      all = std::exchange(unwritten, {});
      unwritten_count = 0;
    }
    for (const auto& [key, values] : all) {
      if (auto written = append_points(path_of(folder, key), values); !written)
        log::error("the metric {}: {}", key.name, written.error().message);
    }
  }

  /// The keys of an owner's files are known from the first question on.
  void walk(std::string_view owner) {
    {
      const std::scoped_lock lock(mutex);
      if (walked.contains(owner)) return;
    }
    const fs::path base = owner_path(folder, owner);
    std::vector<MetricKey> found;
    std::error_code error;
    for (fs::recursive_directory_iterator each(base, error), end; !error && each != end;
         each.increment(error)) {
      std::error_code ignored;
      if (!each->is_regular_file(ignored)) continue;
      if (auto key = key_of(owner, each->path().lexically_relative(base)))
        found.push_back(*std::move(key));
    }
    const std::scoped_lock lock(mutex);
    for (const MetricKey& key : found) {
      if (Entry* known = entry(key)) known->kept = true;
    }
    walked.emplace(owner);
  }

  std::vector<MetricKey> list(std::string_view owner, std::string_view space, std::string_view name,
                              const Dimensions& dimensions) {
    walk(owner);
    std::vector<MetricKey> out;
    const std::scoped_lock lock(mutex);
    const MetricKey from{.owner = std::string(owner),
                         .space = std::string(space),
                         .name = space.empty() ? std::string() : std::string(name),
                         .dimensions = {}};
    for (auto at = entries.lower_bound(from); at != entries.end(); ++at) {
      const MetricKey& key = at->first;
      if (key.owner != owner || (!space.empty() && key.space != space)) break;
      if (!space.empty() && !name.empty() && key.name != name) break;
      if ((name.empty() || key.name == name) && among(dimensions, key.dimensions))
        out.push_back(key);
    }
    return out;
  }

  std::vector<MetricValue> points(const MetricKey& key) const {
    const std::scoped_lock reading(files);
    std::vector<MetricValue> out = points_in(path_of(folder, key));
    const std::scoped_lock lock(mutex);
    const auto at = unwritten.find(key);
    if (at != unwritten.end()) out.insert(out.end(), at->second.begin(), at->second.end());
    return out;
  }

  std::vector<MetricSum> sums(const MetricKey& key, std::int64_t begin_ms, std::int64_t end_ms,
                              std::int64_t period_s) const {
    const std::int64_t period = std::max<std::int64_t>(period_s, 1) * 1'000;
    std::map<std::int64_t, MetricSum> by_stretch;
    const auto stretch = [&](std::int64_t at) -> MetricSum& {
      const std::int64_t begin = begin_ms + (at - begin_ms) / period * period;
      MetricSum& out = by_stretch[begin];
      out.begin_ms = begin;
      return out;
    };
    std::shared_ptr<Series> series;
    {
      const std::scoped_lock lock(mutex);
      const auto at = entries.find(key);
      if (at != entries.end()) series = at->second.series;
    }
    if (series) {
      for (const MetricSum& minute : series->minutes(begin_ms, end_ms))
        add_to(stretch(minute.begin_ms), minute);
    }
    for (const MetricValue& point : points(key)) {
      if (point.at_ms >= begin_ms && point.at_ms < end_ms)
        add_to(stretch(point.at_ms), point.value);
    }
    std::vector<MetricSum> out;
    out.reserve(by_stretch.size());
    for (const auto& [begin, sum] : by_stretch) out.push_back(sum);
    return out;
  }
};

Metrics::Metrics(const Clock&, fs::path folder)
    : state_(std::make_unique<State>(std::move(folder))),
      reads_(std::make_unique<WorkPool>(1, kReadsWaitingMax)) {}
Metrics::~Metrics() {
  if (!state_->writer.joinable()) return;
  state_->writer.request_stop();
  state_->writer.join();
}

std::shared_ptr<MetricSeries> Metrics::series(const MetricKey& key) {
  const std::scoped_lock lock(state_->mutex);
  State::Entry* known = state_->entry(key);
  // One that nobody can ask for: whoever counts need not care.
  if (known == nullptr) return std::make_shared<Series>();
  if (!known->series) known->series = std::make_shared<Series>();
  return known->series;
}

Result<void> Metrics::add_point(const MetricKey& key, double value, std::int64_t at_ms) {
  return state_->add_point(key, value, at_ms);
}

std::vector<MetricKey> Metrics::list(std::string_view owner, std::string_view space,
                                     std::string_view name, const Dimensions& dimensions) const {
  return state_->list(owner, space, name, dimensions);
}

std::vector<MetricSum> Metrics::sums(const MetricKey& key, std::int64_t begin_ms,
                                     std::int64_t end_ms, std::int64_t period_s) const {
  return state_->sums(key, begin_ms, end_ms, period_s);
}

std::vector<MetricValue> Metrics::points(const MetricKey& key) const { return state_->points(key); }

Awaitable<Result<std::vector<MetricKey>>> Metrics::read_list(std::string owner, std::string space,
                                                             std::string name,
                                                             Dimensions dimensions) const {
  auto work = [&state = *state_, owner = std::move(owner), space = std::move(space),
               name = std::move(name),
               dimensions = std::move(dimensions)]() -> Result<std::vector<MetricKey>> {
    return state.list(owner, space, name, dimensions);
  };
  co_return co_await reads_->run<std::vector<MetricKey>>(std::move(work));
}

Awaitable<Result<std::vector<MetricSum>>> Metrics::read_sums(MetricKey key, std::int64_t begin_ms,
                                                             std::int64_t end_ms,
                                                             std::int64_t period_s) const {
  auto work = [&state = *state_, key = std::move(key), begin_ms, end_ms,
               period_s]() -> Result<std::vector<MetricSum>> {
    return state.sums(key, begin_ms, end_ms, period_s);
  };
  co_return co_await reads_->run<std::vector<MetricSum>>(std::move(work));
}

Awaitable<Result<std::vector<MetricValue>>> Metrics::read_points(MetricKey key) const {
  auto work = [&state = *state_, key = std::move(key)]() -> Result<std::vector<MetricValue>> {
    return state.points(key);
  };
  co_return co_await reads_->run<std::vector<MetricValue>>(std::move(work));
}

}  // namespace weft::ml
