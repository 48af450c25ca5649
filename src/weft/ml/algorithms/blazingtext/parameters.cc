#include "weft/ml/algorithms/blazingtext/parameters.h"

#include <array>
#include <format>

namespace weft::ml::blazingtext {
namespace {

using Kind = Hyperparameter::Kind;
using Words = std::string_view;

constexpr Words kModes[] = {"batch_skipgram", "skipgram", "cbow", "supervised"};
constexpr Words kTruths[] = {"True", "False", "true", "false"};
/// fastText counts in 32 bits.
constexpr double kWholeMax = 2'147'483'647.0;
/// More n-grams of a word than this are more than there are lines for them.
constexpr double kLengthMax = 1'000;

constexpr Hyperparameter whole(Words name, double low, double high = kWholeMax) {
  return {.name = name, .kind = Kind::integer, .range = {.low = low, .high = high}};
}
constexpr Hyperparameter positive(Words name) {
  return {.name = name, .kind = Kind::number, .range = {.low = 0, .low_open = true}};
}
template <std::size_t N>
constexpr Hyperparameter word(Words name, const Words (&words)[N], bool required = false) {
  return {.name = name, .kind = Kind::word, .required = required, .words = words};
}

constexpr std::array kAll = {
    word("mode", kModes, true),
    whole("batch_size", 1),
    whole("buckets", 1),
    word("early_stopping", kTruths),
    whole("epochs", 1),
    word("evaluation", kTruths),
    positive("learning_rate"),
    whole("max_char", 1, kLengthMax),
    whole("min_char", 1, kLengthMax),
    whole("min_count", 0),
    whole("min_epochs", 1),
    whole("negative_samples", 1, kLengthMax),
    whole("patience", 1),
    positive("sampling_threshold"),
    word("subwords", kTruths),
    whole("vector_dim", 1, 1'000'000),
    whole("window_size", 1, kLengthMax),
    whole("word_ngrams", 1, kLengthMax),
    Hyperparameter{.name = "_tuning_objective_metric", .kind = Kind::text},
};

bool truth_of(const Given& checked, std::string_view name, bool otherwise) {
  const std::string_view word = word_of(checked, name);
  return word.empty() ? otherwise : word == "True" || word == "true";
}

std::unexpected<Error> wrong(std::string_view name, std::string message) {
  return fail(make_argument_error(std::string(name), std::move(message)));
}

}  // namespace

std::span<const Hyperparameter> hyperparameters() { return kAll; }

Result<Plan> plan_of(const Given& given) {
  WEFT_TRY(const Given checked, check_hyperparameters(kAll, given));
  Plan out;
  const std::string_view mode = word_of(checked, "mode");
  if (mode == "batch_skipgram") {
    return wrong("mode",
                 "mode batch_skipgram spreads one training over several machines, which weft does "
                 "not do: mode skipgram learns the same vectors on one");
  }
  out.mode = mode == "supervised" ? Mode::supervised : mode == "cbow" ? Mode::cbow : Mode::skipgram;
  const auto take = [&](std::string_view name, std::int64_t& to) {
    to = integer_of(checked, name).value_or(to);
  };
  take("epochs", out.epochs);
  take("buckets", out.buckets);
  take("min_count", out.min_count);
  take("vector_dim", out.vector_dim);
  take("word_ngrams", out.word_ngrams);
  take("patience", out.patience);
  take("min_epochs", out.min_epochs);
  take("negative_samples", out.negative_samples);
  take("window_size", out.window_size);
  take("min_char", out.min_char);
  take("max_char", out.max_char);
  out.learning_rate = number_of(checked, "learning_rate").value_or(out.learning_rate);
  out.sampling_threshold =
      number_of(checked, "sampling_threshold").value_or(out.sampling_threshold);
  out.early_stopping = truth_of(checked, "early_stopping", out.early_stopping);
  out.subwords = truth_of(checked, "subwords", out.subwords);
  out.evaluation = truth_of(checked, "evaluation", out.evaluation);
  if (out.subwords && out.min_char > out.max_char) {
    return wrong("min_char", std::format("min_char is {}, max_char {}: there is no length between "
                                         "them",
                                         out.min_char, out.max_char));
  }
  return out;
}

}  // namespace weft::ml::blazingtext
