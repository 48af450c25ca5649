#include "weft/ml/algorithms/xgboost/engine/library.h"

#include <xgboost/c_api.h>

#include <charconv>
#include <cmath>
#include <format>
#include <limits>

#include "weft/base/json.h"

namespace weft::ml::xgboost {
namespace {

/// What it says goes on over several lines, with a stack trace behind it; the first says what is
/// wrong, behind the place in libxgboost's source.
std::string reason() {
  std::string_view text = XGBGetLastError();
  if (const auto trace = text.find("\nStack trace"); trace != text.npos)
    text = text.substr(0, trace);
  if (text.starts_with('[')) {
    const auto place = text.find(": ");
    if (place != text.npos) text.remove_prefix(place + 2);
  }
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

Result<void> done(int code) {
  if (code == 0) return {};
  return fail(Reason::invalid_argument, reason());
}

/// NumPy's array interface, in JSON.
void append_array(std::string& out, const void* data, std::string_view type,
                  std::initializer_list<std::size_t> shape) {
  out += std::format(R"({{"data":[{},true],"strides":null,"typestr":"{}","version":3,"shape":[)",
                     reinterpret_cast<std::uintptr_t>(data), type);
  bool first = true;
  for (const std::size_t size : shape) {
    out += std::format("{}{}", first ? "" : ",", size);
    first = false;
  }
  out += "]}";
}

std::string array_of(const void* data, std::string_view type,
                     std::initializer_list<std::size_t> shape) {
  std::string out;
  append_array(out, data, type, shape);
  return out;
}

std::string configuration_of(int threads, std::string_view more = "") {
  return std::format(R"({{"missing":NaN,"nthread":{}{}}})", threads, more);
}

Result<void> set_information(DMatrixHandle handle, const Rows& rows) {
  const auto set = [&](const char* field, const void* data, std::string_view type,
                       std::size_t size) -> Result<void> {
    if (size == 0) return {};
    const std::string array = array_of(data, type, {size});
    return done(XGDMatrixSetInfoFromInterface(handle, field, array.c_str()));
  };
  WEFT_CHECK(set("label", rows.labels.data(), "<f4", rows.labels.size()));
  WEFT_CHECK(set("weight", rows.weights.data(), "<f4", rows.weights.size()));
  return set("qid", rows.groups.data(), "<u4", rows.groups.size());
}

/// Rows block by block, for libxgboost to take.
struct Feed {
  RowFiles& files;
  DMatrixHandle proxy;
  Rows rows;
  Error error;
  std::uint64_t columns;

  Result<bool> next() {
    WEFT_TRY(const bool more, files.next(rows));
    if (!more) return false;
    if (rows.sparse) {
      const std::string begin = array_of(rows.row_begin.data(), "<u8", {rows.row_begin.size()});
      const std::string indices = array_of(rows.indices.data(), "<u4", {rows.indices.size()});
      const std::string values = array_of(rows.values.data(), "<f4", {rows.values.size()});
      WEFT_CHECK(done(XGProxyDMatrixSetDataCSR(proxy, begin.c_str(), indices.c_str(),
                                               values.c_str(), columns)));
    } else {
      const std::string values = array_of(rows.values.data(), "<f4",
                                          {rows.rows(), static_cast<std::size_t>(rows.columns)});
      WEFT_CHECK(done(XGProxyDMatrixSetDataDense(proxy, values.c_str())));
    }
    WEFT_CHECK(set_information(proxy, rows));
    return true;
  }
};

extern "C" int weft_feed_next(DataIterHandle handle) {
  auto& feed = *static_cast<Feed*>(handle);
  auto more = feed.next();
  if (more) return *more ? 1 : 0;
  feed.error = std::move(more).error();
  return 0;
}

extern "C" void weft_feed_reset(DataIterHandle handle) {
  static_cast<Feed*>(handle)->files.rewind();
}

/// Sparse blocks alone do not say how many columns there are in all.
Result<std::uint64_t> columns_of(RowFiles& files) {
  files.rewind();
  std::uint64_t out = 0;
  Rows rows;
  while (true) {
    WEFT_TRY(const bool more, files.next(rows));
    if (!more) break;
    out = std::max(out, rows.columns);
    if (!rows.sparse) break;
  }
  files.rewind();
  return out;
}

Predictions predictions_of(const bst_ulong* shape, bst_ulong dimensions, const float* values) {
  std::size_t size = dimensions == 0 ? 0 : 1;
  for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
  const std::size_t rows = dimensions == 0 ? 0 : shape[0];
  return {.values = {values, size}, .rows = rows, .width = rows == 0 ? 1 : size / rows};
}

}  // namespace

void Matrix::Free::operator()(void* handle) const { XGDMatrixFree(handle); }
Matrix::Matrix(void* handle) : handle_(handle) {}

Result<Matrix> Matrix::of(const Rows& rows, int threads) {
  DMatrixHandle handle = nullptr;
  const std::string configuration = configuration_of(threads);
  if (rows.sparse) {
    const std::string begin = array_of(rows.row_begin.data(), "<u8", {rows.row_begin.size()});
    const std::string indices = array_of(rows.indices.data(), "<u4", {rows.indices.size()});
    const std::string values = array_of(rows.values.data(), "<f4", {rows.values.size()});
    WEFT_CHECK(done(XGDMatrixCreateFromCSR(begin.c_str(), indices.c_str(), values.c_str(),
                                           rows.columns, configuration.c_str(), &handle)));
  } else {
    const std::string values =
        array_of(rows.values.data(), "<f4", {rows.rows(), static_cast<std::size_t>(rows.columns)});
    WEFT_CHECK(done(XGDMatrixCreateFromDense(values.c_str(), configuration.c_str(), &handle)));
  }
  Matrix out(handle);
  WEFT_CHECK(set_information(handle, rows));
  return out;
}

Result<Matrix> Matrix::in_memory(RowFiles& files, int threads) {
  Rows all;
  WEFT_CHECK(add_rows(files, all));
  return of(all, threads);
}

Result<Matrix> Matrix::external(RowFiles& files, const std::string& cache_prefix, int threads) {
  DMatrixHandle proxy = nullptr;
  WEFT_CHECK(done(XGProxyDMatrixCreate(&proxy)));
  const Matrix owner(proxy);
  WEFT_TRY(const std::uint64_t columns, columns_of(files));
  Feed feed{.files = files, .proxy = proxy, .rows = {}, .error = {}, .columns = columns};
  const std::string configuration =
      configuration_of(threads, std::format(R"(,"cache_prefix":"{}")", cache_prefix));
  DMatrixHandle handle = nullptr;
  const auto made = done(XGDMatrixCreateFromCallback(&feed, proxy, weft_feed_reset, weft_feed_next,
                                                     configuration.c_str(), &handle));
  if (!feed.error.message.empty()) {
    if (made) XGDMatrixFree(handle);
    return fail(std::move(feed.error));
  }
  WEFT_CHECK(made);
  return Matrix(handle);
}

std::uint64_t Matrix::rows() const {
  bst_ulong out = 0;
  return XGDMatrixNumRow(handle_.get(), &out) == 0 ? out : 0;
}

std::uint64_t Matrix::columns() const {
  bst_ulong out = 0;
  return XGDMatrixNumCol(handle_.get(), &out) == 0 ? out : 0;
}

std::span<const float> Matrix::labels() const {
  bst_ulong size = 0;
  const float* values = nullptr;
  if (XGDMatrixGetFloatInfo(handle_.get(), "label", &size, &values) != 0) return {};
  return {values, size};
}

Result<Matrix> Matrix::slice(const std::vector<int>& rows) const {
  DMatrixHandle out = nullptr;
  WEFT_CHECK(done(XGDMatrixSliceDMatrixEx(handle_.get(), rows.data(), rows.size(), &out, 1)));
  return Matrix(out);
}

void Booster::Free::operator()(void* handle) const { XGBoosterFree(handle); }
Booster::Booster(void* handle) : handle_(handle) {}

Result<Booster> Booster::create(const Matrix& train, const std::vector<const Matrix*>& evaluated,
                                const Parameters& parameters) {
  std::vector<DMatrixHandle> handles{train.handle()};
  for (const Matrix* each : evaluated) handles.push_back(each->handle());
  BoosterHandle handle = nullptr;
  WEFT_CHECK(done(XGBoosterCreate(handles.data(), handles.size(), &handle)));
  Booster out(handle);
  for (const auto& [name, value] : parameters) WEFT_CHECK(out.set(name, value));
  return out;
}

Result<Booster> Booster::load(std::string_view bytes) {
  BoosterHandle handle = nullptr;
  WEFT_CHECK(done(XGBoosterCreate(nullptr, 0, &handle)));
  Booster out(handle);
  WEFT_CHECK(out.load_into(bytes));
  return out;
}

Result<void> Booster::load_into(std::string_view bytes) {
  linear_.reset();
  return done(XGBoosterLoadModelFromBuffer(handle_.get(), bytes.data(), bytes.size()));
}

Result<void> Booster::set(const std::string& name, const std::string& value) {
  linear_.reset();
  return done(XGBoosterSetParam(handle_.get(), name.c_str(), value.c_str()));
}

Result<void> Booster::update(int iteration, const Matrix& train) {
  return done(XGBoosterUpdateOneIter(handle_.get(), iteration, train.handle()));
}

Result<Booster::Scores> Booster::evaluate(
    int iteration, const std::vector<std::pair<std::string, const Matrix*>>& on) {
  std::vector<DMatrixHandle> handles;
  std::vector<const char*> names;
  for (const auto& [name, matrix] : on) {
    handles.push_back(matrix->handle());
    names.push_back(name.c_str());
  }
  const char* text = nullptr;
  WEFT_CHECK(done(XGBoosterEvalOneIter(handle_.get(), iteration, handles.data(), names.data(),
                                       handles.size(), &text)));
  Scores out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\t'), rest.size());
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto colon = field.rfind(':');
    if (colon == field.npos) continue;
    double value = std::numeric_limits<double>::quiet_NaN();
    const std::string_view number = field.substr(colon + 1);
    std::from_chars(number.data(), number.data() + number.size(), value);
    out.emplace_back(field.substr(0, colon), value);
  }
  return out;
}

Result<Predictions> Booster::predict(const Matrix& rows, bool margin) {
  const std::string configuration = std::format(
      R"({{"type":{},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false}})",
      margin ? 1 : 0);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  WEFT_CHECK(done(XGBoosterPredictFromDMatrix(handle_.get(), rows.handle(), configuration.c_str(),
                                              &shape, &dimensions, &values)));
  return predictions_of(shape, dimensions, values);
}

Result<bool> Booster::is_linear() {
  if (!linear_) {
    WEFT_TRY(const std::string text, configuration());
    WEFT_TRY(const json::value all, json::parse(text));
    const auto* name = json::at_pointer(all, "/learner/gradient_booster/name");
    linear_ = name != nullptr && name->is_string() && name->get_string() == "gblinear";
  }
  return *linear_;
}

Result<Predictions> Booster::predict(const Rows& rows) {
  WEFT_TRY(const bool linear, is_linear());
  if (linear) {
    WEFT_TRY(const Matrix matrix, Matrix::of(rows, /*threads=*/1));
    return predict(matrix, /*margin=*/false);
  }
  constexpr const char* kConfiguration =
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN})";
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  if (rows.sparse) {
    const std::string begin = array_of(rows.row_begin.data(), "<u8", {rows.row_begin.size()});
    const std::string indices = array_of(rows.indices.data(), "<u4", {rows.indices.size()});
    const std::string data = array_of(rows.values.data(), "<f4", {rows.values.size()});
    WEFT_CHECK(done(XGBoosterPredictFromCSR(handle_.get(), begin.c_str(), indices.c_str(),
                                            data.c_str(), rows.columns, kConfiguration, nullptr,
                                            &shape, &dimensions, &values)));
  } else {
    array_.clear();
    append_array(array_, rows.values.data(), "<f4",
                 {rows.rows(), static_cast<std::size_t>(rows.columns)});
    WEFT_CHECK(done(XGBoosterPredictFromDense(handle_.get(), array_.c_str(), kConfiguration,
                                              nullptr, &shape, &dimensions, &values)));
  }
  return predictions_of(shape, dimensions, values);
}

