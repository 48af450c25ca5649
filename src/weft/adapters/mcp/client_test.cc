#include "weft/adapters/mcp/client.h"

#include <gtest/gtest.h>

#include "weft/net/loop.h"

namespace weft::adapters::mcp {
namespace {

/// Says one response, and counts how many of its kind are alive.
class OneResponse final : public Conversation {
 public:
  OneResponse(int& alive, std::string_view result)
      : alive_(alive), result_(json::parse(result).value()) {
    ++alive_;
  }
  ~OneResponse() override { --alive_; }

  Awaitable<Result<wire::JsonRpcMessage>> next() override {
    co_return wire::JsonRpcMessage(wire::JsonRpcResponse{json::value(1), result_});
  }
  Awaitable<Result<void>> reply(wire::JsonRpcResponse, hub::CallContext) override {
    co_return Result<void>();
  }
  Awaitable<> abandon(std::string) override { co_return; }

 private:
  int& alive_;
  json::value result_;
};

/// A server that asks once before it answers.
class AskingServer final : public Link {
 public:
  Awaitable<Result<Handshake>> connect(hub::CallContext) override { co_return handshake(); }
  Handshake handshake() const override { return {}; }
  Awaitable<Result<std::unique_ptr<Conversation>>> send(LinkRequest, hub::CallContext) override {
    const bool first = sent++ == 0;
    co_return std::make_unique<OneResponse>(
        open, first ? R"({"resultType":"input_required","inputRequests":{"day":{
            "method":"elicitation/create","params":{"mode":"form","message":"Which day?",
            "requestedSchema":{"type":"object","properties":{"day":{"type":"string"}}}}}}})"
                    : R"({"resultType":"complete","content":[{"type":"text","text":"booked"}]})");
  }
  Awaitable<> close(hub::CallContext) override { co_return; }

  int sent = 0;
  int open = 0;
};

TEST(Client, HoldsNoConnectionWhileAPersonIsAsked) {
  const auto server = std::make_shared<AskingServer>();
  const auto client = std::make_shared<Client>(server);
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    auto stream =
        client->start(std::make_shared<model::Call>(), {loop.executor(), deadline, CancelToken()});
    int asked = 0;
    while (true) {
      const model::Event event = co_await stream->next();
      if (std::get_if<model::Ask>(&event.body) != nullptr) {
        ++asked;
        EXPECT_EQ(server->open, 0);
        model::Answers answers;
        answers["day"].data = json::parse(R"({"day":"Monday"})").value();
        EXPECT_TRUE(stream->answer(std::move(answers)));
      }
      if (const auto* end = std::get_if<model::End>(&event.body)) {
        EXPECT_TRUE(end->outcome) << end->outcome.error().message;
        break;
      }
    }
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(server->sent, 2);
  });
}

/// Answers at once, and keeps what it was asked.
class PlainServer final : public Link {
 public:
  Awaitable<Result<Handshake>> connect(hub::CallContext) override { co_return handshake(); }
  Handshake handshake() const override { return {}; }
  Awaitable<Result<std::unique_ptr<Conversation>>> send(LinkRequest request,
                                                        hub::CallContext) override {
    last = std::move(request);
    co_return std::make_unique<OneResponse>(open, R"({"content":[]})");
  }
  Awaitable<> close(hub::CallContext) override { co_return; }

  LinkRequest last;
  int open = 0;
};

LinkRequest asked_for(model::Call call) {
  const auto server = std::make_shared<PlainServer>();
  const auto client = std::make_shared<Client>(server);
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    auto stream = client->start(std::make_shared<model::Call>(std::move(call)),
                                {loop.executor(), deadline, CancelToken()});
    const model::Event event = co_await stream->next();
    EXPECT_TRUE(event.is_end());
  });
  return server->last;
}

TEST(Client, AsksForTheLogThatIsWanted) {
  EXPECT_EQ(asked_for({}).log_level, "");
  model::Call streamed;
  streamed.reply = model::Reply::stream;
  EXPECT_EQ(asked_for(streamed).log_level, "info");
  model::Call told;
  told.meta[kMetaLogLevel] = "warning";
  EXPECT_EQ(asked_for(told).log_level, "warning");
  EXPECT_FALSE(asked_for(told).progress);
  told.meta[kMetaLogLevel] = "loud";
  EXPECT_EQ(asked_for(told).log_level, "");
}

}  // namespace
}  // namespace weft::adapters::mcp
