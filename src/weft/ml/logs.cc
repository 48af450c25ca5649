#include "weft/ml/logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <format>
#include <mutex>
#include <system_error>
#include <utility>

#include "weft/base/file.h"
#include "weft/base/url.h"
#include "weft/ml/limits.h"
#include "weft/store/files/object_path.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCut = "(the log is full: what came after this line is left out)";
constexpr std::size_t kBlockBytes = 256 * 1024;
/// What no name of a group or a stream gives: under it the streams lie.
constexpr std::string_view kStreams = "%streams";

/// Names as paths: a stream's may hold slashes, a group's begins with one.
fs::path path_of(const fs::path& folder, std::string_view group, std::string_view stream) {
  fs::path out = folder;
  for (const std::string& name : store::files::names_of_key(group)) out /= name;
  out /= kStreams;
  for (const std::string& name : store::files::names_of_key(stream)) out /= name;
  out += ".log";
  return out;
}

fs::path group_path(const fs::path& folder, std::string_view group) {
  fs::path out = folder;
  for (const std::string& name : store::files::names_of_key(group)) out /= name;
  return out / kStreams;
}

/// The group that lies there under its owner's folder.
std::optional<std::string> group_name(const fs::path& relative) {
  std::string out;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    const auto piece =
        store::files::key_piece(part->string(), /*folder=*/std::next(part) != relative.end());
    if (!piece) return std::nullopt;
    out += *piece;
  }
  return out;
}

std::int64_t made_ms(const fs::path& path) {
  struct statx about{};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME | STATX_MTIME, &about) != 0)
    return 0;
  const auto& time = (about.stx_mask & STATX_BTIME) != 0 ? about.stx_btime : about.stx_mtime;
  return time.tv_sec * 1'000 + time.tv_nsec / 1'000'000;
}

Error missing(std::string_view what, std::string_view name) {
  Error error = make_error(Reason::invalid_argument,
                           std::format("the log {} `{}` does not exist", what, name));
  error.code = Code::not_found;
  return error;
}

/// `1732600000123 text`
std::optional<LogEvent> event_of(std::string_view line) {
  LogEvent out;
  const char* end = line.data() + line.size();
  const auto read = std::from_chars(line.data(), line.data() + line.size(), out.at_ms);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != ' ') return std::nullopt;
  out.text.assign(read.ptr + 1, end);
  return out;
}

bool inside(const LogEvent& event, const LogQuery& query) {
  return (!query.begin_ms || event.at_ms >= *query.begin_ms) &&
         (!query.end_ms || event.at_ms < *query.end_ms);
}

/// Whole lines from an offset on, at most so many bytes (but one line).
class Lines {
 public:
  Lines(const File& file, std::uint64_t size) : file_(file), size_(size) {}

  /// The line at `at`, without its end; nothing when it is not whole.
  Result<std::optional<std::string_view>> line_at(std::uint64_t at) {
    while (true) {
      if (at >= begin_ && at < begin_ + block_.size()) {
        const std::string_view rest = std::string_view(block_).substr(at - begin_);
        const auto end = rest.find('\n');
        if (end != rest.npos) return rest.substr(0, end);
        if (begin_ + block_.size() >= size_) return std::nullopt;
      } else if (at >= size_) {
        return std::nullopt;
      }
      const std::size_t want =
          std::max(kBlockBytes, at == begin_ ? block_.size() * 2 : kBlockBytes);
      WEFT_TRY(block_, file_.read(at, want));
      begin_ = at;
      if (block_.empty()) return std::nullopt;
    }
  }

 private:
  const File& file_;
  std::uint64_t size_;
  std::uint64_t begin_ = 0;
  std::string block_;
};

}  // namespace

std::string owned_group(std::string_view owner, std::string_view group) {
  return std::format("{}/{}", percent_encode(owner), group);
}

std::string shown_line(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else if (c != '\r' && c != '\n') {
      out += std::format("#{:03o}", byte);
    }
  }
  return out;
}

struct Logs::State {
  fs::path folder;
  WorkPool& pool;
  /// One writer at a time for each of a few sets of streams.
  std::array<std::mutex, 16> locks;

  std::mutex& lock_of(const fs::path& path) {
    return locks[std::hash<std::string>{}(path.string()) % locks.size()];
  }

