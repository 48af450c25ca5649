#include "weft/dialogue/training/affinity/encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <unordered_map>

#include "weft/dialogue/router/matcher.h"
#include "weft/dialogue/router/words.h"
#include "weft/dialogue/training/affinity/word_vectors.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kDims = kAffinityDims;
/// So often occurs at least: a word in dialogues, in all, two neighbours.
constexpr std::size_t kSaidCountMin = 5;
constexpr std::size_t kWordCountMin = 25;
constexpr std::size_t kTwosCountMin = 8;
/// The logarithm of how much rarer than all words a word of rarity 1 is.
constexpr double kRarityLog = 12;
constexpr double kRarityLeast = 0.05;
/// How far the company of a word goes, in what is said and in a definition.
constexpr std::size_t kSaidWindow = 2;
constexpr std::size_t kDefinitionWindow = 10;
constexpr int kRounds = 2;
constexpr std::size_t kBatch = 32;
constexpr float kRate = 0.05F;
/// Left out at random: of what is said, of a skill's words, a skill's whole field, and the end of
/// its description.
constexpr float kSaidDropped = 0.2F;
constexpr float kWordDropped = 0.2F;
constexpr float kFieldDropped = 0.2F;
constexpr float kDescriptionCut = 0.3F;
constexpr std::uint64_t kSeed = 7;

struct Cell {
  std::uint32_t row;
  float weight;
};
using Cells = std::vector<Cell>;

/// Rows of numbers that are trained, each at its own pace (AdaGrad).
class Rows {
 public:
  Rows() = default;
  explicit Rows(std::vector<float> first) : values_(std::move(first)) {
    squares_.assign(values_.size(), 1e-6F);
  }
  void add_to(const Cells& cells, float* sum) const {
    for (const Cell& cell : cells) {
      const float* row = &values_[cell.row * kDims];
      for (std::size_t k = 0; k < kDims; ++k) sum[k] += cell.weight * row[k];
    }
  }
  void step(const Cells& cells, const float* gradient, float factor) {
    for (const Cell& cell : cells) {
      for (std::size_t k = 0; k < kDims; ++k) {
        const float slope = gradient[k] * cell.weight * factor;
        float& square = squares_[cell.row * kDims + k];
        square += slope * slope;
        values_[cell.row * kDims + k] -= kRate * slope / (std::sqrt(square) + 1e-3F);
      }
    }
  }
  std::vector<float> take() { return std::move(values_); }

 private:
  std::vector<float> values_;
  std::vector<float> squares_;
};

using Numbers = std::unordered_map<std::uint32_t, std::uint32_t>;

Numbers numbers_of(const std::vector<std::uint32_t>& hashes) {
  Numbers out;
  out.reserve(hashes.size());
  for (std::uint32_t i = 0; i < hashes.size(); ++i) out.emplace(hashes[i], i);
  return out;
}

struct Said {
  Utterance utterance;
  std::size_t skill = 0;
  std::vector<float> in_common;  ///< what words and pieces in common count, for each skill
};

std::vector<Sentence> sentences_of(const std::vector<std::string>& texts, std::size_t window) {
  std::vector<Sentence> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back({.words = words_of(text), .window = window});
  return out;
}

/// Vectors to length 1, and their mean.
std::array<float, kDims> normalize_rows(std::vector<float>& vectors) {
  const std::size_t count = vectors.size() / kDims;
  std::array<double, kDims> sum{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<float> row(&vectors[i * kDims], kDims);
    float square = 0;
    for (const float each : row) square += each * each;
    for (std::size_t k = 0; k < kDims; ++k) {
      row[k] /= std::sqrt(square + 1e-9F);
      sum[k] += static_cast<double>(row[k]);
    }
  }
  std::array<float, kDims> mean{};
  for (std::size_t k = 0; k < kDims; ++k)
    mean[k] = static_cast<float>(sum[k] / static_cast<double>(count));
  return mean;
}

