#include "weft/ml/tabular/row_files.h"

#include <algorithm>
#include <format>
#include <limits>
#include <system_error>

#include "weft/ml/tabular/data_files.h"
#include "weft/wire/aialgs_record.h"
#include "weft/wire/csv.h"
#include "weft/wire/libsvm.h"
#include "weft/wire/recordio.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;

Error in_file(const fs::path& file, Error error) {
  error.message = std::format("{}: {}", file.filename().string(), error.message);
  return error;
}

/// Moves label (and weight) out of each row of a csv.
Result<void> split_csv(const std::vector<float>& all, std::size_t width, bool weights, Rows& out) {
  const std::size_t skip = weights ? 2 : 1;
  if (width <= skip) {
    return fail(Reason::invalid_argument,
                std::format("line 1, column 1: a row needs a label{} and one feature at least; it "
                            "has {} field{}",
                            weights ? ", a weight" : "", width, width == 1 ? "" : "s"));
  }
  out.columns = width - skip;
  const std::size_t rows = all.size() / width;
  out.values.reserve(rows * out.columns);
  for (std::size_t row = 0; row < rows; ++row) {
    const float* begin = all.data() + row * width;
    out.labels.push_back(begin[0]);
    if (weights) out.weights.push_back(begin[1]);
    out.values.insert(out.values.end(), begin + skip, begin + width);
  }
  return {};
}

Result<void> add_record(const wire::AialgsRecord& record, bool first, Rows& out) {
  if (!record.features) return fail(Reason::invalid_argument, "a record without features");
  if (!record.label || record.label->values.empty())
    return fail(Reason::invalid_argument, "a record without a label");
  const wire::RecordTensor& features = *record.features;
  if (first) out.sparse = features.sparse();
  if (out.sparse != features.sparse())
    return fail(Reason::invalid_argument, "some records are sparse and some are not");
  const std::uint64_t columns = !features.sparse()       ? features.values.size()
                                : features.shape.empty() ? 0
                                                         : features.shape.back();
  if (out.sparse) {
    out.columns = std::max(out.columns, columns);
    for (const std::uint64_t key : features.keys) {
      if (key >= std::numeric_limits<std::uint32_t>::max())
        return fail(Reason::invalid_argument, "a column past what can be counted");
      out.indices.push_back(static_cast<std::uint32_t>(key));
      out.columns = std::max(out.columns, key + 1);
    }
  } else {
    if (out.columns == 0) out.columns = columns;
    if (out.columns != columns) {
      return fail(Reason::invalid_argument,
                  std::format("{} features; those before it have {}", columns, out.columns));
    }
  }
  out.values.insert(out.values.end(), features.values.begin(), features.values.end());
  if (out.sparse) out.row_begin.push_back(out.values.size());
  out.labels.push_back(record.label->values.front());
  return {};
}

/// One file being read.
class Reading {
 public:
  Reading(fs::path file, std::unique_ptr<MappedFile> mapped, const RowFilesOptions& options)
      : file_(std::move(file)),
        options_(options),
        mapped_(std::move(mapped)),
        rest_(mapped_->bytes()),
        libsvm_(wire::LibsvmReader::Labels::needed),
        records_(rest_) {}

  /// False at the end.
  Result<bool> next(Rows& out) {
    auto read = options_.format == TableFormat::recordio ? next_records(out) : next_lines(out);
    if (!read) return fail(in_file(file_, std::move(read).error()));
    return read;
  }

 private:
  /// Whole lines, one at least; empty at the end.
  std::string_view block() {
    std::size_t end = rest_.size();
    if (rest_.size() > options_.block_bytes) {
      const auto before = rest_.rfind('\n', options_.block_bytes);
      const auto after = before != rest_.npos ? before : rest_.find('\n', options_.block_bytes);
      if (after != rest_.npos) end = after + 1;
    }
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }

  Result<bool> next_lines(Rows& out) {
    const std::string_view text = block();
    if (text.empty()) return false;
    if (options_.format == TableFormat::libsvm) {
      wire::SparseRows rows;
      WEFT_TRY(const std::size_t count, libsvm_.read(text, rows));
      (void)count;
      out.sparse = true;
      out.columns = rows.columns_end();
      out.values = std::move(rows.values);
      out.row_begin = std::move(rows.row_begin);
      out.indices = std::move(rows.columns);
      out.labels = std::move(rows.labels);
      out.weights = std::move(rows.weights);
      out.groups = std::move(rows.groups);
      return true;
    }
    if (!csv_) csv_.emplace(wire::sniff_delimiter(text));
    std::vector<float> values;
    WEFT_TRY(const std::size_t rows, csv_->read(text, values));
    out.sparse = false;
    if (rows == 0) return true;
    WEFT_CHECK(split_csv(values, csv_->columns(), options_.weights_in_csv, out));
    return true;
  }

