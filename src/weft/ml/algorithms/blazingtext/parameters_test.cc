#include "weft/ml/algorithms/blazingtext/parameters.h"

#include <gtest/gtest.h>

namespace weft::ml::blazingtext {
namespace {

std::string why(Given given) {
  given.try_emplace("mode", "supervised");
  const auto plan = plan_of(given);
  return plan ? std::string() : plan.error().message;
}

TEST(BlazingtextParameters, DefaultsAreSagemakers) {
  const auto plan = plan_of({{"mode", "supervised"}});
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->mode, Mode::supervised);
  EXPECT_EQ(plan->epochs, 5);
  EXPECT_EQ(plan->buckets, 2'000'000);
  EXPECT_EQ(plan->min_count, 5);
  EXPECT_EQ(plan->vector_dim, 100);
  EXPECT_EQ(plan->learning_rate, 0.05);
  EXPECT_EQ(plan->word_ngrams, 2);
  EXPECT_FALSE(plan->early_stopping);
  EXPECT_EQ(plan->patience, 4);
  EXPECT_EQ(plan->min_epochs, 5);
  EXPECT_EQ(plan->negative_samples, 5);
  EXPECT_EQ(plan->window_size, 5);
  EXPECT_EQ(plan->sampling_threshold, 1e-4);
  EXPECT_FALSE(plan->subwords);
  EXPECT_EQ(plan->min_char, 3);
  EXPECT_EQ(plan->max_char, 6);
}

// As AWS's notebooks have them (blazingtext_word2vec_subwords_text8,
// …_text_classification_dbpedia).
TEST(BlazingtextParameters, OfPublishedNotebooks) {
  const auto words = plan_of({{"mode", "skipgram"},
                              {"epochs", "5"},
                              {"min_count", "5"},
                              {"sampling_threshold", "0.0001"},
                              {"learning_rate", "0.05"},
                              {"window_size", "5"},
                              {"vector_dim", "100"},
                              {"negative_samples", "5"},
                              {"subwords", "True"},
                              {"min_char", "3"},
                              {"max_char", "6"},
                              {"batch_size", "11"},
                              {"evaluation", "True"}});
  ASSERT_TRUE(words.has_value()) << words.error().message;
  EXPECT_EQ(words->mode, Mode::skipgram);
  EXPECT_TRUE(words->subwords);
  const auto texts = plan_of({{"mode", "supervised"},
                              {"epochs", "1"},
                              {"min_count", "2"},
                              {"learning_rate", "0.05"},
                              {"vector_dim", "10"},
                              {"early_stopping", "true"},
                              {"patience", "4"},
                              {"min_epochs", "5"},
                              {"word_ngrams", "2"}});
  ASSERT_TRUE(texts.has_value()) << texts.error().message;
  EXPECT_TRUE(texts->early_stopping);
  EXPECT_EQ(texts->vector_dim, 10);
}

TEST(BlazingtextParameters, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(plan_of({}).error().message, "Missing required hyperparameter: mode");
  EXPECT_EQ(why({{"mode", "glove"}}),
            "Hyperparameter mode: glove is not in ['batch_skipgram', 'skipgram', 'cbow', "
            "'supervised']");
  EXPECT_TRUE(why({{"mode", "batch_skipgram"}}).starts_with("mode batch_skipgram spreads one"));
  EXPECT_EQ(why({{"epoch", "5"}}), "Extraneous hyperparameter found: epoch");
  EXPECT_EQ(why({{"epochs", "0"}}), "Hyperparameter epochs: 0 is not in [1, 2147483647]");
  EXPECT_EQ(why({{"learning_rate", "0"}}), "Hyperparameter learning_rate: 0.0 is not in (0, +inf)");
  EXPECT_EQ(why({{"early_stopping", "yes"}}),
            "Hyperparameter early_stopping: yes is not in ['True', 'False', 'true', 'false']");
  EXPECT_EQ(why({{"subwords", "True"}, {"min_char", "5"}, {"max_char", "4"}}),
            "min_char is 5, max_char 4: there is no length between them");
  EXPECT_EQ(why({{"min_count", "0"}}), "");
}

}  // namespace
}  // namespace weft::ml::blazingtext
