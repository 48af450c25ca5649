// Extraction against the English specs of Recognizers-Text, where they are at hand. A case counts
// unless its `NotSupported` or `NotSupportedByDesign` names `dotnet`, the platform that the specs
// describe: what the others lack is still asked of weft. It is right when each of its results is
// among weft's values with the same span and the same resolved value, and no value of that type
// lies apart from all of them: other readings of the same words are allowed.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <functional>
#include <iterator>
#include <print>
#include <sstream>

#include "weft/base/json.h"
#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"

namespace weft::dialogue {
namespace {

const std::filesystem::path kArchive =
    std::filesystem::path(WEFT_SOURCE) / "../shared/data/recognizers_text/specs_english.tar.xz";
constexpr std::string_view kReference = "dotnet";
constexpr std::size_t kSpecBytesMax = 4U << 20;
constexpr double kBar = 0.9;

/// A file of the archive, unpacked.
std::string spec(const std::filesystem::path& folder, const std::string& name) {
  std::ifstream in(folder / "Specs" / (name + ".json"), std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  return out.starts_with("\xEF\xBB\xBF") ? out.substr(3) : out;
}

/// What a result says, next to what weft says.
using Same = std::function<bool(const Value&, const json::object& result)>;

struct Spec {
  std::string file;
  std::vector<ValueType> types;
  Same same;
  double rate_min = 0;                       ///< 0: only reported
  std::vector<std::string_view> units = {};  ///< those that the file is about; none: all
};

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

double number_of(std::string_view text) {
  double out = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// The specs show 15 digits.
bool same_number(std::string_view a, std::string_view b) {
  const double x = number_of(a);
  const double y = number_of(b);
  return std::abs(x - y) <= 1e-13 * std::max(std::abs(x), std::abs(y));
}

const json::object& member(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const json::object* found = json::object_at(object, key);
  return found == nullptr ? kNone : *found;
}

std::string_view resolved(const json::object& result, std::string_view key) {
  return json::string_at(member(result, "Resolution"), key);
}

/// `future.date`, of a parser's result.
std::string said(const json::object& result, std::string_view tense, std::string_view key) {
  const json::object& value = member(result, "Value");
  return std::string(json::string_at(member(value, tense), key));
}

bool number(const Value& value, const json::object& result) {
  return same_number(value.canonical, resolved(result, "value"));
}

bool ordinal(const Value& value, const json::object& result) {
  std::string expected(resolved(result, "value"));
  if (expected.ends_with("+0")) expected.resize(expected.size() - 2);
  return value.canonical == expected;
}

bool percent(const Value& value, const json::object& result) {
  std::string_view expected = resolved(result, "value");
  if (expected == "null") return value.canonical.empty();
  return expected.ends_with('%') &&
         same_number(value.canonical, expected.substr(0, expected.size() - 1));
}

bool amount(const Value& value, const json::object& result) {
  const std::string_view expected = resolved(result, "value");
  return expected.empty() ? value.canonical.empty() : same_number(value.canonical, expected);
}

bool money(const Value& value, const json::object& result) {
  const std::string_view code = resolved(result, "isoCurrency");
  const std::string unit = code.empty() ? lowered(resolved(result, "unit")) : std::string(code);
  const bool pence = unit == "pence" && value.unit == "penny";
  return amount(value, result) && (value.unit == unit || pence);
}

bool quantity(const Value& value, const json::object& result) {
  std::string unit = lowered(resolved(result, "unit"));
  if (unit == "c") unit = "degree celsius";
  if (unit == "f") unit = "degree fahrenheit";
  if (unit == "k") unit = "kelvin";
  return amount(value, result) && value.unit == unit;
}

bool means(const Value& value, const std::string& text) {
  return value.canonical == text || std::ranges::find(value.others, text) != value.others.end();
}

bool date(const Value& value, const json::object& result) {
  const std::string future = said(result, "FutureResolution", "date");
  // The specs' word for a day that no calendar has.
  if (future == "0001-01-01") return value.canonical.empty();
  return value.canonical == future && means(value, said(result, "PastResolution", "date"));
}

/// `15:30:00`, where weft leaves seconds out that nobody said.
std::string with_seconds(const std::string& time) {
  return std::ranges::count(time, ':') == 1 ? time + ":00" : time;
}

bool time_of_day(const Value& value, const json::object& result) {
  return with_seconds(value.canonical) == said(result, "FutureResolution", "time");
}

std::string moment(std::string text) {
  std::ranges::replace(text, ' ', 'T');
  return text;
}

bool date_time(const Value& value, const json::object& result) {
  if (with_seconds(value.canonical) != moment(said(result, "FutureResolution", "dateTime")))
    return false;
  Value full = value;
  for (std::string& other : full.others) other = with_seconds(other);
  full.canonical = with_seconds(full.canonical);
  return means(full, moment(said(result, "PastResolution", "dateTime")));
}

/// Both ends, with seconds where there are times.
std::string ends(const std::string& period) {
  const std::size_t slash = period.find('/');
  if (slash == std::string::npos) return period;
  const auto full = [](std::string end) {
    // The specs let a night end with its last second.
    if (end.ends_with("23:59")) return end + ":59";
    return end.contains(':') ? with_seconds(end) : end;
  };
  return full(period.substr(0, slash)) + "/" + full(period.substr(slash + 1));
}

Same period(std::string_view from, std::string_view to) {
  return [from = std::string(from), to = std::string(to)](const Value& value,
                                                          const json::object& result) {
    const auto expected = [&](std::string_view tense) {
      return moment(said(result, tense, from)) + "/" + moment(said(result, tense, to));
    };
    Value full = value;
    full.canonical = ends(full.canonical);
    for (std::string& other : full.others) other = ends(other);
    return full.canonical == expected("FutureResolution") &&
           means(full, expected("PastResolution"));
  };
}

/// Seconds of an ISO 8601 duration, with the specs' 30 and 365 days.
double seconds_of(std::string_view iso) {
  double out = 0;
  bool time = false;
  for (std::size_t i = 1; i < iso.size();) {
    if (iso[i] == 'T') {
      time = true;
      ++i;
      continue;
    }
    double count = 0;
    const auto end = std::from_chars(iso.data() + i, iso.data() + iso.size(), count).ptr;
    i = static_cast<std::size_t>(end - iso.data());
    if (i >= iso.size()) break;
    const double days = iso[i] == 'Y' ? 365 : iso[i] == 'M' ? 30 : iso[i] == 'W' ? 7 : 1;
    const double spans = iso[i] == 'H' ? 3600 : iso[i] == 'M' ? 60 : 1;
    out += count * (time ? spans : days * 86400);
    ++i;
  }
  return out;
}

bool duration(const Value& value, const json::object& result) {
  return seconds_of(value.canonical) == number_of(said(result, "FutureResolution", "duration"));
}

bool written(const Value& value, const json::object& result) {
  return lowered(value.canonical) == lowered(resolved(result, "value"));
}

bool phone(const Value& value, const json::object& result) {
  std::string digits;
  for (const char c : resolved(result, "value")) {
    if (c == '+' || (c >= '0' && c <= '9')) digits += c;
  }
  return value.canonical == digits;
}

bool spanned(const Value& /*value*/, const json::object& /*result*/) { return true; }

/// Bytes of so many UTF-16 units.
std::size_t bytes_of(std::string_view text, std::int64_t units) {
  std::size_t i = 0;
  while (i < text.size() && units > 0) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    units -= size == 4 ? 2 : 1;
    i += size;
  }
  return i;
}

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Span span_of(const json::object& result, std::string_view input) {
  const auto start = json::int_at(result, "Start");
  if (!start) {
    const std::string text = lowered(json::string_at(result, "Text"));
    const std::size_t at = lowered(input).find(text);
    return {at, at + text.size()};
  }
  const auto last = json::int_at(result, "End");
  const std::int64_t end = last ? *last + 1 : *start + json::int_at(result, "Length").value_or(0);
  return {bytes_of(input, *start), bytes_of(input, end)};
}

std::chrono::local_seconds reference(const json::object& test) {
  std::istringstream in(std::string(json::string_at(member(test, "Context"), "ReferenceDateTime")));
  std::chrono::local_seconds out = std::chrono::local_days{std::chrono::year{2016} / 11 / 7};
  in >> std::chrono::parse("%FT%T", out);
  return out;
}

bool counts(const json::object& test) {
  return !json::string_at(test, "NotSupported").contains(kReference) &&
         !json::string_at(test, "NotSupportedByDesign").contains(kReference);
}

/// The longest first, none over another.
std::vector<Value> longest(const Spec& spec, std::vector<Value> values) {
  std::erase_if(values, [&](const Value& v) { return !std::ranges::contains(spec.types, v.type); });
  std::ranges::stable_sort(values, std::greater{}, [](const Value& v) { return v.end - v.begin; });
  std::vector<Value> out;
  for (Value& value : values) {
    const bool over = std::ranges::any_of(
        out, [&](const Value& o) { return value.begin < o.end && o.begin < value.end; });
    if (!over) out.push_back(std::move(value));
  }
  return out;
}

bool right(const Spec& spec, const json::object& test, const std::vector<Value>& values) {
  const std::string_view input = json::string_at(test, "Input");
  const json::array* results = json::array_at(test, "Results");
  std::vector<Span> spans;
  for (const json::value& each : results == nullptr ? json::array{} : *results) {
    const json::object& result = each.as_object();
    const Span span = span_of(result, input);
    spans.push_back(span);
    const bool found = std::ranges::any_of(values, [&](const Value& value) {
      return std::ranges::contains(spec.types, value.type) && value.begin == span.begin &&
             value.end == span.end && spec.same(value, result);
    });
    if (!found) return false;
  }
  return std::ranges::all_of(values, [&](const Value& value) {
    const bool meant = spec.units.empty() || std::ranges::contains(spec.units, value.unit);
    return !meant || !std::ranges::contains(spec.types, value.type) ||
           std::ranges::any_of(spans, [&](const Span& span) {
             return value.begin < span.end && span.begin < value.end;
           });
  });
}

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-specs-XXXXXX").string();
    WEFT_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Recognizers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kArchive)) GTEST_SKIP() << "no data beside the checkout";
    const std::string command = std::format("python3 -W ignore -m tarfile -e '{}' '{}'",
                                            kArchive.string(), folder_.path().string());
    std::FILE* unpacking = ::popen(command.c_str(), "r");
    ASSERT_NE(unpacking, nullptr);
    ASSERT_EQ(::pclose(unpacking), 0) << command;
  }

  void check(const Spec& each) {
    const auto document = json::parse(spec(folder_.path(), each.file), kSpecBytesMax);
    ASSERT_TRUE(document) << each.file << ": " << document.error().message;
    std::size_t counted = 0;
    std::size_t good = 0;
    std::size_t alone = 0;
    for (const json::value& test : document->as_array()) {
      if (!counts(test.as_object())) continue;
      ++counted;
      const std::string_view input = json::string_at(test.as_object(), "Input");
      const auto values = extractor_.values(input, reference(test.as_object()));
      if (right(each, test.as_object(), values)) ++good;
      if (right(each, test.as_object(), longest(each, values))) ++alone;
    }
    ASSERT_GT(counted, 0U) << each.file;
    const double rate = static_cast<double>(good) / static_cast<double>(counted);
    std::println("{:5.1f} %  {:4} of {:4}, {:4} by the longest readings alone  {}", 100 * rate,
                 good, counted, alone, each.file);
    RecordProperty(std::filesystem::path(each.file).filename().string(),
                   std::format("{:.3f}", rate));
    EXPECT_GE(rate, each.rate_min) << each.file;
  }

  Folder folder_;
  Extractor extractor_{english()};
};

