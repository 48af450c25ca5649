#include "weft/ml/jobs/metric_scan.h"

#include <re2/re2.h>

#include <algorithm>
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

  /// Each place of the line that it is found at.
  void all_in(std::string_view line, std::int64_t at_ms, std::vector<MetricPoint>& out) const {
    const int groups = pattern->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups));
    const re2::StringPiece text(line.data(), line.size());
    for (std::size_t at = 0; at < line.size();) {
      if (!pattern->Match(text, at, line.size(), re2::RE2::UNANCHORED, found.data(), groups))
        return;
      at = static_cast<std::size_t>(found[0].data() - line.data()) +
           std::max<std::size_t>(found[0].size(), 1);
      const auto value = to_number({found.back().data(), found.back().size()});
      std::string named;
      if (!value || !pattern->Rewrite(&named, name, found.data(), groups)) continue;
      out.push_back({.name = std::move(named), .value = *value, .at_ms = at_ms});
    }
  }
};

MetricScan::MetricScan(std::vector<Compiled> all, std::vector<Compiled> logged)
    : all_(std::move(all)), logged_(std::move(logged)) {}
MetricScan::MetricScan(MetricScan&&) noexcept = default;
MetricScan& MetricScan::operator=(MetricScan&&) noexcept = default;
MetricScan::~MetricScan() = default;

namespace {

Result<std::unique_ptr<re2::RE2>> compiled(std::string_view name, std::string_view pattern) {
  re2::RE2::Options options;
  options.set_max_mem(kPatternMemory);
  options.set_log_errors(false);
  auto out = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!out->ok()) {
    return fail(Reason::invalid_argument,
                std::format("metric {}: the regular expression `{}` cannot be used: {}", name,
                            pattern, out->error()));
  }
  if (out->NumberOfCapturingGroups() < 1) {
    return fail(Reason::invalid_argument,
                std::format("metric {}: the regular expression `{}` has no group (…) to take the "
                            "value from",
                            name, pattern));
  }
  return out;
}

}  // namespace

Result<MetricScan> MetricScan::create(const std::vector<MetricDefinition>& definitions,
                                      std::span<const LoggedMetric> logged) {
  std::vector<Compiled> all;
  for (const MetricDefinition& definition : definitions) {
    WEFT_TRY(auto pattern, compiled(definition.name, definition.pattern));
    all.push_back({.name = definition.name, .pattern = std::move(pattern)});
  }
  std::vector<Compiled> own;
  for (const LoggedMetric& each : logged) {
    WEFT_TRY(auto pattern, compiled(each.name, each.pattern));
    own.push_back({.name = std::string(each.name), .pattern = std::move(pattern)});
  }
  return MetricScan(std::move(all), std::move(own));
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
  const std::size_t asked = out.size();
  for (const Compiled& each : logged_) each.all_in(line, at_ms, out);
  // One that the job defines itself counts as it says.
  const auto defined = [&](const MetricPoint& point) {
    return std::ranges::find(all_, point.name, &Compiled::name) != all_.end();
  };
  out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(asked), out.end(), defined),
            out.end());
  return out;
}

}  // namespace weft::ml
