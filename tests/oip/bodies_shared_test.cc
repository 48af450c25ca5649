// KServe's own request bodies, where they are at hand: each is heard as the tensors it holds, by
// the door and by a deployed model.
#include "harness.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace weft::oip_door {
namespace {

const std::filesystem::path kBodies =
    std::filesystem::path(WEFT_SOURCE) / "../shared/specs/oip/kserve/e2e-data";

TEST(OipBodies, AreHeardByEverySolution) {
  if (!std::filesystem::exists(kBodies)) GTEST_SKIP() << "no bodies beside the checkout";
  World world;
  OipHub hub(world.loops, world.clients);
  auto service = std::make_shared<hub::testing::FakeService>(hub::testing::echo_script);
  hub.add(hub::testing::fake_solution("any", service, {hub::testing::fake_skill("run")}));
  auto model = std::make_shared<FakeModel>("{}", [](const ml::Invocation&) {
    return Result<ml::InvocationReply>(ml::InvocationReply{.body = R"({"outputs":[]})"});
  });
  hub.add(hub::testing::fake_solution(
      "iris", model, {hub::testing::fake_skill("predict", model::Shape::predict)}));
  int heard = 0;
  for (const auto& each : std::filesystem::directory_iterator(kBodies)) {
    std::ifstream in(each.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto read = wire::read_oip_request(text, std::nullopt);
    if (!read) continue;
    const auto answer = hub.post("/v2/models/any/infer", text);
    // Of the outputs that are asked for this solution has none.
    EXPECT_EQ(answer.status, read->outputs.empty() ? 200 : 400)
        << each.path() << ": " << answer.body;
    const auto call = service->last_call.load();
    for (const auto& tensor : read->inputs)
      EXPECT_TRUE(call->args->as_object().contains(tensor.name)) << tensor.name;
    EXPECT_EQ(hub.post("/v2/models/iris/infer", text).status, 200);
    EXPECT_EQ(model->last_body, text);
    ++heard;
  }
  EXPECT_GE(heard, 6);
}

}  // namespace
}  // namespace weft::oip_door