/// Words with their vectors, as parts of a table whose encoders are not trained.
AffinityParts first_parts(const SgdSayings& dialogues, const Definitions& definitions) {
  std::vector<Sentence> sentences = sentences_of(dialogues.utterances, kSaidWindow);
  const Vocabulary said = vocabulary_of(sentences, kSaidCountMin, {});
  const std::set<std::string> paired(said.words.begin(), said.words.end());
  const auto add = [&](std::vector<Sentence> more) {
    for (Sentence& each : more) sentences.push_back(std::move(each));
  };
  add(sentences_of(definitions.uses, kSaidWindow));
  add(sentences_of(definitions.entries, kDefinitionWindow));
  const Vocabulary vocabulary = vocabulary_of(sentences, kWordCountMin, paired);
  std::vector<float> vectors = train_word_vectors(sentences, vocabulary);
  const auto mean = normalize_rows(vectors);
  std::map<std::uint32_t, std::size_t> sorted;
  for (std::size_t i = 0; i < vocabulary.words.size(); ++i)
    sorted.emplace(word_hash(vocabulary.words[i]), i);
  AffinityParts out;
  for (const auto& [hash, i] : sorted) {
    const double rarer =
        std::log(static_cast<double>(vocabulary.total) / static_cast<double>(vocabulary.counts[i]));
    out.words.push_back(hash);
    out.rarity.push_back(static_cast<float>(std::clamp(rarer / kRarityLog, kRarityLeast, 1.0)));
    for (std::size_t k = 0; k < kDims; ++k) out.meaning.push_back(vectors[i * kDims + k] - mean[k]);
    if (!paired.contains(vocabulary.words[i])) continue;
    out.paired.push_back(hash);
    for (std::size_t k = 0; k < kDims; ++k) out.asked.push_back(vectors[i * kDims + k]);
  }
  out.offered = out.asked;
  return out;
}

class Training {
 public:
  Training(const std::vector<SkillWords>& skills, std::vector<Said> said, AffinityParts parts)
      : skills_(skills), said_(std::move(said)), parts_(std::move(parts)), random_(kSeed) {
    find_twos();
    const std::string bytes = write_affinity(parts_);
    rarity_ = *Affinity::read(bytes);
    words_ = numbers_of(parts_.paired);
    twos_ = numbers_of(parts_.twos);
    asked_ = Rows(parts_.asked);
    asked_twos_ = Rows(parts_.asked_twos);
    offered_ = Rows(parts_.offered);
    for (const std::uint32_t word : parts_.paired) rarities_.push_back(rarity_.rarity(word));
  }

