#include "weft/ml/tabular/rows.h"

#include <format>

namespace weft::ml {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// `text/csv; label_size=1` has label_size 1; empty where it is not said.
std::string_view parameter(std::string_view content_type, std::string_view name) {
  auto at = content_type.find(';');
  while (at != std::string_view::npos) {
    std::string_view field = content_type.substr(at + 1);
    at = content_type.find(';', at + 1);
    field = field.substr(0, field.find(';'));
    while (field.starts_with(' ')) field.remove_prefix(1);
    if (field.starts_with(name) && field.substr(name.size()).starts_with('='))
      return field.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

std::string_view to_string(TableFormat format) {
  switch (format) {
    case TableFormat::csv: return "csv";
    case TableFormat::libsvm: return "libsvm";
    case TableFormat::recordio: return "recordio-protobuf";
  }
  return "";
}

Result<TableFormat> table_format_from(std::string_view content_type) {
  if (content_type.empty()) return TableFormat::libsvm;
  const std::string all = lower(content_type);
  std::string_view type = std::string_view(all).substr(0, all.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type == "csv" || type == "text/csv") {
    const std::string_view label_size = parameter(all, "label_size");
    if (label_size.empty() || label_size == "1") return TableFormat::csv;
    return fail(Reason::invalid_argument,
                std::format("{} is not an accepted csv ContentType. Optional parameter label_size "
                            "must be equal to 1",
                            content_type));
  }
  if (type == "libsvm" || type == "text/libsvm" || type == "text/x-libsvm")
    return TableFormat::libsvm;
  if (type == "recordio-protobuf" || type == "application/x-recordio-protobuf")
    return TableFormat::recordio;
  if (type == "parquet" || type == "application/x-parquet") {
    return fail(Reason::invalid_argument,
                std::format("{} is not supported by weft: write the data as csv or "
                            "recordio-protobuf",
                            content_type));
  }
  return fail(Reason::invalid_argument,
              std::format("{} is not an accepted ContentType: csv, libsvm, recordio-protobuf, "
                          "text/csv, text/libsvm, text/x-libsvm, "
                          "application/x-recordio-protobuf.",
                          content_type));
}

std::size_t Rows::rows() const {
  if (sparse) return row_begin.size() - 1;
  return columns == 0 ? labels.size() : values.size() / columns;
}

void Rows::clear() {
  values.clear();
  row_begin.assign(1, 0);
  indices.clear();
  labels.clear();
  weights.clear();
  groups.clear();
}

}  // namespace weft::ml
