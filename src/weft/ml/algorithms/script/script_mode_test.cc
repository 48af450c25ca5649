#include "weft/ml/algorithms/script/script_mode.h"

#include <gtest/gtest.h>

#include "weft/ml/algorithms/algorithm.h"

namespace weft::ml {
namespace {

constexpr std::string_view kScikitLearn =
    "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";

/// As the SDK's version 2 writes them.
TrainingSpec estimator() {
  TrainingSpec out;
  out.algorithm = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
  out.hyperparameters = {{"max_depth", "3"},
                         {"sagemaker_program", "\"train.py\""},
                         {"sagemaker_submit_directory", "\"s3://b/job/source/sourcedir.tar.gz\""}};
  return out;
}

TEST(ScriptMode, ImagesOfFrameworksAreScripts) {
  const auto all = all_algorithms();
  for (const std::string_view named :
       {kScikitLearn, std::string_view("weft-script"), std::string_view("script"),
        std::string_view(
            "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.8.0-cpu")}) {
    const Algorithm* found = find_algorithm(all, named);
    ASSERT_NE(found, nullptr) << named;
    EXPECT_EQ(found->name, kScriptAlgorithm);
    EXPECT_TRUE(found->trains);
    EXPECT_FALSE(found->resumes_exactly({}));
  }
}

TEST(ScriptMode, AProgramOfOnesOwnGoesBeforeTheImage) {
  TrainingSpec spec = estimator();
  EXPECT_TRUE(wants_script(spec));
  spec.hyperparameters.erase("sagemaker_program");
  EXPECT_FALSE(wants_script(spec));
  spec.hyperparameters["sagemaker_program"] = "\"\"";
  EXPECT_FALSE(wants_script(spec));
  spec.environment["SAGEMAKER_PROGRAM"] = "train.py";
  EXPECT_TRUE(wants_script(spec));
  spec.environment.clear();
  spec.entrypoint = {"/bin/bash"};
  EXPECT_TRUE(wants_script(spec));
}

TEST(ScriptMode, SoDoesAModelsEnvironment) {
  EXPECT_FALSE(wants_script(Variables{{"SAGEMAKER_REGION", "us-east-1"}}));
  EXPECT_TRUE(wants_script(Variables{{"SAGEMAKER_PROGRAM", "inference.py"}}));
  EXPECT_TRUE(wants_script(Variables{{"SAGEMAKER_SERVE_COMMAND", "python3 app.py"}}));
}

TEST(ScriptMode, TheSourceIsFetchedFromWhereTheSdkPutIt) {
  TrainingSpec spec = estimator();
  EXPECT_EQ(source_archive(spec).value(), (ObjectUri{"b", "job/source/sourcedir.tar.gz"}));
  spec.hyperparameters["sagemaker_submit_directory"] = "s3://b/plain.tar.gz";
  EXPECT_EQ(source_archive(spec).value(), (ObjectUri{"b", "plain.tar.gz"}));
  spec.hyperparameters["sagemaker_submit_directory"] =
      "\"/opt/ml/input/data/code/sourcedir.tar.gz\"";
  EXPECT_EQ(source_archive(spec).value(), std::nullopt);
  spec.hyperparameters["sagemaker_submit_directory"] = "\"s3://\"";
  EXPECT_TRUE(source_archive(spec).error().message.starts_with("sagemaker_submit_directory: "));
  spec.entrypoint = {"/bin/bash"};
  EXPECT_EQ(source_archive(spec).value(), std::nullopt);

  const Variables model{{"SAGEMAKER_SUBMIT_DIRECTORY", "s3://b/m/sourcedir.tar.gz"}};
  EXPECT_EQ(source_archive(model).value(), (ObjectUri{"b", "m/sourcedir.tar.gz"}));
  EXPECT_EQ(source_archive(Variables()).value(), std::nullopt);
}

TEST(ScriptMode, AnEntryPointIsRunAsItIs) {
  TrainingSpec spec = estimator();
  EXPECT_TRUE(script_arguments(spec).empty());
  spec.entrypoint = {"/bin/bash"};
  spec.arguments = {"-c", "echo \"a b\""};
  EXPECT_EQ(script_arguments(spec),
            (std::vector<std::string>{"--", "/bin/bash", "-c", "echo \"a b\""}));
}

}  // namespace
}  // namespace weft::ml
