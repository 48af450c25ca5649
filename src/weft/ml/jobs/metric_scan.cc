#include "weft/ml/jobs/metric_scan.h"

#include <re2/re2.h>

#include <charconv>
#include <cmath>
#include <format>
#include <optional>

#include "weft/ml/logs.h"

namespace weft::ml {
namespace {

constexpr std::int64_t kPatternMemory = 8 << 20;

std::optional<double> to_number(std::string_view text) {
  double out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

}  // namespace

struct MetricScan::Compiled {
  std::string name;
  std::unique_ptr<re2::RE2> pattern;

  std::optional<double> value_in(std::string_view line) const {
    re2::StringPiece whole(line.data(), line.size());
    re2::StringPiece value;
    if (!re2::RE2::PartialMatch(whole, *pattern, &value)) return std::nullopt;
    return to_number({value.data(), value.size()});
  }
};

MetricScan::MetricScan(std::vector<Compiled> all) : all_(std::move(all)) {}
MetricScan::MetricScan(MetricScan&&) noexcept = default;
MetricScan& MetricScan::operator=(MetricScan&&) noexcept = default;
MetricScan::~MetricScan() = default;

Result<MetricScan> MetricScan::create(const std::vector<MetricDefinition>& definitions) {
  std::vector<Compiled> all;
  for (const MetricDefinition& definition : definitions) {
    re2::RE2::Options options;
    options.set_max_mem(kPatternMemory);
    options.set_log_errors(false);
    auto pattern = std::make_unique<re2::RE2>(definition.pattern, options);
    if (!pattern->ok()) {
      return fail(Reason::invalid_argument,
                  std::format("metric {}: the regular expression `{}` cannot be used: {}",
                              definition.name, definition.pattern, pattern->error()));
    }
    if (pattern->NumberOfCapturingGroups() < 1) {
      return fail(Reason::invalid_argument,
                  std::format("metric {}: the regular expression `{}` has no group (…) to take "
                              "the value from",
                              definition.name, definition.pattern));
    }
    all.push_back({.name = definition.name, .pattern = std::move(pattern)});
  }
  return MetricScan(std::move(all));
}

std::vector<MetricPoint> MetricScan::scan(std::string_view line, std::int64_t at_ms) const {
  std::vector<MetricPoint> out;
  std::string shown;
  for (const Compiled& each : all_) {
    auto value = each.value_in(line);
    if (!value) {
      if (shown.empty()) shown = shown_line(line);
      value = each.value_in(shown);
    }
    if (value) out.push_back({.name = each.name, .value = *value, .at_ms = at_ms});
  }
  return out;
}

}  // namespace weft::ml
