#include "weft/dialogue/slots/linear.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace weft::dialogue {
namespace {

// `WLM1`, bits, scale; then for each weight that is not 0: how many it comes after the one before
// (7 bits a byte, the lowest first, the top bit set where more follow), the weight.
constexpr std::string_view kMagic = "WLM1";
constexpr unsigned kBitsMax = 26;

template <class T>
void put(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    T out{};
    if (bytes_.size() - at_ < sizeof(T)) {
      ok_ = false;
      return out;
    }
    std::memcpy(&out, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return out;
  }
  std::size_t take_count() {
    std::size_t out = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const auto byte = take<std::uint8_t>();
      out |= static_cast<std::size_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return out;
    }
    ok_ = false;
    return out;
  }
  bool ok() const { return ok_; }
  bool done() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace

Result<LinearModel> LinearModel::read(std::string_view bytes) {
  const auto broken = [] { return fail(Reason::invalid_argument, "these are no weights"); };
  if (!bytes.starts_with(kMagic)) return broken();
  Source source(bytes.substr(kMagic.size()));
  const auto bits = source.take<std::uint32_t>();
  const auto scale = source.take<float>();
  if (!source.ok() || bits == 0 || bits > kBitsMax) return broken();
  std::vector<std::int16_t> weights(std::size_t{1} << bits, 0);
  for (std::size_t at = 0; !source.done();) {
    at += source.take_count();
    const auto weight = source.take<std::int16_t>();
    if (!source.ok() || at >= weights.size()) return broken();
    weights[at] = weight;
  }
  return LinearModel(bits, scale, std::move(weights));
}

std::string LinearModel::write() const {
  std::string out(kMagic);
  put(out, static_cast<std::uint32_t>(std::popcount(mask_)));
  put(out, scale_);
  std::size_t last = 0;
  for (std::size_t at = 0; at < weights_.size(); ++at) {
    if (weights_[at] == 0) continue;
    std::size_t distance = at - last;
    last = at;
    for (; distance >= 0x80; distance >>= 7U) out += static_cast<char>(0x80U | (distance & 0x7FU));
    out += static_cast<char>(distance);
    put(out, weights_[at]);
  }
  return out;
}

float logistic(float score) { return 1 / (1 + std::exp(-score)); }

float LinearModel::probability(const Features& features) const {
  return logistic(score(features.ids()));
}

std::uint64_t step_of(float probability) {
  std::uint64_t step = 0;
  for (const float edge : {0.05F, 0.2F, 0.5F, 0.8F, 0.95F}) step += probability > edge ? 1 : 0;
  return step;
}

}  // namespace weft::dialogue
