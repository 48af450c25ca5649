// libfasttext as values. Owned by the worker; one thread, but for what train() starts itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/ml/algorithms/blazingtext/parameters.h"

namespace weft::ml::blazingtext {

struct Said {
  std::string label;
  float probability = 0;
};

/// Of a file of texts with labels.
struct Accuracy {
  std::int64_t right = 0;     ///< the likeliest label is one of the line's
  std::int64_t examples = 0;  ///< lines that have a label and a word
  double share() const {
    return examples == 0 ? 0 : static_cast<double>(right) / static_cast<double>(examples);
  }
};

/// A model that says something of texts or words.
class TextModel {
 public:
  /// Call check_model() before. Errors: Reason::invalid_argument in the library's words.
  static Result<TextModel> load(const std::filesystem::path& file);
  TextModel(TextModel&&) noexcept;
  TextModel& operator=(TextModel&&) noexcept;
  ~TextModel();

  /// Whether it gives labels to texts; else it knows vectors of words.
  bool supervised() const;
  std::size_t dimension() const;
  std::size_t words() const;
  std::string word(std::size_t number) const;
  std::vector<std::string> labels() const;
  /// The `count` likeliest labels, the likeliest first, as the fastText program says them of a
  /// line; none when it knows nothing of the text. Errors: its values are no numbers.
  Result<std::vector<Said>> predict(std::string_view text, std::size_t count) const;
  /// Zeros for a word that it does not know (with subwords it knows all).
  Result<std::vector<float>> vector_of(std::string_view word) const;

 private:
  friend class Training;
  struct State;
  explicit TextModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A training in stretches of an epoch: with one thread it does step by step what the fastText
/// program does in one go. Several threads write over each other's steps, as the program's do, and
/// no two such runs are alike.
class Training {
 public:
  /// Reads the file's words. `memory_bytes`: what there is (0: not known). Errors:
  /// Reason::invalid_argument: nothing to learn from, or a model larger than the memory.
  static Result<Training> begin(const Plan& plan, const std::filesystem::path& input, int threads,
                                std::uint64_t memory_bytes);
  Training(Training&&) noexcept;
  Training& operator=(Training&&) noexcept;
  ~Training();

  std::int64_t words() const;
  std::int64_t labels() const;
  std::int64_t tokens() const;  ///< of an epoch

  struct Watch {
    /// Told now and then, by one thread: tokens done, of all epochs.
    std::function<void(std::int64_t)> progress;
    /// Asked now and then, by any of them.
    std::function<bool()> stopped;
  };
  /// The next epoch. False: it was stopped in the middle. Errors: Reason::invalid_argument when it
  /// does not converge (a learning rate that is too high).
  Result<bool> epoch(const Watch& watch);
  double learning_rate() const;  ///< what it has come down to

  Result<Accuracy> accuracy_on(const std::filesystem::path& file) const;
  /// Errors: Reason::storage_full.
  Result<void> save(const std::filesystem::path& file) const;
  /// In place of what was learnt since it was saved.
  Result<void> load(const std::filesystem::path& file);
  /// `N DIM`, and a line for each word: the word and its vector.
  Result<void> save_vectors(const std::filesystem::path& file) const;

 private:
  struct State;
  explicit Training(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::ml::blazingtext
