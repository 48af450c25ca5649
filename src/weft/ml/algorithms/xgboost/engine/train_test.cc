#include "weft/ml/algorithms/xgboost/engine/train.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/algorithms/xgboost/engine/testing.h"

namespace weft::ml::xgboost {
namespace {

using Given = std::map<std::string, std::string, std::less<>>;

TEST(XgboostTrain, AModelAndItsProgress) {
  Job job({{"num_round", "5"}});
  job.csv("train", numbers(0, 300));
  std::vector<std::int64_t> rounds;
  job.watch.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 5);
    rounds.push_back(done);
  };
  ASSERT_EQ(job.why(), "");
  EXPECT_EQ(rounds, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  auto booster = Booster::load(job.model());
  ASSERT_TRUE(booster.has_value()) << booster.error().message;
  EXPECT_EQ(booster->rounds().value_or(0), 5);
  EXPECT_EQ(booster->features().value_or(0), 3U);
}

TEST(XgboostTrain, TakenUpAgainItIsTheSameModel) {
  for (const char* method : {"hist", "exact", "approx"}) {
    const Given given{{"num_round", "12"}, {"tree_method", method}, {"max_depth", "4"}};
    Job whole(given);
    whole.csv("train", numbers(0, 500));
    ASSERT_EQ(whole.why(), "");
    Job broken(given);
    broken.csv("train", numbers(0, 500));
    broken.keep_checkpoints();
    int done = 0;
    broken.watch.progress = [&](std::int64_t, std::int64_t) { ++done; };
    broken.watch.stopped = [&] { return done == 5; };
    ASSERT_EQ(broken.why(), "");
    EXPECT_EQ(broken.model(), "") << "a run that is stopped leaves no model";
    broken.watch.stopped = [] { return false; };
    // The last one is damaged: the one before it counts.
    std::ofstream(broken.view.checkpoints / "xgboost-checkpoint.4") << "{";
    ASSERT_EQ(broken.why(), "");
    EXPECT_EQ(done, 5 + 12 - 4);
    EXPECT_EQ(broken.model(), whole.model()) << method;
    std::size_t kept = 0;
    for (const auto& each : std::filesystem::directory_iterator(broken.view.checkpoints))
      kept += each.is_regular_file() ? 1 : 0;
    EXPECT_EQ(kept, 5U);
  }
}

TEST(XgboostTrain, TakenUpAgainItStopsAsEarly) {
  // Labels between those learned and their mean: validation gets better for some rounds and then
  // worse.
  std::string other;
  for (int i = 0; i < 50; ++i)
    other +=
        std::format("{},{},{},{}\n", 2.4 + 0.6 * (i * 7 % 11 + i % 3), i * 7 % 11, i % 3, i % 17);
  const auto job = [&](const char* kind) {
    Given given{
        {"num_round", "100"}, {"early_stopping_rounds", "4"}, {"booster", kind}, {"eta", "0.1"}};
    // The other way to a linear model takes its steps in no order.
    if (given.at("booster") == "gblinear") given["updater"] = "coord_descent";
    auto out = std::make_unique<Job>(std::move(given));
    out->view.threads = 1;
    out->csv("train", numbers(0, 200));
    out->csv("validation", other);
    return out;
  };
  for (const char* kind : {"gbtree", "gblinear"}) {
    const auto whole = job(kind);
    int rounds = 0;
    whole->watch.progress = [&](std::int64_t, std::int64_t) { ++rounds; };
    ASSERT_EQ(whole->why(), "");
    ASSERT_GT(rounds, 5) << kind << ": it gets better at first";
    ASSERT_LT(rounds, 100) << kind;
    for (const int broken_at : {1, rounds - 2, rounds}) {
      const auto broken = job(kind);
      broken->keep_checkpoints();
      int done = 0;
      broken->watch.progress = [&](std::int64_t, std::int64_t) { ++done; };
      broken->watch.stopped = [&] { return done == broken_at; };
      ASSERT_EQ(broken->why(), "");
      broken->watch.stopped = [] { return false; };
      ASSERT_EQ(broken->why(), "");
      EXPECT_EQ(done, rounds) << kind << ", broken at " << broken_at;
      EXPECT_EQ(broken->model(), whole->model()) << kind << ", broken at " << broken_at;
    }
  }
}

TEST(XgboostTrain, AStoppedRunLeavesItsModelWhenToldTo) {
  Job job({{"num_round", "50"}, {"save_model_on_termination", "true"}});
  job.csv("train", numbers(0, 300));
  job.watch.stopped = [] { return true; };
  ASSERT_EQ(job.why(), "");
  EXPECT_EQ(Booster::load(job.model())->rounds().value_or(0), 1);
}

TEST(XgboostTrain, StopsWhenItGetsNoBetter) {
  Job job({{"num_round", "200"}, {"early_stopping_rounds", "3"}, {"eta", "1"}});
  job.csv("train", numbers(0, 100));
  // Labels of another kind: validation only gets worse.
  std::string other;
  for (int i = 0; i < 50; ++i) other += std::format("{},{},{},{}\n", -i, i % 11, i % 3, i);
  job.csv("validation", other);
  ASSERT_EQ(job.why(), "");
  auto booster = Booster::load(job.model());
  ASSERT_TRUE(booster.has_value());
  const int rounds = booster->rounds().value_or(0);
  EXPECT_LT(rounds, 100);
  EXPECT_EQ(booster->attribute("best_iteration"), std::format("{}", rounds - 1));
  EXPECT_NE(booster->attribute("best_score"), "");
}

TEST(XgboostTrain, MoreThanMemoryHolds) {
  const Given given{{"num_round", "5"}, {"tree_method", "hist"}, {"max_bin", "64"}};
  Job inside(given);
  Job outside(given);
  outside.view.memory_bytes = 1'600'000;
  for (Job* job : {&inside, &outside}) {
    job->csv("train", numbers(0, 30'000));
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(job->why(), "");
    EXPECT_EQ(::testing::internal::GetCapturedStdout().contains("using external memory"),
              job == &outside);
  }
  auto a = Booster::load(inside.model());
  auto b = Booster::load(outside.model());
  ASSERT_TRUE(a && b);
  Rows rows;
  rows.columns = 3;
  rows.values = {3, 1, 4, 10, 2, 16};
  const std::vector<float> said(a->predict(rows)->values.begin(), a->predict(rows)->values.end());
  const auto again = b->predict(rows);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(said[i], again->values[i], 0.2);
}

TEST(XgboostTrain, RowsThatDoNotFitWithoutTheirValues) {
  Job job({{"num_round", "1"}});
  job.csv("train", numbers(0, 3'000));
  job.view.memory_bytes = 100'000;
  EXPECT_EQ(job.why(),
            "channel train: 3000 rows need 144000 bytes of memory beside their values, which are "
            "kept on disk; the job has 100000: give it an instance type with more memory, or fewer "
            "rows");
}

TEST(XgboostTrain, CrossValidation) {
  Job job({{"num_round", "3"}, {"_kfold", "4"}, {"_num_cv_round", "2"}});
  job.csv("train", numbers(0, 90));
  job.csv("validation", numbers(90, 100));
  ASSERT_EQ(job.why(), "");
  for (int fold = 0; fold < 8; ++fold)
    EXPECT_TRUE(Booster::load(job.model(std::format("xgboost-model-{}", fold))).has_value());
  const auto said = read_file(job.view.output_data / "predictions.csv", 1 << 20);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(std::ranges::count(*said, '\n'), 100);
}

TEST(XgboostTrain, CrossValidationOfRowsSomeOfWhichHaveAWeight) {
  const auto predictions = [](bool written) {
    Job job({{"num_round", "3"}, {"_kfold", "3"}, {"csv_weights", written ? "0" : "1"}});
    std::string weighted;
    for (int i = 0; i < 60; ++i)
      weighted += written ? std::format("{},{},{}\n", i % 7, i % 11, i % 3)
                          : std::format("{},1,{},{}\n", i % 7, i % 11, i % 3);
    job.csv("train", weighted);
    job.csv("validation", "3,4,1\n4,5,2\n5,6,0\n");
    EXPECT_EQ(job.why(), "");
    return read_file(job.view.output_data / "predictions.csv", 1 << 20).value_or("");
  };
  EXPECT_EQ(std::ranges::count(predictions(false), '\n'), 63);
  EXPECT_EQ(predictions(false), predictions(true)) << "a weight of 1 is as good as none";
}

TEST(XgboostTrain, CrossValidationTakesNoQueriesApart) {
  Job job({{"num_round", "3"}, {"_kfold", "2"}, {"objective", "rank:ndcg"}});
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::format("{} qid:{} 0:{}\n", i % 3, i / 4, i % 7);
  job.file("train", "text/libsvm", "a.libsvm", text);
  EXPECT_EQ(job.why(),
            "_kfold takes rows apart that belong to one query (`qid`): leave it out, and give the "
            "queries to be validated with as the channel `validation`");
}

TEST(XgboostTrain, CrossValidationKeepsToItsMemory) {
  Job job({{"num_round", "3"}, {"_kfold", "4"}});
  job.csv("train", numbers(0, 3'000));
  job.view.memory_bytes = 100'000;
  EXPECT_TRUE(job.why().contains("are too much for _kfold in 100000 bytes of memory")) << job.why();
}

TEST(XgboostTrain, WhatIsWrongIsSaid) {
  const auto why = [](Given given, std::string_view text, std::string_view channel = "train") {
    Job job(std::move(given));
    job.csv(std::string(channel), text);
    return job.why();
  };
  const Given two{{"num_round", "2"}};
  EXPECT_EQ(why({}, "1,2\n"), "Missing required hyperparameter: num_round");
  EXPECT_EQ(why(two, "1,2\n", "test"), "Extraneous channel found: test");
  EXPECT_EQ(why(two, "1,2\n", "validation"), "Missing required channel: train");
  EXPECT_TRUE(why(two, "").starts_with("No data in training channel path "));
  EXPECT_EQ(why(two, "1,2\n3,x\n"), "a.csv: line 2, column 2: `x` is not a number");
  EXPECT_TRUE(why({{"num_round", "2"}, {"objective", "binary:logistic"}}, "5,1\n9,2\n")
                  .contains("base_score must be in (0,1)"));
}

TEST(XgboostTrain, APipesDataAreFilesToo) {
  Job files({{"num_round", "2"}});
  Job piped({{"num_round", "2"}});
  for (Job* job : {&files, &piped}) job->csv("train", numbers(0, 100));
  piped.view.channels.at("train").input_mode = "Pipe";
  ASSERT_EQ(files.why(), "");
  ASSERT_EQ(piped.why(), "");
  EXPECT_EQ(piped.model(), files.model());
}

}  // namespace
}  // namespace weft::ml::xgboost
