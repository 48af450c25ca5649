#include "weft/ml/jobs/training_job.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

TrainingJob full() {
  TrainingJob out;
  out.spec = {.name = "j",
              .arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/j",
              .algorithm = "xgboost",
              .hyperparameters = {{"eta", "0.2"}},
              .channels = {{.name = "train",
                            .from = {"b", "train/"},
                            .content_type = "text/csv",
                            .input_mode = "File",
                            .distribution = "FullyReplicated",
                            .gzip = true}},
              .metrics = {{.name = "validation:rmse", .pattern = "rmse:(\\S+)"}},
              .entrypoint = {"python3"},
              .arguments = {"a.py", "--x"},
              .environment = {{"A", "b"}},
              .output = {"b", "out"},
              .output_compressed = false,
              .checkpoints = ObjectUri{"b", "check"},
              .checkpoint_folder = "/opt/ml/checkpoints",
              .instance_type = "ml.m5.large",
              .instances = 2,
              .max_runtime_s = 60,
              .retries = 3,
              .network = true,
              .request = {{"TrainingJobName", "j"}}};
  out.owner = "ann";
  out.created_ms = 5;
  out.enter("Starting", "Starting the training job", 10);
  out.enter("Training", "Training in progress.", 20);
  out.training_began_ms = 20;
  out.training_ended_ms = 30;
  out.ran_ms = 7;
  out.metrics = {{.name = "validation:rmse", .value = 2.5, .at_ms = 25}};
  out.model = ObjectUri{"b", "out/j/output/model.tar.gz"};
  out.attempts = 2;
  return out;
}

TEST(TrainingJob, ComesBackAsItWas) {
  TrainingJob job = full();
  for (const bool over : {false, true}) {
    if (over) job.end(JobStatus::failed, "AlgorithmError: no", 40);
    const json::object written = to_json(job);
    const auto read = training_job_from_json(written);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(to_json(*read), written);
    EXPECT_EQ(read->spec.channels, job.spec.channels);
    EXPECT_EQ(read->transitions, job.transitions);
    EXPECT_EQ(read->metrics, job.metrics);
    EXPECT_EQ(read->failure, job.failure);
    EXPECT_EQ(read->ran_ms, 7);
  }
  EXPECT_FALSE(training_job_from_json({}).has_value());
  EXPECT_FALSE(
      training_job_from_json({{"status", "Sleeping"}, {"spec", json::object()}}).has_value());
}

TEST(TrainingJob, StretchesFollowOneAnother) {
  TrainingJob job = full();
  job.end(JobStatus::completed, "", 40);
  ASSERT_EQ(job.transitions.size(), 3U);
  EXPECT_EQ(job.transitions[0].end_ms, 20);
  EXPECT_EQ(job.transitions[1].end_ms, 40);
  EXPECT_EQ(job.transitions[2].status, "Completed");
  EXPECT_EQ(job.secondary_status(), "Completed");
  EXPECT_EQ(job.modified_ms, 40);
  EXPECT_TRUE(ended(job.status));
  TrainingJob long_failure = full();
  long_failure.end(JobStatus::failed, std::string(5000, 'x'), 1);
  EXPECT_EQ(long_failure.failure.size(), 1024U);
}

TEST(ObjectUri, BothWays) {
  EXPECT_EQ(object_uri_from("s3://b/k/l")->str(), "s3://b/k/l");
  EXPECT_EQ(object_uri_from("s3://b")->key, "");
  EXPECT_EQ((ObjectUri{"b", "a"} / "c").key, "a/c");
  EXPECT_EQ((ObjectUri{"b", "a/"} / "c").key, "a/c");
  EXPECT_EQ((ObjectUri{"b", ""} / "c").key, "c");
  for (const char* bad : {"", "b/k", "https://b/k", "s3://", "s3:///k"})
    EXPECT_FALSE(object_uri_from(bad).has_value()) << bad;
}

}  // namespace
}  // namespace weft::ml
