#include "weft/dialogue/training/affinity/word_vectors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <unordered_map>

#include "weft/dialogue/router/affinity.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kDims = kAffinityDims;
constexpr int kRounds = 4;
constexpr int kNegatives = 5;
constexpr float kRateFirst = 0.05F;
constexpr float kRateLast = 1e-4F;
/// Words more frequent than this are left out now and then.
constexpr double kOften = 5e-4;
constexpr double kNegativePower = 0.75;
constexpr std::uint64_t kSeed = 7;

class Training {
 public:
  Training(std::span<const Sentence> sentences, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), random_(kSeed) {
    std::unordered_map<std::string_view, std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < vocabulary.words.size(); ++i)
      numbers.emplace(vocabulary.words[i], i);
    sentences_.reserve(sentences.size());
    for (const Sentence& sentence : sentences) {
      Numbered& known = sentences_.emplace_back();
      known.window = sentence.window;
      for (const std::string& word : sentence.words) {
        if (const auto at = numbers.find(word); at != numbers.end())
          known.words.push_back(at->second);
      }
    }
    const std::size_t size = vocabulary.words.size() * kDims;
    vectors_.resize(size);
    contexts_.assign(size, 0);
    for (float& each : vectors_) each = (uniform() - 0.5F) / static_cast<float>(kDims);
    for (std::uint32_t i = 0; i < vocabulary.words.size(); ++i) {
      const double share = std::pow(static_cast<double>(vocabulary.counts[i]), kNegativePower);
      negatives_.insert(negatives_.end(), std::max<std::size_t>(1, std::size_t(share)), i);
    }
  }

  std::vector<float> run() {
    const auto all = static_cast<double>(sentences_.size()) * kRounds;
    double done = 0;
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = sentences_.size(); i-- > 1;)
        std::swap(sentences_[i], sentences_[random_() % (i + 1)]);
      for (const Numbered& sentence : sentences_) {
        rate_ = kRateFirst * static_cast<float>(1 - done++ / all) + kRateLast;
        train(thinned(sentence.words), sentence.window);
      }
    }
    return std::move(vectors_);
  }

 private:
  struct Numbered {
    std::vector<std::uint32_t> words;
    std::size_t window = 1;
  };
  float uniform() { return static_cast<float>(random_() >> 40) / static_cast<float>(1U << 24); }

  std::vector<std::uint32_t> thinned(const std::vector<std::uint32_t>& sentence) {
    std::vector<std::uint32_t> out;
    out.reserve(sentence.size());
    for (const std::uint32_t word : sentence) {
      const double share =
          static_cast<double>(vocabulary_.counts[word]) / static_cast<double>(vocabulary_.total);
      if (share > kOften && uniform() > std::sqrt(kOften / share)) continue;
      out.push_back(word);
    }
    return out;
  }

  void train(const std::vector<std::uint32_t>& sentence, std::size_t window_max) {
    for (std::size_t at = 0; at < sentence.size(); ++at) {
      const std::size_t window = 1 + random_() % window_max;
      const std::size_t begin = at > window ? at - window : 0;
      const std::size_t end = std::min(sentence.size(), at + window + 1);
      for (std::size_t other = begin; other < end; ++other) {
        if (other != at) train(sentence[at], sentence[other]);
      }
    }
  }

  void train(std::uint32_t word, std::uint32_t near) {
    float* vector = &vectors_[word * kDims];
    std::array<float, kDims> change{};
    for (int i = 0; i <= kNegatives; ++i) {
      const std::uint32_t target = i == 0 ? near : negatives_[random_() % negatives_.size()];
      if (i > 0 && target == near) continue;
      float* context = &contexts_[target * kDims];
      float product = 0;
      for (std::size_t k = 0; k < kDims; ++k) product += vector[k] * context[k];
      const float step = rate_ * ((i == 0 ? 1.0F : 0.0F) - 1 / (1 + std::exp(-product)));
      for (std::size_t k = 0; k < kDims; ++k) {
        change[k] += step * context[k];
        context[k] += step * vector[k];
      }
    }
    for (std::size_t k = 0; k < kDims; ++k) vector[k] += change[k];
  }

  const Vocabulary& vocabulary_;
  std::mt19937_64 random_;
  std::vector<Numbered> sentences_;
  std::vector<float> vectors_;
  std::vector<float> contexts_;
  std::vector<std::uint32_t> negatives_;
  float rate_ = 0;
};

}  // namespace

Vocabulary vocabulary_of(std::span<const Sentence> sentences, std::size_t count_min,
                         const std::set<std::string>& known) {
  std::unordered_map<std::string, std::size_t> counts;
  for (const Sentence& sentence : sentences) {
    for (const std::string& word : sentence.words) ++counts[word];
  }
  std::vector<std::pair<std::string, std::size_t>> kept;
  for (const auto& [word, count] : counts) {
    if (count >= count_min || known.contains(word)) kept.emplace_back(word, count);
  }
  std::ranges::sort(kept, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  Vocabulary out;
  out.words.reserve(kept.size());
  out.counts.reserve(kept.size());
  for (auto& [word, count] : kept) {
    out.words.push_back(word);
    out.counts.push_back(count);
    out.total += count;
  }
  return out;
}

std::vector<float> train_word_vectors(std::span<const Sentence> sentences,
                                      const Vocabulary& vocabulary) {
  if (vocabulary.words.empty()) return {};
  return Training(sentences, vocabulary).run();
}

}  // namespace weft::dialogue
