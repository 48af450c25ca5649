// KServe's own request bodies, where they are at hand: all of protocol V2 are read.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "weft/wire/oip.h"

namespace weft::wire {
namespace {

const std::filesystem::path kBodies =
    std::filesystem::path(WEFT_SOURCE) / "../shared/specs/oip/kserve/e2e-data";

TEST(OipBodies, OfKserve) {
  if (!std::filesystem::exists(kBodies)) GTEST_SKIP() << "no bodies beside the checkout";
  int read = 0;
  for (const auto& each : std::filesystem::directory_iterator(kBodies)) {
    const std::string name = each.path().filename().string();
    std::ifstream in(each.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    // Others are requests of the OpenAI API, of gRPC, or of protocol V1.
    const auto parsed = json::parse(text);
    if (!parsed || !parsed->is_object() || name.contains("grpc") ||
        json::array_at(parsed->get_object(), "inputs") == nullptr)
      continue;
    const auto request = read_oip_request(text, std::nullopt);
    // Binary ones need the tensors behind them, which a file of JSON has not.
    const bool cut = text.contains("binary_data_size");
    EXPECT_TRUE(request.has_value() || cut) << name << ": " << request.error().message;
    if (request) ++read;
  }
  EXPECT_GE(read, 6);
}

}  // namespace
}  // namespace weft::wire