  AffinityParts run() {
    std::vector<std::uint32_t> order(said_.size());
    std::iota(order.begin(), order.end(), 0U);
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[random_() % (i + 1)]);
      for (std::size_t at = 0; at < order.size(); at += kBatch)
        train(std::span(order).subspan(at, std::min(kBatch, order.size() - at)));
    }
    parts_.asked = asked_.take();
    parts_.asked_twos = asked_twos_.take();
    parts_.offered = offered_.take();
    return std::move(parts_);
  }

 private:
  bool chance(float share) {
    return static_cast<float>(random_() >> 40) / static_cast<float>(1U << 24) < share;
  }

  void find_twos() {
    std::map<std::uint32_t, std::size_t> counts;
    for (const Said& each : said_) {
      const auto& words = each.utterance.words;
      for (std::size_t i = 0; i + 1 < words.size(); ++i) ++counts[two_hash(words[i], words[i + 1])];
    }
    for (const auto& [hash, count] : counts) {
      if (count >= kTwosCountMin) parts_.twos.push_back(hash);
    }
    parts_.asked_twos.assign(parts_.twos.size() * kDims, 0);
  }

  Cells offered_cells(const SkillWords& skill) {
    SkillWords kept;
    for (std::size_t field = 0; field < kFields; ++field) {
      const bool description = field == static_cast<std::size_t>(Field::description);
      if (!description && chance(kFieldDropped)) continue;
      const auto& words = skill.fields[field];
      std::size_t count = words.size();
      if (description && count > 0 && chance(kDescriptionCut)) count = 1 + random_() % count;
      for (std::size_t i = 0; i < count; ++i) {
        if (!chance(kWordDropped)) kept.fields[field].push_back(words[i]);
      }
    }
    Cells out;
    for (const WeighedWord& word : weighed_words(kept, rarity_)) {
      if (const auto at = words_.find(word.hash); at != words_.end())
        out.push_back({.row = at->second, .weight = word.weight});
    }
    return out;
  }

  /// The cells of what was said, in words and in neighbours; their length is 1 together.
  std::pair<Cells, Cells> asked_cells(const std::vector<std::string>& words) {
    std::pair<Cells, Cells> out;
    float square = 0;
    const auto add = [&](Cells& cells, const Numbers& numbers, std::uint32_t hash, bool two) {
      const auto at = numbers.find(hash);
      if (at == numbers.end() || chance(kSaidDropped)) return;
      const float weight = two ? kTwosWeight : rarities_[at->second];
      cells.push_back({.row = at->second, .weight = weight});
      square += weight * weight;
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
      add(out.first, words_, word_hash(words[i]), false);
      if (i + 1 < words.size()) add(out.second, twos_, two_hash(words[i], words[i + 1]), true);
    }
    for (Cells* cells : {&out.first, &out.second}) {
      for (Cell& cell : *cells) cell.weight /= std::sqrt(square);
    }
    return out;
  }

  void train(std::span<const std::uint32_t> batch) {
    const std::size_t count = skills_.size();
    std::vector<Cells> cells;
    cells.reserve(count);
    std::vector<float> offered(count * kDims, 0);
    std::vector<float> slopes(count * kDims, 0);
    for (std::size_t i = 0; i < count; ++i) {
      cells.push_back(offered_cells(skills_[i]));
      offered_.add_to(cells[i], &offered[i * kDims]);
    }
    for (const std::uint32_t at : batch) train(said_[at], offered, slopes);
    for (std::size_t i = 0; i < count; ++i)
      offered_.step(cells[i], &slopes[i * kDims], 1 / static_cast<float>(kBatch));
  }

  void train(const Said& said, const std::vector<float>& offered, std::vector<float>& slopes) {
    const auto [words, twos] = asked_cells(said.utterance.words);
    std::array<float, kDims> asked{};
    asked_.add_to(words, asked.data());
    asked_twos_.add_to(twos, asked.data());
    std::vector<float> shares = said.in_common;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      for (std::size_t k = 0; k < kDims; ++k)
        shares[i] += kAffinityWeight * asked[k] * offered[i * kDims + k];
    }
    const float largest = std::ranges::max(shares);
    float sum = 0;
    for (float& each : shares) sum += each = std::exp(each - largest);
    std::array<float, kDims> slope{};
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const float wrong = kAffinityWeight * (shares[i] / sum - (i == said.skill ? 1.0F : 0.0F));
      for (std::size_t k = 0; k < kDims; ++k) {
        slope[k] += wrong * offered[i * kDims + k];
        slopes[i * kDims + k] += wrong * asked[k];
      }
    }
    asked_.step(words, slope.data(), 1);
    asked_twos_.step(twos, slope.data(), 1);
  }

  const std::vector<SkillWords>& skills_;
  std::vector<Said> said_;
  AffinityParts parts_;
  std::mt19937_64 random_;
  Affinity rarity_;
  std::vector<float> rarities_;
  Numbers words_;
  Numbers twos_;
  Rows asked_;
  Rows asked_twos_;
  Rows offered_;
};

}  // namespace

Result<AffinityParts> train_affinity(std::span<const RoutedSkill> skills,
                                     const SgdSayings& dialogues, const Definitions& definitions) {
  std::vector<SkillWords> words;
  std::map<std::string, std::size_t, std::less<>> numbers;
  for (const RoutedSkill& skill : skills) {
    numbers.emplace(skill.id, words.size());
    words.push_back(words_of_skill(skill));
  }
  const FieldIndex word_index(words, Kind::word);
  const FieldIndex piece_index(words, Kind::piece);
  std::vector<Said> said;
  for (const IntentTurn& turn : dialogues.intents) {
    const auto at = numbers.find(turn.skill);
    if (at == numbers.end())
      return fail(Reason::invalid_argument, std::format("no schema has `{}`", turn.skill));
    Said& each = said.emplace_back();
    each.skill = at->second;
    each.utterance = read_utterance(turn.text);
    each.in_common.assign(words.size(), 0);
    word_index.add_scores(each.utterance, each.in_common);
    piece_index.add_scores(each.utterance, each.in_common);
    each.utterance.features.clear();
    each.utterance.features.shrink_to_fit();
  }
  AffinityParts parts = first_parts(dialogues, definitions);
  if (parts.words.empty()) return fail(Reason::invalid_argument, "the dialogues have no words");
  return Training(words, std::move(said), std::move(parts)).run();
}

}  // namespace weft::dialogue
