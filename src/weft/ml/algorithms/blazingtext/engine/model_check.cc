#include "weft/ml/algorithms/blazingtext/engine/model_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <format>
#include <limits>
#include <optional>
#include <string>

#include "weft/ml/algorithms/blazingtext/file_format.h"

namespace weft::ml::blazingtext {
namespace {

/// Models, losses: args.h of fastText.
constexpr std::int32_t kSupervised = 3;
constexpr std::int32_t kModels = 3;
constexpr std::int32_t kHierarchicalSoftmax = 1;
constexpr std::int32_t kLosses = 4;

constexpr std::int32_t kDimensionMax = 1'000'000;
/// Longer runs of words or letters are none that anybody trains with.
constexpr std::int32_t kNgramsMax = 1'000;
/// Of all words together, each of which the library keeps in memory.
constexpr std::uint64_t kPartsMax = 2'000'000'000;
/// The library's tree of labels counts no further.
constexpr std::int64_t kCountsMax = 1'000'000'000'000'000;
/// Centroids of a part of a quantised vector.
constexpr std::uint64_t kCentroids = 256;
constexpr float kCentroidMax = 1e6F;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Reason::invalid_argument, std::format("the model is damaged: {}", what));
}

class Check {
 public:
  explicit Check(std::string_view bytes) : rest_(bytes) {}

  Result<void> all() {
    WEFT_CHECK(signature());
    WEFT_CHECK(arguments());
    WEFT_CHECK(dictionary());
    WEFT_TRY(const bool quantised, flag("quant"));
    if (pruned_ >= 0 && !quantised)
      return damaged("its n-grams are pruned, but its matrix is not quantised");
    const std::uint64_t ngrams =
        pruned_ >= 0 ? static_cast<std::uint64_t>(pruned_) : static_cast<std::uint64_t>(buckets_);
    WEFT_CHECK(matrix("input", quantised, static_cast<std::uint64_t>(words_) + ngrams));
    WEFT_TRY(const bool output_quantised, flag("qout"));
    WEFT_CHECK(matrix("output", quantised && output_quantised,
                      static_cast<std::uint64_t>(supervised() ? labels_ : words_)));
    return rest_.empty() ? Result<void>() : damaged("there is more behind its end");
  }

 private:
  bool supervised() const { return model_ == kSupervised; }

