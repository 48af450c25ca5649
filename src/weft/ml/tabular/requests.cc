#include "weft/ml/tabular/requests.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>
#include <limits>

#include "weft/base/json.h"
#include "weft/wire/aialgs_record.h"
#include "weft/wire/csv.h"
#include "weft/wire/libsvm.h"
#include "weft/wire/recordio.h"

namespace weft::ml {
namespace {

constexpr std::string_view kCsv = "text/csv";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kJsonLines = "application/jsonlines";
constexpr std::string_view kRecords = "application/x-recordio-protobuf";
constexpr std::size_t kJsonBytesMax = 256 * 1024 * 1024;

/// Without parameters, in lower case.
std::string media_type(std::string_view text) {
  std::string out(text.substr(0, text.find(';')));
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t'; });
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::unexpected<Error> unreadable(std::string_view format, std::string_view why) {
  return fail(Reason::content_type,
              std::format("Loading {} data failed with Exception, please ensure data is in {} "
                          "format:\n {}",
                          format, format, why));
}

Result<Rows> read_csv(std::string_view body) {
  Rows out;
  wire::CsvReader reader(wire::sniff_delimiter(body));
  const auto rows = reader.read(body, out.values);
  if (!rows) return unreadable("csv", rows.error().message);
  out.columns = reader.columns();
  return out;
}

Result<Rows> read_libsvm(std::string_view body, std::uint64_t columns) {
  wire::LibsvmReader reader(wire::LibsvmReader::Labels::optional);
  wire::SparseRows rows;
  const auto read = reader.read(body, rows);
  if (!read) return unreadable("libsvm", read.error().message);
  // A file that counts from 1 reaches one past the last column.
  const bool from_one =
      rows.columns_begin() >= 1 && columns != 0 && rows.columns_end() == columns + 1;
  if (from_one) {
    for (std::uint32_t& column : rows.columns) --column;
  }
  Rows out;
  out.sparse = true;
  out.columns = rows.columns_end();
  out.values = std::move(rows.values);
  out.indices = std::move(rows.columns);
  out.row_begin = std::move(rows.row_begin);
  return out;
}

Result<void> add_record(const wire::AialgsRecord& record, bool first, Rows& out) {
  if (!record.features) return fail(Reason::content_type, "a record without features");
  const wire::RecordTensor& features = *record.features;
  if (first) out.sparse = features.sparse();
  if (out.sparse != features.sparse())
    return fail(Reason::content_type, "some records are sparse and some are not");
  out.values.insert(out.values.end(), features.values.begin(), features.values.end());
  if (!out.sparse) {
    if (first) out.columns = features.values.size();
    if (features.values.size() != out.columns)
      return fail(Reason::content_type, "the records have different numbers of features");
    return {};
  }
  for (const std::uint64_t key : features.keys) {
    if (key >= std::numeric_limits<std::uint32_t>::max())
      return fail(Reason::content_type, "a column past what can be counted");
    out.indices.push_back(static_cast<std::uint32_t>(key));
    out.columns = std::max(out.columns, key + 1);
  }
  out.row_begin.push_back(out.values.size());
  return {};
}

Result<Rows> read_records(std::string_view body) {
  Rows out;
  wire::RecordReader reader(body);
  while (true) {
    const auto bytes = reader.next();
    if (!bytes) return unreadable("recordio-protobuf", bytes.error().message);
    if (!*bytes) return out;
    const auto record = wire::read_aialgs_record(**bytes);
    const auto added = record ? add_record(*record, reader.records() == 1, out)
                              : Result<void>(fail(record.error()));
    if (!added) {
      return unreadable("recordio-protobuf",
                        std::format("record {}: {}", reader.records(), added.error().message));
    }
  }
}

/// The numbers of one row, in any of the forms that SageMaker's algorithms take.
const json::array* numbers_of(const json::value& instance) {
  if (instance.is_array()) return &instance.get_array();
  if (!instance.is_object()) return nullptr;
  const json::object& object = instance.get_object();
  if (const auto* features = json::array_at(object, "features")) return features;
  const auto* data = json::object_at(object, "data");
  const auto* features = data == nullptr ? nullptr : json::object_at(*data, "features");
  return features == nullptr ? nullptr : json::array_at(*features, "values");
}

Result<void> add_instance(const json::value& instance, std::size_t number, Rows& out) {
  const auto bad = [number](std::string_view what) {
    return unreadable("json", std::format("instance {}: {}", number, what));
  };
  const json::array* numbers = numbers_of(instance);
  if (numbers == nullptr)
    return bad(
        "a row is [1, 2, …], {\"features\": […]} or {\"data\": {\"features\": {\"values\": […]}}}");
  if (number == 1) out.columns = numbers->size();
  if (numbers->size() != out.columns) {
    return bad(std::format("{} features; the first one has {}", numbers->size(), out.columns));
  }
  for (const json::value& each : *numbers) {
    if (each.is_null()) {
      out.values.push_back(std::numeric_limits<float>::quiet_NaN());
    } else if (each.is_number()) {
      out.values.push_back(static_cast<float>(each.to_number<double>()));
    } else {
      return bad(std::format("`{}` is not a number", json::write(each).substr(0, 24)));
    }
  }
  return {};
}

Result<Rows> read_json(std::string_view body) {
  const auto parsed = json::parse(body, kJsonBytesMax);
  if (!parsed) return unreadable("json", parsed.error().message);
  const json::value* instances = &*parsed;
  if (parsed->is_object()) {
    const json::value* named = json::find(*parsed, "instances");
    if (named != nullptr) instances = named;
  }
  Rows out;
  const bool rows = instances->is_array() && !instances->get_array().empty() &&
                    !instances->get_array().front().is_number() &&
                    !instances->get_array().front().is_null();
  if (!rows) {
    WEFT_CHECK(add_instance(*instances, 1, out));
    return out;
  }
  std::size_t number = 0;
  for (const json::value& instance : instances->get_array())
    WEFT_CHECK(add_instance(instance, ++number, out));
  return out;
}

Result<Rows> read_json_lines(std::string_view body) {
  Rows out;
  std::size_t number = 0;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto instance = json::parse(line, kJsonBytesMax);
    if (!instance)
      return unreadable("jsonlines",
                        std::format("line {}: {}", number + 1, instance.error().message));
    WEFT_CHECK(add_instance(*instance, ++number, out));
  }
  return out;
}

/// A row's scores: a number, or a list of them as Python writes it.
void append_row(std::string& out, Scores scores, std::size_t row) {
  const auto of = scores.values.subspan(row * scores.width, scores.width);
  if (of.size() == 1) return append_number(out, of[0]);
  out += '[';
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (i > 0) out += ", ";
    append_number(out, of[i]);
  }
  out += ']';
}

/// JSON has no word for what is no number.
void append_json_row(std::string& out, Scores scores, std::size_t row) {
  out += R"({"score":)";
  const auto of = scores.values.subspan(row * scores.width, scores.width);
  const auto add = [&](float value) {
    if (std::isfinite(value)) {
      append_number(out, value);
    } else {
      out += "null";
    }
  };
  if (of.size() == 1) {
    add(of[0]);
  } else {
    out += '[';
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (i > 0) out += ',';
      add(of[i]);
    }
    out += ']';
  }
  out += '}';
}