Result<std::string> Booster::save(std::string_view format) {
  const std::string configuration = std::format(R"({{"format":"{}"}})", format);
  bst_ulong size = 0;
  const char* bytes = nullptr;
  WEFT_CHECK(done(XGBoosterSaveModelToBuffer(handle_.get(), configuration.c_str(), &size, &bytes)));
  return std::string(bytes, size);
}

Result<Booster> Booster::slice(int rounds) {
  BoosterHandle out = nullptr;
  WEFT_CHECK(done(XGBoosterSlice(handle_.get(), 0, rounds, 1, &out)));
  return Booster(out);
}

Result<int> Booster::rounds() const {
  int out = 0;
  WEFT_CHECK(done(XGBoosterBoostedRounds(handle_.get(), &out)));
  return out;
}

Result<std::uint64_t> Booster::features() const {
  bst_ulong out = 0;
  WEFT_CHECK(done(XGBoosterGetNumFeature(handle_.get(), &out)));
  return out;
}

Result<void> Booster::set_attribute(const std::string& name, const std::string& value) {
  return done(XGBoosterSetAttr(handle_.get(), name.c_str(), value.c_str()));
}

Result<void> Booster::remove_attribute(const std::string& name) {
  return done(XGBoosterSetAttr(handle_.get(), name.c_str(), nullptr));
}

std::string Booster::attribute(const std::string& name) const {
  const char* value = nullptr;
  int found = 0;
  if (XGBoosterGetAttr(handle_.get(), name.c_str(), &value, &found) != 0 || found == 0) return "";
  return value;
}

std::vector<std::string> Booster::feature_names() const {
  bst_ulong size = 0;
  const char** names = nullptr;
  if (XGBoosterGetStrFeatureInfo(handle_.get(), "feature_name", &size, &names) != 0) return {};
  return {names, names + size};
}

Result<std::string> Booster::configuration() {
  bst_ulong size = 0;
  const char* text = nullptr;
  WEFT_CHECK(done(XGBoosterSaveJsonConfig(handle_.get(), &size, &text)));
  return std::string(text, size);
}

}  // namespace weft::ml::xgboost
