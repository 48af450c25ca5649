#include <gtest/gtest.h>

#include <chrono>
#include <format>

#include "weft/ml/serving/endpoint.h"
#include "weft/ml/serving/models.h"
#include "weft/ml/serving/plan.h"
#include "weft/ml/serving/world_testing.h"

namespace weft::ml {
namespace {

using ml::testing::World;

/// As the store gives it back.
json::object again(const json::object& object) {
  return *json::parse_object(json::write(object), "it");
}

TEST(ServingRecords, ComeBackAsTheyWere) {
  ModelSpec spec = World::model("m");
  spec.packed = false;
  spec.network = true;
  spec.environment = {{"A", "1"}, {"B", "two"}};
  spec.request = {{"ModelName", "m"}};
  const Model model{.spec = spec, .owner = "ann", .created_ms = 7};
  const auto read = model_from_json(again(to_json(model)));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(json::write(to_json(*read)), json::write(to_json(model)));
  EXPECT_EQ(read->spec.data, spec.data);
  ModelSpec bare = spec;
  bare.data.reset();
  EXPECT_EQ(model_from_json(again(to_json(Model{.spec = bare})))->spec.data, std::nullopt);

  const EndpointConfig config{.name = "c",
                              .owner = "ann",
                              .variants = {World::variant("V", "m", 0.25, 3)},
                              .created_ms = 8,
                              .request = {{"K", "v"}}};
  const auto config_read = endpoint_config_from_json(again(to_json(config)));
  ASSERT_TRUE(config_read.has_value());
  EXPECT_EQ(config_read->variants, config.variants);
  EXPECT_EQ(json::write(to_json(*config_read)), json::write(to_json(config)));

  EndpointRecord record;
  record.endpoint = {.name = "e",
                     .owner = "ann",
                     .config = "c",
                     .status = EndpointStatus::updating,
                     .failure = "why",
                     .created_ms = 1,
                     .modified_ms = 2,
                     .request = {{"x", 1}}};
  record.current = {.config = "c", .variants = {{.spec = config.variants[0], .model = spec}}};
  record.endpoint.variants = states_of(record.current);
  record.next = record.current;
  record.next->config = "d";
  record.resizes = true;
  Record kept = to_record(record);
  EXPECT_EQ(kept.status, "Updating");
  kept.body = again(kept.body);
  const auto record_read = endpoint_record_from(kept);
  ASSERT_TRUE(record_read.has_value());
  EXPECT_EQ(json::write(to_record(*record_read).body), json::write(kept.body));
  EXPECT_EQ(record_read->next->config, "d");
  EXPECT_TRUE(record_read->resizes);
  EXPECT_EQ(record_read->endpoint.variants, record.endpoint.variants);
}

TEST(ServingRecords, WhatIsDamagedIsSaid) {
  EXPECT_EQ(model_from_json({}).error().reason, Reason::internal);
  EXPECT_EQ(endpoint_from_json({{"status", "InService"}}).error().reason, Reason::internal);
  EXPECT_EQ(endpoint_from_json({{"name", "e"}, {"status", "Dancing"}}).error().reason,
            Reason::internal);
  EXPECT_EQ(endpoint_config_from_json({{"name", "c"}}).error().reason, Reason::internal);
  EXPECT_EQ(endpoint_record_from({.owner = "ann", .name = "e"}).error().reason, Reason::internal);
}

TEST(ServingRecords, StatusesAreSageMakers) {
  for (const char* word :
       {"Creating", "Updating", "SystemUpdating", "InService", "Deleting", "Failed"}) {
    const auto status = endpoint_status_from(word);
    ASSERT_TRUE(status.has_value()) << word;
    EXPECT_EQ(to_string(*status), word);
  }
  EXPECT_EQ(endpoint_status_from("OutOfService"), std::nullopt);
}

TEST(Models, AreFoundListedAndErased) {
  World world;
  world.live();
  constexpr int kModels = 10'000;
  for (int i = 0; i < kModels; ++i)
    world.make_model(World::model(std::format("m-{:05}", (i * 7919) % kModels)));
  const auto query = [](std::string token) {
    return ListQuery{.owner = "ann",
                     .by = ListQuery::By::name,
                     .descending = false,
                     .name_contains = "m-",
                     .limit = 100,
                     .token = std::move(token)};
  };
  const auto first = world.models->list(query(""));
  ASSERT_EQ(first->models.size(), 100U);
  EXPECT_EQ(first->models[99]->spec.name, "m-00099");
  const auto began = std::chrono::steady_clock::now();
  const auto second = world.models->list(query(first->next_token));
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(second->models[0]->spec.name, "m-00100");
  // 50 ms are what is asked of a program without sanitizers on a machine that does nothing else.
  EXPECT_LT(took, Milliseconds(500));
  RecordProperty(
      "page_us",
      static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  EXPECT_EQ(world.models->find("ann", "m-00500")->spec.data->str(), "s3://data/m/model.tar.gz");
  EXPECT_TRUE(world.run(world.models->erase("ann", "m-00500")).has_value());
  EXPECT_EQ(world.models->find("ann", "m-00500"), nullptr);
  EXPECT_EQ(world.run(world.models->erase("ann", "m-00500")).error().code, Code::not_found);
  EXPECT_EQ(world.run(world.models->create(World::model("m-00501"), "ann")).error().code,
            Code::already_exists);
  EXPECT_TRUE(world.run(world.models->create(World::model("m-00501"), "ben")).has_value());
  world.end();
  world.live();
  EXPECT_NE(world.models->find("ann", "m-00501"), nullptr);
  EXPECT_EQ(world.models->find("ann", "m-00500"), nullptr);
}

}  // namespace
}  // namespace weft::ml
