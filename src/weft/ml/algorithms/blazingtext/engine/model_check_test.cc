#include "weft/ml/algorithms/blazingtext/engine/model_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <format>
#include <fstream>
#include <limits>

#include "weft/ml/algorithms/blazingtext/engine/library.h"
#include "weft/ml/algorithms/blazingtext/engine/testing.h"

namespace weft::ml::blazingtext {
namespace {

constexpr const char* kModels[] = {"plain.bin", "grams.bin", "pruned.ftz", "ranked.bin",
                                   "words.bin"};

std::string golden(std::string_view name) {
  const auto out = read_file(blazingtext::golden() / name, 1 << 20);
  EXPECT_TRUE(out.has_value()) << name;
  return out.value_or("");
}

std::string why(std::string_view bytes) {
  const auto checked = check_model(bytes);
  return checked ? std::string() : checked.error().message;
}

/// The model with other bytes in one place.
template <class T>
std::string with(std::string bytes, std::size_t at, T value) {
  WEFT_ASSERT(at + sizeof(T) <= bytes.size());
  std::memcpy(bytes.data() + at, &value, sizeof(T));
  return bytes;
}

// Where the fields are: the signature, then args.cc, then dictionary.cc of fastText.
constexpr std::size_t kVersion = 4;
constexpr std::size_t kDim = 8;
constexpr std::size_t kWordNgrams = 28;
constexpr std::size_t kLoss = 32;
constexpr std::size_t kModel = 36;
constexpr std::size_t kBucket = 40;
constexpr std::size_t kMaxn = 48;
constexpr std::size_t kSize = 64;
constexpr std::size_t kWords = 68;
constexpr std::size_t kLabels = 72;
constexpr std::size_t kPruned = 84;
constexpr std::size_t kEntries = 92;

TEST(BlazingtextModelCheck, RealModelsPass) {
  for (const char* name : kModels) EXPECT_EQ(why(golden(name)), "") << name;
}

TEST(BlazingtextModelCheck, WhatIsNoModelIsNamed) {
  for (const char* text : {"", "hello", "\xba\x16\x4f"})
    EXPECT_EQ(why(text),
              "this is no model of fastText (a .bin or .ftz file, as its program saves it)");
  EXPECT_EQ(why(with(golden("plain.bin"), kVersion, 13)),
            "this is a model of fastText's format 13; the library knows formats up to 12");
}

TEST(BlazingtextModelCheck, EveryNumberThatCanLie) {
  const auto bad = [](std::string_view model, std::size_t at, auto value) {
    const std::string out = why(with(golden(model), at, value));
    EXPECT_TRUE(out.starts_with("the model is damaged: ")) << model << at << out;
    return out.substr(std::min<std::size_t>(out.size(), 22));
  };
  EXPECT_EQ(bad("plain.bin", kDim, 0), "`dim` cannot be 0");
  EXPECT_TRUE(bad("plain.bin", kDim, 5).starts_with("its input matrix has "));
  EXPECT_EQ(bad("plain.bin", kWordNgrams, -1), "`wordNgrams` cannot be -1");
  EXPECT_EQ(bad("plain.bin", kWordNgrams, 2), "it has n-grams, but no buckets for them");
  EXPECT_EQ(bad("plain.bin", kLoss, 5), "`loss` cannot be 5");
  EXPECT_EQ(bad("plain.bin", kModel, 0), "`model` cannot be 0");
  EXPECT_EQ(bad("grams.bin", kBucket, 0), "it has n-grams, but no buckets for them");
  EXPECT_EQ(bad("grams.bin", kBucket, -90), "`bucket` cannot be -90");
  EXPECT_TRUE(bad("grams.bin", kBucket, 91).starts_with("its input matrix has 4"));
  EXPECT_EQ(bad("grams.bin", kMaxn, -1), "`maxn` cannot be -1");
  EXPECT_EQ(bad("plain.bin", kSize, 0), "its 0 entries are not 311 words and 3 labels");
  EXPECT_EQ(bad("plain.bin", kSize, 315), "its 315 entries are not 311 words and 3 labels");
  EXPECT_EQ(bad("plain.bin", kWords, 312), "its 314 entries are not 312 words and 3 labels");
  EXPECT_EQ(bad("plain.bin", kWords, -1), "its 314 entries are not -1 words and 3 labels");
  EXPECT_EQ(bad("plain.bin", kLabels, 0), "its 314 entries are not 311 words and 0 labels");
  EXPECT_EQ(bad("grams.bin", kPruned, std::int64_t{91}), "`pruneidx_size` cannot be 91");
  EXPECT_EQ(bad("grams.bin", kPruned, std::int64_t{-2}), "`pruneidx_size` cannot be -2");
  // The first word is `</s>`: its end, its count, its type.
  const std::size_t type = kEntries + 5 + 8;
  EXPECT_EQ(bad("plain.bin", type, std::int8_t{1}), "entry 0 is no word");
  EXPECT_EQ(why(with(golden("plain.bin"), kEntries + 5, std::int64_t{-1})), "")
      << "how often a word was seen matters for its training alone";
}

TEST(BlazingtextModelCheck, ATreeThatWouldBeNone) {
  const std::string model = golden("ranked.bin");
  const auto label = model.find(std::string_view("__label__0\0", 11));
  ASSERT_NE(label, model.npos);
  EXPECT_EQ(why(with(model, label + 11, std::int64_t{0})),
            "the model is damaged: entry 311 cannot have been seen 0 times");
  EXPECT_EQ(why(with(model, label + 11, std::int64_t{1} << 52)),
            "the model is damaged: entry 311 cannot have been seen 4503599627370496 times");
  EXPECT_EQ(why(with(model, label + 11, std::int64_t{299})),
            "the model is damaged: entry 312 cannot have been seen 300 times")
      << "counts fall";
}

TEST(BlazingtextModelCheck, WordsWithoutEnd) {
  std::string model = golden("words.bin").substr(0, kEntries);
  model = with(model, kSize, 2'000);
  model = with(model, kWords, 2'000);
  model = with(model, kLabels, 0);
  model = with(model, kMaxn, 1'000);
  for (int i = 0; i < 2'000; ++i) model += std::string(2'000, 'a') + std::string(1 + 8 + 1, '\0');
  EXPECT_EQ(why(model), "the model is damaged: its words have more than 2000000000 parts");
}

TEST(BlazingtextModelCheck, QuantisedMatrices) {
  const std::string model = golden("pruned.ftz");
  // Behind the dictionary: quant, then qnorm, rows, columns, codesize, codes, the quantiser.
  std::size_t at = model.find(std::string_view("__label__", 9));
  for (int label = 0; label < 3; ++label) at = model.find('\0', at + 1) + 1 + 8 + 1;
  std::int64_t pruned = 0;
  std::memcpy(&pruned, model.data() + kPruned, sizeof(pruned));
  ASSERT_GT(pruned, 0);
  const std::size_t index = at;
  at += static_cast<std::size_t>(pruned) * 8;
  ASSERT_EQ(model[at], 1) << "quant";
  EXPECT_EQ(why(with(model, index, 90)), "the model is damaged: `pruneidx` cannot be 90");
  EXPECT_EQ(why(with(model, index + 4, static_cast<std::int32_t>(pruned))),
            std::format("the model is damaged: `pruneidx` cannot be {}", pruned));
  EXPECT_EQ(why(with(model, at, std::int8_t{0})),
            "the model is damaged: its n-grams are pruned, but its matrix is not quantised");
  EXPECT_EQ(why(with(model, at, std::int8_t{2})),
            "the model is damaged: `quant` is neither yes nor no");
  EXPECT_EQ(why(with(model, at + 1, std::int8_t{7})),
            "the model is damaged: `qnorm` is neither yes nor no");
  EXPECT_TRUE(why(with(model, at + 2, std::int64_t{329})).contains("has 329 rows of 5"));
  EXPECT_TRUE(why(with(model, at + 2, std::int64_t{331})).contains("codes for 331 rows of 3"));
  const std::size_t codes = at + 2 + 16;
  EXPECT_TRUE(why(with(model, codes, -1)).starts_with("the model is damaged: "));
  const std::size_t quantiser = codes + 4 + 330 * 3;
  EXPECT_EQ(why(with(model, quantiser, 6)),
            "the model is damaged: `dim of a quantiser` cannot be 6");
  EXPECT_TRUE(why(with(model, quantiser + 4, 2)).contains("cannot be cut in 2 parts of 2"));
  EXPECT_TRUE(why(with(model, quantiser + 8, 0)).contains("`dsub` cannot be 0"));
  EXPECT_TRUE(why(with(model, quantiser + 12, 2)).contains("the last of 2"));
  EXPECT_EQ(why(with(model, quantiser + 16, std::numeric_limits<float>::quiet_NaN())),
            "the model is damaged: a centroid cannot be nan");
  EXPECT_TRUE(why(with(model, quantiser + 16, 1e30F)).contains("a centroid cannot be 1e+30"));
}

TEST(BlazingtextModelCheck, WhatIsCutOffOrGoesOnIsFound) {
  for (const char* name : kModels) {
    const std::string bytes = golden(name);
    for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 61)
      EXPECT_NE(why(std::string_view(bytes).substr(0, size)), "") << name << size;
    EXPECT_EQ(why(bytes + "x"), "the model is damaged: there is more behind its end") << name;
  }
}

TEST(BlazingtextModelCheck, MutantsThatPassDoNoHarm) {
  store::testing::TemporaryDirectory folder;
  const auto file = folder.path() / "model.bin";
  std::uint32_t random = 7;
  const auto next = [&] { return (random = random * 1'664'525 + 1'013'904'223) >> 8; };
  int loaded = 0;
  for (const char* name : kModels) {
    const std::string bytes = golden(name);
    // With vectors of words the library makes a table of forty megabytes each time.
    const int mutants = std::string_view(name) == "words.bin" ? 30 : 120;
    for (int i = 0; i < mutants; ++i) {
      std::string mutant = bytes;
      for (int change = 0; change < 3; ++change) {
        const std::size_t at = next() % 3 == 0 ? next() % 100 : next() % mutant.size();
        mutant[at] = static_cast<char>(next());
      }
      if (!check_model(mutant)) continue;
      std::ofstream(file, std::ios::trunc) << mutant;
      const auto model = TextModel::load(file);
      if (!model) continue;
      ++loaded;
      (void)model->vector_of("word7");
      if (model->supervised()) (void)model->predict("word7 thing3 of1 nothing", 3);
    }
  }
  EXPECT_GT(loaded, 200);
}

TEST(BlazingtextModelCheck, ValuesThatAreNoNumbersAreRefusedWhenAsked) {
  store::testing::TemporaryDirectory folder;
  const auto file = folder.path() / "model.bin";
  std::string bytes = golden("plain.bin");
  // The last number of the output matrix.
  bytes = with(bytes, bytes.size() - 4, std::numeric_limits<float>::quiet_NaN());
  std::ofstream(file) << bytes;
  const auto model = TextModel::load(file);
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->predict("word7", 1).error().message, "fastText: Encountered NaN.");
}

}  // namespace
}  // namespace weft::ml::blazingtext
