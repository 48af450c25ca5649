#include "weft/ml/algorithms/xgboost/engine/host.h"

#include <gtest/gtest.h>

#include <cmath>
#include <format>
#include <regex>

#include "weft/base/json.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/algorithms/xgboost/engine/testing.h"
#include "weft/ml/tabular/requests.h"
#include "weft/wire/oip.h"

namespace weft::ml::xgboost {
namespace {

using worker::Reply;
using worker::Request;

struct Model {
  Job job;
  std::unique_ptr<worker::ModelHost> host;

  explicit Model(std::map<std::string, std::string, std::less<>> more = {},
                 std::string selected = "")
      : job([&] {
          more.try_emplace("num_round", "3");
          return more;
        }()) {
    job.csv("train", numbers(0, 300));
    EXPECT_EQ(job.why(), "");
    load(std::move(selected));
  }
  void load(std::string selected = "") {
    auto loaded =
        load_host({.model = job.view.model, .threads = 1, .selected = std::move(selected)});
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    if (loaded) host = *std::move(loaded);
  }
  std::vector<Reply> ask(std::vector<Request> requests) const {
    std::vector<Reply> out(requests.size());
    host->answer(requests, out);
    return out;
  }
  Reply csv(std::string_view body, std::string_view accept = "") const {
    return ask({{.type = "text/csv", .accept = accept, .body = body}})[0];
  }
};

TEST(XgboostHost, TogetherAsAlone) {
  const Model model;
  const std::vector<std::string> bodies = {"3,1,4", "10,2,16\n0,0,0", "x", "1,2", "", "7,1,2,99"};
  std::vector<Request> requests;
  for (const std::string& body : bodies) requests.push_back({.type = "text/csv", .body = body});
  requests.push_back({.type = "text/libsvm", .body = "0:3 1:1 2:4"});
  requests.push_back({.type = "image/png", .body = "x"});
  requests.push_back({.type = "text/csv", .accept = "image/png", .body = "1,2,3"});
  const auto replies = model.ask(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Reply alone = model.ask({requests[i]})[0];
    EXPECT_EQ(replies[i].status, alone.status) << i;
    EXPECT_EQ(replies[i].body, alone.body) << i;
  }
  std::vector<int> statuses;
  for (const Reply& reply : replies) statuses.push_back(reply.status);
  EXPECT_EQ(statuses, (std::vector<int>{200, 200, 415, 400, 204, 200, 200, 415, 406}));
  EXPECT_EQ(replies[0].body, replies[6].body) << "sparse as dense";
  EXPECT_EQ(replies[5].body, model.csv("7,1,2").body) << "one value too many is left out";
  EXPECT_EQ(replies[3].body,
            "Feature size of csv inference data 2 is not consistent with feature size of trained "
            "model 3.");
}

TEST(XgboostHost, Tensors) {
  const Model model;
  const std::string body =
      R"({"id":"a","inputs":[{"name":"x","shape":[2,3],"datatype":"FP64","data":[3,1,4,10,2,16]}]})";
  const auto replies = model.ask({{.tensors = true, .type = "application/json", .body = body},
                                  {.type = "text/csv", .body = "3,1,4\n10,2,16"}});
  ASSERT_EQ(replies[0].status, 200) << replies[0].body;
  const auto response = wire::read_oip_response(replies[0].body, std::nullopt);
  ASSERT_TRUE(response.has_value()) << replies[0].body;
  EXPECT_EQ(response->id, "a");
  EXPECT_EQ(response->outputs.at(0).shape, std::vector<std::int64_t>{2});
  const auto wrong = model.ask({{.tensors = true, .type = "", .body = R"({"inputs":[
      {"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]})"}});
  EXPECT_EQ(wrong[0].status, 400);
}

TEST(XgboostHost, SelectedOutput) {
  const auto labels = [](int begin, int end) {
    std::string out;
    for (int i = begin; i < end; ++i) out += std::format("{},{},{}\n", i % 2, i % 2, i % 5);
    return out;
  };
  Job job({{"num_round", "3"}, {"objective", "binary:logistic"}});
  job.csv("train", labels(0, 100));
  ASSERT_EQ(job.why(), "");
  const auto ask = [&](std::string selected, std::string_view accept) {
    auto host = load_host({.model = job.view.model, .threads = 1, .selected = std::move(selected)});
    if (!host) return host.error().message;
    const std::vector<Request> requests = {
        {.type = "text/csv", .accept = accept, .body = "1,0\n0,0"}};
    std::vector<Reply> replies(1);
    (*host)->answer(requests, replies);
    return replies[0].body;
  };
  const std::string csv = ask("predicted_label, probabilities", "text/csv");
  EXPECT_TRUE(csv.starts_with("1,\"[0.")) << csv;
  EXPECT_TRUE(csv.contains("\n0,\"[0.")) << csv;
  const auto parsed =
      json::parse(ask("predicted_label,labels,raw_score,predicted_score", "application/json"));
  ASSERT_TRUE(parsed.has_value());
  const json::value* first = json::at_pointer(*parsed, "/predictions/0");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(json::write(*json::find(*first, "labels")), "[0,1]");
  EXPECT_TRUE(json::find(*first, "predicted_score")->is_null());
  EXPECT_TRUE(ask("speed", "").starts_with("SAGEMAKER_INFERENCE_OUTPUT: `speed` is none of"));
}

TEST(XgboostHost, EveryKindOfBoosterSaysWhatItWasTrainedToSay) {
  for (const char* kind : {"gbtree", "dart", "gblinear"}) {
    const Model model({{"booster", kind}});
    auto booster = Booster::load(model.job.model());
    ASSERT_TRUE(booster.has_value()) << kind;
    Rows rows;
    rows.columns = 3;
    rows.values = {3, 1, 4, 10, NAN, 16};
    const auto matrix = Matrix::of(rows, 1);
    const auto wanted = booster->predict(*matrix, /*margin=*/false);
    ASSERT_TRUE(wanted.has_value()) << wanted.error().message;
    const std::string body = write_scores("", {.values = wanted->values, .width = 1})->body;
    ASSERT_NE(model.host, nullptr) << kind;
    EXPECT_EQ(model.csv("3,1,4\n10,,16").body, body) << kind;
    const auto sparse = model.ask({{.type = "text/libsvm", .body = "0:3 1:1 2:4\n0:10 2:16"}})[0];
    EXPECT_EQ(sparse.body, body) << kind;
    EXPECT_EQ(sparse.status, 200) << kind;
  }
}

TEST(XgboostHost, AnEnsembleSaysTheMean) {
  Model model({{"_kfold", "2"}});
  const auto replies = model.ask({{.type = "text/csv", .body = "3,1,4"}});
  double mean = 0;
  for (int fold = 0; fold < 2; ++fold) {
    auto booster = Booster::load(model.job.model(std::format("xgboost-model-{}", fold)));
    Rows row;
    row.columns = 3;
    row.values = {3, 1, 4};
    mean += booster->predict(row)->values[0] / 2.0;
  }
  EXPECT_NEAR(std::stod(replies[0].body), mean, 1e-6);
}

TEST(XgboostHost, AnEnsembleOfLabelsSaysTheOneMostSaid) {
  Job job({{"num_round", "2"},
           {"_kfold", "3"},
           {"max_depth", "1"},
           {"objective", "multi:softmax"},
           {"num_class", "4"}});
  std::string rows;
  std::string asked;
  for (int i = 0; i < 60; ++i) {
    rows += std::format("{},{},{}\n", i * i % 7 % 4, i % 11, i % 5);
    asked += std::format("{},{}\n", i % 11, i % 5);
  }
  job.csv("train", rows);
  ASSERT_EQ(job.why(), "");
  auto host = load_host({.model = job.view.model, .threads = 1, .selected = ""});
  ASSERT_TRUE(host.has_value()) << host.error().message;
  const std::vector<Request> requests{{.type = "text/csv", .body = asked}};
  std::vector<Reply> replies(1);
  (*host)->answer(requests, replies);
  // Some of the three models disagree here, so that a mean would lie between two labels.
  EXPECT_EQ(replies[0].body.find_first_not_of("0123.,\n"), std::string::npos);
  EXPECT_FALSE(std::regex_search(replies[0].body, std::regex("\\.[0-9]*[1-9]"))) << replies[0].body;
}

TEST(XgboostHost, AsksForWhatThereIs) {
  const Model model;
  const auto about = json::parse_object(model.host->about(), "about");
  EXPECT_EQ(json::write(about->at("outputs")),
            R"([{"name":"predictions","datatype":"FP32","shape":[-1]}])");
  const auto ask = [&](std::string_view output) {
    const std::string body =
        std::format(R"({{"inputs":[{{"name":"x","shape":[1,3],"datatype":"FP32","data":[3,1,4]}}],)"
                    R"("outputs":[{{"name":"{}"}}]}})",
                    output);
    return model.ask({{.tensors = true, .type = "application/json", .body = body}})[0];
  };
  EXPECT_EQ(ask("predictions").status, 200);
  EXPECT_EQ(ask("nope").status, 400);
  EXPECT_EQ(ask("nope").body, "output `nope`: the model has no such output");
  EXPECT_EQ(model.ask({{.tensors = true, .type = "application/json", .body = ""}})[0].status, 400);
}

TEST(XgboostHost, WhatDoesNotLoadSaysWhy) {
  store::testing::TemporaryDirectory folder;
  const auto why = [&] {
    const auto host = load_host({.model = folder.path(), .threads = 1, .selected = ""});
    return host ? std::string() : host.error().message;
  };
  EXPECT_EQ(why(), "the archive holds no model: XGBoost's is called `xgboost-model`");
  std::ofstream(folder.path() / "xgboost-model") << "hello";
  EXPECT_EQ(why(), "xgboost-model: this is no XGBoost model (JSON or UBJSON)");
}

}  // namespace
}  // namespace weft::ml::xgboost