std::string csv_of(Scores scores, std::size_t rows) {
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    if (row > 0) out += ',';
    append_row(out, scores, row);
  }
  return out;
}

std::string json_of(Scores scores, std::size_t rows) {
  std::string out = R"({"predictions":[)";
  for (std::size_t row = 0; row < rows; ++row) {
    if (row > 0) out += ',';
    append_json_row(out, scores, row);
  }
  return out + "]}";
}

std::string json_lines_of(Scores scores, std::size_t rows) {
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    append_json_row(out, scores, row);
    out += '\n';
  }
  return out;
}

std::string records_of(Scores scores, std::size_t rows) {
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto of = scores.values.subspan(row * scores.width, scores.width);
    wire::write_record(out, wire::write_aialgs_labels({{"score", {of.begin(), of.end()}}}));
  }
  return out;
}

}  // namespace

Result<Rows> read_rows(std::string_view content_type, std::string_view body,
                       std::uint64_t columns) {
  const std::string type = media_type(content_type);
  if (type.empty() || type == kCsv) return read_csv(body);
  if (type == "text/libsvm" || type == "text/x-libsvm") return read_libsvm(body, columns);
  if (type == kRecords) return read_records(body);
  if (type == kJson) return read_json(body);
  if (type == kJsonLines || type == "application/x-jsonlines" || type == "application/x-ndjson")
    return read_json_lines(body);
  return fail(Reason::content_type,
              std::format("Content-type {} not supported. Supported content-type is text/csv, "
                          "text/libsvm, application/x-recordio-protobuf, application/json, "
                          "application/jsonlines",
                          type));
}

Result<Answer> write_scores(std::string_view accept, Scores scores) {
  const std::size_t rows = scores.width == 0 ? 0 : scores.values.size() / scores.width;
  // The first of several that can be had.
  for (std::string_view rest = accept;;) {
    const auto end = std::min(rest.find(','), rest.size());
    const std::string type = media_type(rest.substr(0, end));
    if (type.empty() || type == "*/*" || type == kCsv || type == "text/*")
      return Answer{.type = kCsv, .body = csv_of(scores, rows)};
    if (type == kJson) return Answer{.type = kJson, .body = json_of(scores, rows)};
    if (type == kJsonLines) return Answer{.type = kJsonLines, .body = json_lines_of(scores, rows)};
    if (type == kRecords) return Answer{.type = kRecords, .body = records_of(scores, rows)};
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return fail(Reason::unsupported,
              std::format("Accept type {} is not supported. Please use supported accept types: "
                          "application/json, application/jsonlines, "
                          "application/x-recordio-protobuf, text/csv.",
                          accept));
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
    return;
  }
  const double size = std::abs(value);
  const bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 32> text{};
  const auto made = std::to_chars(text.data(), text.data() + text.size(), value,
                                  plain ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view digits(text.data(), made.ptr);
  out += digits;
  if (plain && !digits.contains('.')) out += ".0";
}

}  // namespace weft::ml