  Result<bool> next_records(Rows& out) {
    bool any = false;
    std::size_t bytes = 0;
    while (bytes < options_.block_bytes) {
      WEFT_TRY(const auto bytes_of_one, records_.next());
      if (!bytes_of_one) break;
      bytes += bytes_of_one->size();
      const auto record = wire::read_aialgs_record(*bytes_of_one);
      auto added = record ? add_record(*record, !any, out) : Result<void>(fail(record.error()));
      if (!added) {
        added.error().message =
            std::format("record {}: {}", records_.records(), added.error().message);
        return fail(std::move(added).error());
      }
      any = true;
    }
    return any;
  }

  fs::path file_;
  RowFilesOptions options_;
  std::unique_ptr<MappedFile> mapped_;
  std::string_view rest_;
  wire::LibsvmReader libsvm_;
  std::optional<wire::CsvReader> csv_;
  wire::RecordReader records_;
};

}  // namespace

struct RowFiles::State {
  std::vector<fs::path> files;
  std::uint64_t bytes = 0;
  RowFilesOptions options;
  std::size_t next_file = 0;
  std::unique_ptr<Reading> reading;
  /// Of the first rows: the others must have as many.
  std::uint64_t columns = 0;
  /// Whether the first rows have weights and groups: the others must be alike.
  struct Has {
    bool weights = false;
    bool groups = false;
  };
  std::optional<Has> has;

  Result<void> check(const Rows& rows);
};

Result<void> RowFiles::State::check(const Rows& rows) {
  const auto wrong = [this](std::string message) {
    return fail(
        in_file(files[next_file - 1], make_error(Reason::invalid_argument, std::move(message))));
  };
  if (!rows.sparse && columns != 0 && rows.columns != columns) {
    return wrong(std::format("its rows have {} features, those of the files before it {}",
                             rows.columns, columns));
  }
  if (!rows.sparse) columns = rows.columns;
  const Has here{.weights = !rows.weights.empty(), .groups = !rows.groups.empty()};
  if (!has) has = here;
  if (has->weights != here.weights || has->groups != here.groups) {
    const char* what = has->weights != here.weights ? "weight" : "qid";
    return wrong(
        std::format("some of its rows, or those of the files before it, have a {} and "
                    "some have none",
                    what));
  }
  return {};
}

RowFiles::RowFiles(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowFiles::RowFiles(RowFiles&&) noexcept = default;
RowFiles& RowFiles::operator=(RowFiles&&) noexcept = default;
RowFiles::~RowFiles() = default;

Result<RowFiles> RowFiles::open(const fs::path& folder, RowFilesOptions options) {
  auto state = std::make_unique<State>();
  state->options = options;
  WEFT_TRY(state->files, data_files(folder));
  for (const fs::path& file : state->files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (!error) state->bytes += size;
  }
  return RowFiles(std::move(state));
}

std::uint64_t RowFiles::bytes() const { return state_->bytes; }

void RowFiles::rewind() {
  state_->next_file = 0;
  state_->reading.reset();
}

Result<bool> RowFiles::next(Rows& out) {
  while (true) {
    if (!state_->reading) {
      if (state_->next_file == state_->files.size()) return false;
      const fs::path& file = state_->files[state_->next_file++];
      WEFT_TRY(auto mapped, MappedFile::open(file));
      state_->reading = std::make_unique<Reading>(file, std::move(mapped), state_->options);
    }
    out.clear();
    out.columns = 0;
    WEFT_TRY(const bool more, state_->reading->next(out));
    if (!more) {
      state_->reading.reset();
      continue;
    }
    if (out.rows() == 0) continue;
    WEFT_CHECK(state_->check(out));
    return true;
  }
}

Result<void> add_rows(RowFiles& files, Rows& all) {
  Rows rows;
  files.rewind();
  while (true) {
    WEFT_TRY(const bool more, files.next(rows));
    if (!more) return {};
    if (all.rows() > 0 &&
        (all.sparse != rows.sparse || (!all.sparse && all.columns != rows.columns)))
      return fail(Reason::invalid_argument, "the channels' rows have different features");
    if (!all.weights.empty() || !rows.weights.empty()) {
      all.weights.resize(all.rows(), 1);
      rows.weights.resize(rows.rows(), 1);
    }
    all.sparse = rows.sparse;
    all.columns = std::max(all.columns, rows.columns);
    const std::uint64_t before = all.values.size();
    const auto add = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    add(all.values, rows.values);
    add(all.indices, rows.indices);
    for (std::size_t i = 1; i < rows.row_begin.size(); ++i)
      all.row_begin.push_back(before + rows.row_begin[i]);
    add(all.labels, rows.labels);
    add(all.weights, rows.weights);
    add(all.groups, rows.groups);
  }
}

}  // namespace weft::ml