  template <class T>
  Result<T> number(std::string_view name) {
    T out{};
    if (rest_.size() < sizeof(T)) return damaged(std::format("it ends before `{}`", name));
    rest_.copy(reinterpret_cast<char*>(&out), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return out;
  }

  Result<bool> flag(std::string_view name) {
    WEFT_TRY(const auto value, number<std::uint8_t>(name));
    if (value > 1) return damaged(std::format("`{}` is neither yes nor no", name));
    return value == 1;
  }

  /// One that lies within bounds.
  Result<std::int32_t> bounded(std::string_view name, std::int32_t low, std::int32_t high) {
    WEFT_TRY(const auto value, number<std::int32_t>(name));
    if (value < low || value > high) return damaged(std::format("`{}` cannot be {}", name, value));
    return value;
  }

  Result<void> skip(std::string_view name, std::uint64_t bytes) {
    if (bytes > rest_.size())
      return damaged(std::format("it ends before all of `{}` is there", name));
    rest_.remove_prefix(static_cast<std::size_t>(bytes));
    return {};
  }

  Result<void> signature() {
    const auto magic = number<std::int32_t>("magic");
    if (!magic || *magic != kMagic) {
      return fail(Reason::invalid_argument,
                  "this is no model of fastText (a .bin or .ftz file, as its program saves it)");
    }
    WEFT_TRY(version_, number<std::int32_t>("version"));
    if (version_ > kVersionMax) {
      return fail(Reason::invalid_argument,
                  std::format("this is a model of fastText's format {}; the library knows formats "
                              "up to {}",
                              version_, kVersionMax));
    }
    return {};
  }

  Result<void> arguments() {
    constexpr std::int32_t kAny = std::numeric_limits<std::int32_t>::max();
    WEFT_TRY(dimension_, bounded("dim", 1, kDimensionMax));
    for (const char* unused : {"ws", "epoch", "minCount", "neg"})
      WEFT_CHECK(number<std::int32_t>(unused));
    WEFT_TRY(const std::int32_t word_ngrams, bounded("wordNgrams", 0, kNgramsMax));
    WEFT_TRY(loss_, bounded("loss", 1, kLosses));
    WEFT_TRY(model_, bounded("model", 1, kModels));
    WEFT_TRY(buckets_, bounded("bucket", 0, kAny));
    WEFT_TRY(letters_min_, bounded("minn", 0, kNgramsMax));
    WEFT_TRY(letters_max_, bounded("maxn", 0, kNgramsMax));
    // What the library makes of models of old (FastText::loadModel).
    if (version_ == 11 && supervised()) letters_max_ = 0;
    WEFT_CHECK(number<std::int32_t>("lrUpdateRate"));
    WEFT_CHECK(number<double>("t"));
    const bool hashes = word_ngrams > 1 || letters_max_ > 0;
    if (buckets_ == 0 && hashes) return damaged("it has n-grams, but no buckets for them");
    return {};
  }

  Result<void> dictionary() {
    WEFT_TRY(const auto size, number<std::int32_t>("size"));
    WEFT_TRY(words_, number<std::int32_t>("nwords"));
    WEFT_TRY(labels_, number<std::int32_t>("nlabels"));
    WEFT_CHECK(number<std::int64_t>("ntokens"));
    WEFT_TRY(pruned_, number<std::int64_t>("pruneidx_size"));
    if (size < 1 || words_ < 0 || labels_ < 0 || words_ > size || size - words_ != labels_)
      return damaged(
          std::format("its {} entries are not {} words and {} labels", size, words_, labels_));
    if (supervised() && labels_ == 0) return damaged("it has no labels");
    if (!supervised() && words_ == 0) return damaged("it has no words");
    if (pruned_ < -1 || pruned_ > buckets_)
      return damaged(std::format("`pruneidx_size` cannot be {}", pruned_));
    for (std::int32_t i = 0; i < size; ++i) WEFT_CHECK(entry(i));
    for (std::int64_t i = 0; i < pruned_; ++i) {
      WEFT_CHECK(bounded("pruneidx", 0, buckets_ - 1));
      WEFT_CHECK(bounded("pruneidx", 0, static_cast<std::int32_t>(pruned_) - 1));
    }
    return {};
  }

  Result<void> entry(std::int32_t i) {
    const auto end = rest_.find('\0');
    if (end == rest_.npos) return damaged(std::format("entry {} has no end", i));
    count_parts(end);
    if (parts_ > kPartsMax)
      return damaged(std::format("its words have more than {} parts", kPartsMax));
    rest_.remove_prefix(end + 1);
    WEFT_TRY(const auto count, number<std::int64_t>("count"));
    WEFT_TRY(const auto type, number<std::int8_t>("type"));
    if (type != (i < words_ ? 0 : 1))
      return damaged(std::format("entry {} is {}", i, i < words_ ? "no word" : "no label"));
    return loss_ == kHierarchicalSoftmax ? ranked(i, count) : Result<void>();
  }

  /// The library puts each of them together, letter by letter: from every letter on, up to the
  /// longest (the marks for the word's begin and end are letters too).
  void count_parts(std::uint64_t letters) {
    parts_ += (letters + 2) * std::min<std::uint64_t>(letters_max_, letters + 2);
  }

  /// Its tree is built from counts that fall, and is only as deep as they are few.
  Result<void> ranked(std::int32_t i, std::int64_t count) {
    const bool target = supervised() == (i >= words_);
    if (!target) return {};
    const std::int64_t before = last_count_.value_or(kCountsMax);
    if (count < 1 || count > before || count > kCountsMax - counted_)
      return damaged(std::format("entry {} cannot have been seen {} times", i, count));
    last_count_ = count;
    counted_ += count;
    return {};
  }

  Result<void> matrix(std::string_view name, bool quantised, std::uint64_t rows_wanted) {
    bool norms = false;
    if (quantised) {
      WEFT_TRY(norms, flag("qnorm"));
    }
    WEFT_TRY(const auto rows, number<std::int64_t>(name));
    WEFT_TRY(const auto columns, number<std::int64_t>(name));
    // Labels and words have a row each; what else is hashed has room at least.
    const bool enough = name == "output"
                            ? static_cast<std::uint64_t>(rows) == rows_wanted
                            : rows >= 0 && static_cast<std::uint64_t>(rows) >= rows_wanted;
    if (!enough || columns != dimension_) {
      return damaged(std::format("its {} matrix has {} rows of {}; its words need {} of {}", name,
                                 rows, columns, rows_wanted, dimension_));
    }
    const auto count = static_cast<std::uint64_t>(rows);
    if (!quantised) {
      if (count > rest_.size() / sizeof(float) / static_cast<std::uint64_t>(dimension_))
        return damaged(std::format("it ends before all of its {} matrix is there", name));
      return skip(name, count * static_cast<std::uint64_t>(dimension_) * sizeof(float));
    }
    WEFT_TRY(const auto codes, number<std::int32_t>("codesize"));
    WEFT_CHECK(skip("codes", static_cast<std::uint64_t>(std::max(codes, 0))));
    WEFT_TRY(const std::int32_t parts, quantiser(dimension_));
    if (codes < 0 || count > static_cast<std::uint64_t>(codes) ||
        count * static_cast<std::uint64_t>(parts) != static_cast<std::uint64_t>(codes)) {
      return damaged(
          std::format("its {} matrix has {} codes for {} rows of {}", name, codes, count, parts));
    }
    if (!norms) return {};
    WEFT_CHECK(skip("norms", count));
    WEFT_CHECK(quantiser(1));
    return {};
  }

  /// Gives in how many parts a vector is cut.
  Result<std::int32_t> quantiser(std::int32_t dimension) {
    WEFT_CHECK(bounded("dim of a quantiser", dimension, dimension));
    WEFT_TRY(const auto parts, number<std::int32_t>("nsubq"));
    WEFT_TRY(const auto width, bounded("dsub", 1, kDimensionMax));
    WEFT_TRY(const auto last, number<std::int32_t>("lastdsub"));
    const std::int32_t over = dimension % width;
    if (parts != dimension / width + (over == 0 ? 0 : 1) || last != (over == 0 ? width : over))
      return damaged(std::format("a vector of {} cannot be cut in {} parts of {}, the last of {}",
                                 dimension, parts, width, last));
    WEFT_CHECK(centroids(static_cast<std::uint64_t>(dimension) * kCentroids));
    return parts;
  }

  /// What is added up from them stays a number, which the library does not look at here.
  Result<void> centroids(std::uint64_t count) {
    const std::string_view bytes = rest_;
    WEFT_CHECK(skip("centroids", count * sizeof(float)));
    for (std::uint64_t i = 0; i < count; ++i) {
      float value = 0;
      std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
      if (!(std::fabs(value) <= kCentroidMax))
        return damaged(std::format("a centroid cannot be {}", value));
    }
    return {};
  }

  std::string_view rest_;
  std::int32_t version_ = 0;
  std::int32_t dimension_ = 0;
  std::int32_t loss_ = 0;
  std::int32_t model_ = 0;
  std::int32_t buckets_ = 0;
  std::int32_t letters_min_ = 0;
  std::int32_t letters_max_ = 0;
  std::int32_t words_ = 0;
  std::int32_t labels_ = 0;
  std::int64_t pruned_ = -1;
  std::uint64_t parts_ = 0;
  std::optional<std::int64_t> last_count_;
  std::int64_t counted_ = 0;
};

}  // namespace

Result<void> check_model(std::string_view bytes) { return Check(bytes).all(); }

}  // namespace weft::ml::blazingtext