TEST_F(Recognizers, Numbers) {
  check({"Number/English/NumberModel", {ValueType::number}, number, kBar});
  check({"Number/English/OrdinalModel", {ValueType::ordinal}, ordinal, kBar});
  check({"Number/English/PercentModel", {ValueType::percent}, percent, kBar});
}

TEST_F(Recognizers, Units) {
  check({"NumberWithUnit/English/CurrencyModel", {ValueType::money}, money, kBar});
  check({"NumberWithUnit/English/DimensionModel",
         {ValueType::quantity},
         quantity,
         0,
         {"meter", "liter", "mile", "kilometer", "foot", "kilogram"}});
  check({"NumberWithUnit/English/TemperatureModel",
         {ValueType::quantity},
         quantity,
         0,
         {"degree", "degree celsius", "degree fahrenheit", "kelvin"}});
  check({"NumberWithUnit/English/AgeModel",
         {ValueType::quantity},
         quantity,
         0,
         {"year", "month", "week", "day"}});
}

TEST_F(Recognizers, Moments) {
  using enum ValueType;
  const std::string folder = "DateTime/English/";
  check({folder + "DateParser", {ValueType::date}, weft::dialogue::date, kBar});
  check({folder + "TimeParser", {time}, time_of_day, kBar});
  check({folder + "DateTimeParser", {ValueType::date_time}, weft::dialogue::date_time});
  check({folder + "DurationParser", {ValueType::duration}, weft::dialogue::duration});
  check({folder + "DatePeriodParser",
         {ValueType::period},
         weft::dialogue::period("startDate", "endDate")});
  check({folder + "TimePeriodParser",
         {ValueType::period},
         weft::dialogue::period("startTime", "endTime")});
  check({folder + "DateTimePeriodParser",
         {ValueType::period},
         weft::dialogue::period("startDateTime", "endDateTime")});
  check({folder + "DateExtractor", {ValueType::date}, spanned});
  check({folder + "TimeExtractor", {time}, spanned});
  check({folder + "DateTimeExtractor", {ValueType::date_time}, spanned});
  check({folder + "DurationExtractor", {ValueType::duration}, spanned});
  for (const char* name : {"DatePeriod", "TimePeriod", "DateTimePeriod"})
    check({std::format("{}{}Extractor", folder, name), {ValueType::period}, spanned});
}

TEST_F(Recognizers, Written) {
  const std::string folder = "Sequence/English/";
  check({folder + "PhoneNumberModel", {ValueType::phone}, phone});
  check({folder + "EmailModel", {ValueType::email}, written});
  check({folder + "URLModel", {ValueType::url}, written});
  check({folder + "QuotedTextModel", {ValueType::quoted}, spanned});
}

}  // namespace
}  // namespace weft::dialogue