  Result<void> append(const std::string& group, const std::string& stream,
                      const std::vector<LogEvent>& events) {
    const fs::path path = path_of(folder, group, stream);
    const std::scoped_lock lock(lock_of(path));
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return fail(file_error("make", path.parent_path(), error.value()));
    File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.descriptor() < 0) return fail(file_error("open", path, errno));
    WEFT_TRY(const struct stat of, file.status());
    auto size = static_cast<std::uint64_t>(of.st_size);
    std::string text;
    for (const LogEvent& event : events) {
      const std::string line = shown_line(event.text);
      if (line.empty()) continue;
      if (size + text.size() > kLogStreamBytesMax) {
        // Once: behind it nothing is added.
        if (size <= kLogStreamBytesMax) text += std::format("{} {}\n", event.at_ms, kCut);
        break;
      }
      text += std::format("{} {}\n", event.at_ms, line);
    }
    return file.write(text, path);
  }

  Result<File> open(const std::string& group, const std::string& stream) const {
    std::error_code error;
    if (!fs::is_directory(group_path(folder, group), error)) return fail(missing("group", group));
    auto file = File::open(path_of(folder, group, stream));
    if (!file && file.error().code == Code::not_found) return fail(missing("stream", stream));
    return file;
  }

  Result<LogPage> read(const std::string& group, const std::string& stream,
                       const LogQuery& query) const {
    WEFT_TRY(const File file, open(group, stream));
    WEFT_TRY(const struct stat of, file.status());
    const auto size = static_cast<std::uint64_t>(of.st_size);
    return query.backward ? read_backward(file, size, query) : read_forward(file, size, query);
  }

  static Result<LogPage> read_forward(const File& file, std::uint64_t size, const LogQuery& query) {
    LogPage out;
    out.begin = out.end = std::min(query.from, size);
    Lines lines(file, size);
    std::size_t bytes = 0;
    while (out.events.size() < query.lines_max && bytes < query.bytes_max) {
      WEFT_TRY(const auto line, lines.line_at(out.end));
      if (!line) break;
      auto event = event_of(*line);
      if (event && query.end_ms && event->at_ms >= *query.end_ms) break;
      const std::uint64_t place = std::exchange(out.end, out.end + line->size() + 1);
      if (!event || !inside(*event, query)) continue;
      bytes += line->size();
      out.places.push_back(place);
      out.events.push_back(*std::move(event));
    }
    out.full = out.events.size() >= query.lines_max || bytes >= query.bytes_max;
    return out;
  }

  /// The last lines before `from`, in their order.
  static Result<LogPage> read_backward(const File& file, std::uint64_t size,
                                       const LogQuery& query) {
    const std::uint64_t from = std::min(query.from, size);
    std::uint64_t begin = from;
    LogPage out;
    // From further and further back, until there are enough.
    for (std::uint64_t reach = kBlockBytes;; reach *= 4) {
      begin = from > reach ? from - reach : 0;
      WEFT_TRY(std::string text, file.read(begin, static_cast<std::size_t>(from - begin)));
      if (begin > 0) {
        const auto first = text.find('\n');
        const std::size_t cut = first == text.npos ? text.size() : first + 1;
        text.erase(0, cut);
        begin += cut;
      }
      out = last_of(text, begin, query);
      out.end = from;
      const bool enough = out.events.size() >= query.lines_max || reach >= query.bytes_max * 4;
      if (begin == 0 || enough) return out;
    }
  }

  static LogPage last_of(std::string_view text, std::uint64_t begin, const LogQuery& query) {
    LogPage out;
    std::size_t end = text.size();
    std::size_t bytes = 0;
    while (end > 0 && out.events.size() < query.lines_max && bytes < query.bytes_max) {
      const auto before = end < 2 ? text.npos : text.rfind('\n', end - 2);
      const std::size_t at = before == text.npos ? 0 : before + 1;
      const std::string_view line = text.substr(at, end - at - 1);
      end = at;
      auto event = event_of(line);
      if (!event || !inside(*event, query)) continue;
      bytes += line.size();
      out.places.push_back(begin + at);
      out.events.push_back(*std::move(event));
    }
    std::ranges::reverse(out.events);
    std::ranges::reverse(out.places);
    out.full = out.events.size() >= query.lines_max || bytes >= query.bytes_max;
    out.begin = begin + end;
    return out;
  }

  Result<std::vector<LogGroup>> groups(const std::string& owner, const std::string& prefix) const {
    fs::path base = folder;
    for (const std::string& name : store::files::names_of_key(percent_encode(owner))) base /= name;
    std::vector<LogGroup> out;
    std::error_code error;
    for (fs::recursive_directory_iterator each(base, error), end; !error && each != end;
         each.increment(error)) {
      if (each->path().filename() != kStreams) continue;
      each.disable_recursion_pending();
      auto name = group_name(each->path().parent_path().lexically_relative(base));
      if (!name || !name->starts_with(prefix)) continue;
      out.push_back({.name = *std::move(name),
                     .created_ms = made_ms(each->path()),
                     .bytes = bytes_in(each->path())});
    }
    std::ranges::sort(out, {}, &LogGroup::name);
    return out;
  }

  static std::uint64_t bytes_in(const fs::path& path) {
    std::uint64_t out = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator each(path, error), end; !error && each != end;
         each.increment(error)) {
      std::error_code ignored;
      if (each->is_regular_file(ignored)) out += each->file_size(ignored);
    }
    return out;
  }

  Result<std::vector<LogStream>> streams(const std::string& group,
                                         const std::string& prefix) const {
    const fs::path base = group_path(folder, group);
    std::error_code error;
    if (!fs::is_directory(base, error)) return fail(missing("group", group));
    // A folder of the prefix's is looked into alone: a group may have a great many.
    fs::path from = base;
    if (const auto slash = prefix.rfind('/'); slash != prefix.npos) {
      const std::string folder_of = prefix.substr(0, slash);
      for (const std::string& name : store::files::names_of_key(folder_of)) from /= name;
    }
    std::vector<LogStream> out;
    for (fs::recursive_directory_iterator each(from, error), end; !error && each != end;
         each.increment(error)) {
      if (each->path().extension() != ".log") continue;
      std::string name;
      fs::path relative = fs::relative(each->path(), base, error);
      relative.replace_extension();
      for (auto part = relative.begin(); part != relative.end(); ++part) {
        const bool last = std::next(part) == relative.end();
        name += store::files::key_piece(part->string(), !last).value_or("");
      }
      if (!name.starts_with(prefix)) continue;
      WEFT_TRY(LogStream stream, about(each->path()));
      stream.name = std::move(name);
      out.push_back(std::move(stream));
    }
    std::ranges::sort(out, {}, &LogStream::name);
    return out;
  }

  static Result<LogStream> about(const fs::path& path) {
    WEFT_TRY(const File file, File::open(path));
    WEFT_TRY(const struct stat of, file.status());
    LogStream out;
    out.bytes = static_cast<std::uint64_t>(of.st_size);
    WEFT_TRY(const LogPage first, read_forward(file, out.bytes, {.lines_max = 1}));
    WEFT_TRY(const LogPage last,
             read_backward(file, out.bytes, {.from = out.bytes, .backward = true, .lines_max = 1}));
    if (!first.events.empty()) out.first_ms = first.events.front().at_ms;
    if (!last.events.empty()) out.last_ms = last.events.back().at_ms;
    out.created_ms = out.first_ms.value_or(of.st_mtim.tv_sec * 1'000);
    return out;
  }
};

