#include "weft/adapters/a2a/peer.h"

#include <gtest/gtest.h>

#include "weft/net/loop.h"

namespace weft::adapters::a2a {
namespace {

/// One body, given in one piece or in place; tells when it is let go.
class OneBody final : public net::ClientResponse {
 public:
  OneBody(bool& held, std::string body, bool in_place)
      : held_(held), body_(std::move(body)), in_place_(in_place) {
    held_ = true;
  }
  ~OneBody() override { held_ = false; }

  const wire::ResponseHead& head() const override { return head_; }
  Awaitable<Result<std::string_view>> read_some() override {
    co_return std::exchange(said_, true) ? std::string_view() : std::string_view(body_);
  }
  Awaitable<Result<std::string>> read_all(std::size_t) override { co_return body_; }
  std::optional<std::string_view> body_at_hand() override {
    if (!in_place_) return std::nullopt;
    body_.reserve(body_.size() + net::kViewSlack);
    return body_;
  }

 private:
  bool& held_;
  std::string body_;
  bool in_place_;
  bool said_ = false;
  wire::ResponseHead head_;
};

constexpr std::string_view kAsks =
    R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED"}}})";

TEST(Answer, HoldsNoConnectionOnceAllIsRead) {
  for (const bool streamed : {false, true}) {
    for (const bool in_place : {false, true}) {
      bool held = false;
      const std::string body = streamed ? std::format("data: {}\n\n", kAsks) : std::string(kAsks);
      Answer answer(Codec(Version::v10), true, std::make_unique<OneBody>(held, body, in_place),
                    streamed);
      net::run_alone([&](net::Loop&) -> Awaitable<> {
        const auto item = co_await answer.next();
        EXPECT_TRUE(item && *item) << (item ? "" : item.error().message);
        EXPECT_EQ(held, streamed);
        const auto end = co_await answer.next();
        EXPECT_TRUE(end && !*end);
        EXPECT_FALSE(held);
        const auto still = co_await answer.next();
        EXPECT_TRUE(still && !*still);
      });
    }
  }
}

}  // namespace
}  // namespace weft::adapters::a2a
