#include "weft/dialogue/router/affinity.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "weft/dialogue/router/terms.h"

static_assert(std::endian::native == std::endian::little, "the table is read as it lies");

namespace weft::dialogue {
namespace {

constexpr std::string_view kMagic = "WEFTAFF1";
constexpr float kRaritySteps = 255;
constexpr float kVectorSteps = 127;

struct Header {
  std::uint32_t dims;
  std::uint32_t words;
  std::uint32_t paired;
  std::uint32_t twos;
  float steps[4];
};

/// Takes from the front of the bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  bool take(std::size_t count, std::string_view& out) {
    if (left_.size() < count) return false;
    out = left_.substr(0, count);
    left_.remove_prefix(count);
    return true;
  }
  bool hashes(std::size_t count, std::vector<std::uint32_t>& out) {
    std::string_view bytes;
    if (!take(count * sizeof(std::uint32_t), bytes)) return false;
    out.resize(count);
    if (count > 0) std::memcpy(out.data(), bytes.data(), bytes.size());
    return std::ranges::is_sorted(out);
  }
  bool rows(std::size_t count, float step, VectorTable& out) {
    std::string_view bytes;
    if (!std::isfinite(step) || !take(count * kAffinityDims, bytes)) return false;
    out.step = step;
    out.rows = {reinterpret_cast<const std::int8_t*>(bytes.data()), bytes.size()};
    return true;
  }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

std::uint32_t place(const std::vector<std::uint32_t>& sorted, std::uint32_t hash) {
  const auto at = std::ranges::lower_bound(sorted, hash);
  return at == sorted.end() || *at != hash ? ~0U : static_cast<std::uint32_t>(at - sorted.begin());
}

void add(WordVector& sum, const VectorTable& table, std::uint32_t row, float weight) {
  const std::int8_t* from = table.rows.data() + std::size_t{row} * kAffinityDims;
  const float factor = weight * table.step;
  for (std::size_t i = 0; i < kAffinityDims; ++i) sum[i] += factor * static_cast<float>(from[i]);
}

template <class T>
void put(std::string& out, const T* from, std::size_t count) {
  out.append(reinterpret_cast<const char*>(from), count * sizeof(T));
}

float step_of(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest > 0 ? largest / kVectorSteps : 1;
}

void put_rows(std::string& out, const std::vector<float>& values) {
  const float step = step_of(values);
  for (const float value : values)
    out += static_cast<char>(static_cast<std::int8_t>(std::lround(value / step)));
}

}  // namespace

float dot(const WordVector& a, const WordVector& b) {
  float sum = 0;
  for (std::size_t i = 0; i < kAffinityDims; ++i) sum += a[i] * b[i];
  return sum;
}

void normalize(WordVector& vector) {
  const float square = dot(vector, vector);
  if (square <= 0) return;
  for (float& each : vector) each /= std::sqrt(square);
}

Result<Affinity> Affinity::read(std::string_view bytes) {
  const auto broken = fail(Reason::invalid_argument, "this is no table of affinities");
  Reader reader(bytes);
  std::string_view magic;
  std::string_view head;
  if (!reader.take(kMagic.size(), magic) || magic != kMagic) return broken;
  Header header;
  if (!reader.take(sizeof(Header), head)) return broken;
  std::memcpy(&header, head.data(), sizeof(Header));
  if (header.dims != kAffinityDims) return broken;
  Affinity out;
  std::string_view rarity;
  const bool whole = reader.hashes(header.words, out.words_) &&
                     reader.hashes(header.paired, out.paired_) &&
                     reader.hashes(header.twos, out.twos_) && reader.take(header.words, rarity) &&
                     reader.rows(header.words, header.steps[0], out.meaning_) &&
                     reader.rows(header.paired, header.steps[1], out.asked_) &&
                     reader.rows(header.paired, header.steps[2], out.offered_) &&
                     reader.rows(header.twos, header.steps[3], out.asked_twos_) && reader.empty();
  if (!whole) return broken;
  out.rarity_ = {reinterpret_cast<const std::uint8_t*>(rarity.data()), rarity.size()};
  return out;
}

float Affinity::rarity(std::uint32_t word) const {
  const std::uint32_t row = place(words_, word);
  return row == kNowhere ? 1 : static_cast<float>(rarity_[row]) / kRaritySteps;
}

WordVector Affinity::meaning(std::span<const std::string> words) const {
  WordVector out{};
  for (const std::string& word : words) {
    const std::uint32_t row = place(words_, word_hash(word));
    if (row != kNowhere) add(out, meaning_, row, static_cast<float>(rarity_[row]) / kRaritySteps);
  }
  normalize(out);
  return out;
}

WordVector Affinity::asked(std::span<const std::string> words) const {
  WordVector out{};
  float square = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint32_t hash = word_hash(words[i]);
    if (const std::uint32_t row = place(paired_, hash); row != kNowhere) {
      const float weight = rarity(hash);
      add(out, asked_, row, weight);
      square += weight * weight;
    }
    if (i + 1 == words.size()) break;
    if (const std::uint32_t row = place(twos_, two_hash(words[i], words[i + 1])); row != kNowhere) {
      add(out, asked_twos_, row, kTwosWeight);
      square += kTwosWeight * kTwosWeight;
    }
  }
  if (square > 0) {
    for (float& each : out) each /= std::sqrt(square);
  }
  return out;
}

WordVector Affinity::offered(std::span<const WeighedWord> words) const {
  WordVector out{};
  for (const WeighedWord& word : words) {
    if (const std::uint32_t row = place(paired_, word.hash); row != kNowhere)
      add(out, offered_, row, word.weight);
  }
  return out;
}

std::string write_affinity(const AffinityParts& parts) {
  const Header header{.dims = kAffinityDims,
                      .words = static_cast<std::uint32_t>(parts.words.size()),
                      .paired = static_cast<std::uint32_t>(parts.paired.size()),
                      .twos = static_cast<std::uint32_t>(parts.twos.size()),
                      .steps = {step_of(parts.meaning), step_of(parts.asked),
                                step_of(parts.offered), step_of(parts.asked_twos)}};
  std::string out(kMagic);
  put(out, &header, 1);
  put(out, parts.words.data(), parts.words.size());
  put(out, parts.paired.data(), parts.paired.size());
  put(out, parts.twos.data(), parts.twos.size());
  for (const float each : parts.rarity) {
    const float steps = std::clamp(each, 0.0F, 1.0F) * kRaritySteps;
    out += static_cast<char>(static_cast<std::uint8_t>(std::lround(steps)));
  }
  put_rows(out, parts.meaning);
  put_rows(out, parts.asked);
  put_rows(out, parts.offered);
  put_rows(out, parts.asked_twos);
  return out;
}

}  // namespace weft::dialogue