Logs::Logs(fs::path folder, WorkPool& pool)
    : state_(new State{.folder = std::move(folder), .pool = pool, .locks = {}}) {}
Logs::~Logs() = default;

Awaitable<Result<void>> Logs::append(std::string group, std::string stream,
                                     std::vector<LogEvent> events) {
  auto work = [state = state_, group = std::move(group), stream = std::move(stream),
               events = std::move(events)] { return state->append(group, stream, events); };
  co_return co_await state_->pool.run<void>(std::move(work));
}

Awaitable<Result<std::vector<LogGroup>>> Logs::groups(std::string owner, std::string prefix) const {
  auto work = [state = state_, owner = std::move(owner), prefix = std::move(prefix)] {
    return state->groups(owner, prefix);
  };
  co_return co_await state_->pool.run<std::vector<LogGroup>>(std::move(work));
}

Awaitable<Result<std::vector<LogStream>>> Logs::streams(std::string group,
                                                        std::string prefix) const {
  auto work = [state = state_, group = std::move(group), prefix = std::move(prefix)] {
    return state->streams(group, prefix);
  };
  co_return co_await state_->pool.run<std::vector<LogStream>>(std::move(work));
}

Awaitable<Result<LogPage>> Logs::read(std::string group, std::string stream, LogQuery query) const {
  auto work = [state = state_, group = std::move(group), stream = std::move(stream), query] {
    return state->read(group, stream, query);
  };
  co_return co_await state_->pool.run<LogPage>(std::move(work));
}

Awaitable<Result<void>> Logs::erase_group(std::string group) {
  auto work = [state = state_, group = std::move(group)]() -> Result<void> {
    std::error_code error;
    if (fs::remove_all(group_path(state->folder, group), error) == 0)
      return fail(missing("group", group));
    return {};
  };
  co_return co_await state_->pool.run<void>(std::move(work));
}

Awaitable<std::vector<std::string>> Logs::last_lines(std::string group, std::string stream,
                                                     std::size_t count) const {
  LogQuery query{.from = UINT64_MAX, .backward = true, .lines_max = count};
  const auto page = co_await read(std::move(group), std::move(stream), query);
  std::vector<std::string> out;
  if (!page) co_return out;
  for (const LogEvent& event : page->events) out.push_back(event.text);
  co_return out;
}

}  // namespace weft::ml
