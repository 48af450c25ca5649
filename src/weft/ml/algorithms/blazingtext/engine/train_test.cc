#include "weft/ml/algorithms/blazingtext/engine/train.h"

#include <gtest/gtest.h>

#include <cmath>

#include "weft/ml/algorithms/blazingtext/engine/library.h"
#include "weft/ml/algorithms/blazingtext/engine/testing.h"

namespace weft::ml::blazingtext {
namespace {

using Given = std::map<std::string, std::string, std::less<>>;

/// What a job says while it trains.
std::string log_of(const Job& job) {
  ::testing::internal::CaptureStdout();
  const std::string why = job.why();
  std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(why, "");
  return out;
}

double after(std::string_view log, std::string_view name) {
  const auto at = log.find(name);
  return at == log.npos ? std::nan("") : std::stod(std::string(log.substr(at + name.size())));
}

TEST(BlazingtextTrain, ByteForByteWhatTheFasttextProgramMakes) {
  struct Case {
    Given given;
    std::vector<std::string> words;
  };
  const std::vector<Case> cases = {
      {{{"word_ngrams", "2"}}, {"supervised", "-wordNgrams", "2"}},
      {{{"word_ngrams", "1"}, {"min_count", "2"}}, {"supervised", "-minCount", "2"}},
      {{{"mode", "skipgram"}, {"subwords", "True"}}, {"skipgram", "-minn", "3", "-maxn", "6"}},
      {{{"mode", "skipgram"}, {"negative_samples", "3"}, {"window_size", "2"}},
       {"skipgram", "-maxn", "0", "-minn", "0", "-neg", "3", "-ws", "2"}},
      {{{"mode", "cbow"}}, {"cbow", "-maxn", "0", "-minn", "0"}},
  };
  for (const auto& [given, words] : cases) {
    Job job(given);
    const auto input = job.text("train", lines(0, 300));
    ASSERT_EQ(job.why(), "");
    const std::string theirs = job.folder.path() / "theirs";
    std::vector<std::string> all = words;
    for (const char* each :
         {"-dim", "8", "-bucket", "500", "-epoch", "5", "-lr", "0.5", "-thread", "1", "-input"})
      all.emplace_back(each);
    all.insert(all.end(), {input.string(), "-output", theirs});
    if (!std::ranges::contains(all, "-minCount")) all.insert(all.end(), {"-minCount", "1"});
    if (!program(all)) FAIL() << "the program fasttext does not run";
    const bool texts = words[0] == "supervised";
    const auto bin = read_file(theirs + ".bin", 1 << 26);
    ASSERT_TRUE(bin.has_value());
    EXPECT_TRUE(job.model(texts ? "model.bin" : "vectors.bin") == *bin) << words[0];
    if (texts) continue;
    const auto vectors = read_file(theirs + ".vec", 1 << 26);
    EXPECT_EQ(job.model("vectors.txt"), vectors.value_or("?")) << words[0];
  }
}

TEST(BlazingtextTrain, WordsThatAreNotKnownAreZeros) {
  Job job({{"mode", "skipgram"}});
  job.text("train", lines(0, 60));
  ASSERT_EQ(job.why(), "");
  const auto model = TextModel::load(job.view.model / "vectors.bin");
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->vector_of("unheard").value(), std::vector<float>(8, 0));
  EXPECT_NE(model->vector_of(model->word(1)).value(), std::vector<float>(8, 0));
}

TEST(BlazingtextTrain, AccuraciesAndProgress) {
  Job job({});
  job.text("train", lines(0, 300) + "a line without a label\n\n");
  job.text("validation", lines(300, 350));
  std::vector<std::int64_t> done;
  std::int64_t last = 0;
  job.watch.progress = [&](std::int64_t now, std::int64_t all) {
    done.push_back(now);
    last = all;
  };
  const std::string log = log_of(job);
  EXPECT_TRUE(std::ranges::is_sorted(done));
  EXPECT_EQ(done.back(), last);
  EXPECT_GT(done.size(), 5U);
  EXPECT_LE(done.size(), 102U);
  EXPECT_TRUE(log.contains("Number of labels: 3\n")) << log;
  EXPECT_TRUE(log.contains("End of epoch: 5\n"));
  EXPECT_TRUE(log.contains("channel train: 1 of 301 lines have no label"));
  EXPECT_GT(after(log, "#train_accuracy: "), 0.9);
  EXPECT_EQ(after(log, "Number of train examples: "), 300);
  EXPECT_EQ(after(log, "Number of validation examples: "), 50);
  // The program's own figures for the same model.
  const auto said = program(
      {"test", job.view.model / "model.bin", job.view.channels.at("validation").folder / "a.txt"});
  if (!said) FAIL() << "the program fasttext does not run";
  EXPECT_NEAR(after(*said, "P@1\t"), after(log, "#validation_accuracy: "), 0.0006) << *said;
}

TEST(BlazingtextTrain, SeveralThreadsLearnToo) {
  Job job({});
  job.view.threads = 3;
  job.text("train", lines(0, 400));
  EXPECT_GT(after(log_of(job), "#train_accuracy: "), 0.9);
}

TEST(BlazingtextTrain, StopsWhenItGetsNoBetter) {
  Job job({{"early_stopping", "True"}, {"epochs", "40"}, {"patience", "3"}, {"min_epochs", "2"}});
  job.text("train", lines(0, 300));
  job.text("validation", lines(300, 360));
  const std::string log = log_of(job);
  EXPECT_FALSE(log.contains("End of epoch: 40\n")) << log;
  EXPECT_TRUE(log.contains("Validation accuracy has not improved for 3 epochs. Stopping"));
  EXPECT_LT(log.find("End of epoch: 2\n"), log.find("Validation accuracy: "))
      << "not before min_epochs";
  // What is kept is what was best.
  double best = 0;
  for (auto at = log.find("Validation accuracy: "); at != log.npos;
       at = log.find("Validation accuracy: ", at + 1))
    best = std::max(best, after(std::string_view(log).substr(at), "Validation accuracy: "));
  EXPECT_EQ(after(log, "#validation_accuracy: "), best);
  EXPECT_TRUE(TextModel::load(job.view.model / "model.bin").has_value());
}

// AWS's notebook trains one epoch with min_epochs 5.
TEST(BlazingtextTrain, FewerEpochsThanMinEpochs) {
  Job job({{"early_stopping", "true"}, {"epochs", "1"}});
  job.text("train", lines(0, 60));
  job.text("validation", lines(60, 70));
  EXPECT_EQ(job.why(), "");
  EXPECT_NE(job.model("model.bin"), "");
}

TEST(BlazingtextTrain, ManifestsAndSeveralFiles) {
  Job plain({});
  plain.text("train", "__label__1 a b\n__label__1 __label__x c\n__label__2 d e\n");
  ASSERT_EQ(plain.why(), "");
  Job manifest({});
  manifest.file("train", "application/jsonlines", "a.manifest",
                R"({"source":"a b","label":1}

{"source":"c","label":[1,"__label__x"]}
{"source":"d\ne","label":"2"})");
  ASSERT_EQ(manifest.why(), "");
  EXPECT_TRUE(plain.model("model.bin") == manifest.model("model.bin"));
  Job several({});
  several.text("train", "__label__1 a b\n__label__1 __label__x c");
  std::ofstream(several.view.channels.at("train").folder / "b.txt") << "__label__2 d e\n";
  ASSERT_EQ(several.why(), "");
  EXPECT_TRUE(plain.model("model.bin") == several.model("model.bin"));
}

TEST(BlazingtextTrain, ARunThatIsStoppedLeavesNothing) {
  Job job({{"epochs", "1000"}});
  job.text("train", lines(0, 300));
  int asked = 0;
  job.watch.stopped = [&] { return ++asked > 1'000; };
  EXPECT_EQ(job.why(), "");
  EXPECT_EQ(job.model("model.bin"), "");
  EXPECT_LT(asked, 1'010) << "in the middle of an epoch";
}

TEST(BlazingtextTrain, WhatIsWrongIsSaid) {
  const auto why = [](Given given, std::string_view text, std::string_view channel = "train") {
    Job job(std::move(given));
    job.text(std::string(channel), text);
    return job.why();
  };
  const std::string some = lines(0, 30);
  EXPECT_EQ(why({}, some, "test"), "Extraneous channel found: test");
  EXPECT_EQ(why({}, some, "validation"), "Missing required channel: train");
  EXPECT_TRUE(why({}, "").starts_with("No data in train channel path "));
  EXPECT_TRUE(why({}, "\n \n").starts_with("No data in train channel path "));
  EXPECT_EQ(why({}, "no labels here\n"),
            "the training data has no labels: a line of it is `__label__NAME` and words");
  EXPECT_EQ(why({{"mode", "cbow"}, {"min_count", "90"}}, some),
            "the training data has no word that comes 90 times (min_count)");
  EXPECT_EQ(why({{"early_stopping", "True"}}, some),
            "early_stopping watches the accuracy on the channel validation: it is missing");
  EXPECT_TRUE(why({{"learning_rate", "1e30"}}, some).starts_with("the training does not converge"));
  EXPECT_EQ(why({{"mode", "glove"}}, some).substr(0, 24), "Hyperparameter mode: glo");
  Job large({{"vector_dim", "100"}, {"buckets", "2000000"}});
  large.text("train", some);
  large.view.memory_bytes = 500'000'000;
  EXPECT_TRUE(large.why().contains("takes 800")) << large.why();
  Job manifest({});
  manifest.file("train", "application/jsonlines", "a.manifest",
                "{\"source\":\"a\",\"label\":1}\n{}");
  EXPECT_EQ(manifest.why(),
            "a.manifest: line 2: it has no `source`: {\"source\": \"a text\", \"label\": 1}");
  manifest.file("train", "application/jsonlines", "a.manifest", R"({"source":"a","label":"b c"})");
  EXPECT_EQ(manifest.why(),
            "a.manifest: line 1: a label is a whole number, or a text without blanks");
  manifest.file("train", "text/csv", "a.manifest", "x");
  EXPECT_EQ(manifest.why(),
            "text/csv is not an accepted ContentType: text/plain, application/jsonlines");
}

TEST(BlazingtextTrain, APipesDataAreFilesToo) {
  Job piped({});
  piped.text("train", lines(0, 60));
  piped.view.channels.at("train").input_mode = "Pipe";
  EXPECT_EQ(piped.why(), "");
  EXPECT_NE(piped.model("model.bin"), "");
}

}  // namespace
}  // namespace weft::ml::blazingtext
