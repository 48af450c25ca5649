#include "weft/ml/worker/serve.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <format>
#include <map>
#include <thread>

namespace weft::ml::worker {
namespace {

using wire::WorkerFrame;
using wire::WorkerFrameKind;

/// Says what it was asked, and how many were asked together.
class Echo final : public ModelHost {
 public:
  std::string about() const override { return "{}"; }
  void answer(std::span<const Request> requests, std::span<Reply> replies) override {
    batches.push_back(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].body == "bad") {
        replies[i] = refusal(400, "it is bad");
        continue;
      }
      replies[i].type = requests[i].type;
      replies[i].body = std::format("{}/{}", requests[i].accept, requests[i].body);
    }
  }
  std::vector<std::size_t> batches;
};

struct Link {
  int hub = -1;
  int worker = -1;
  wire::WorkerFrameReader reader{1 << 26};
  Link() {
    std::array<int, 2> ends{};
    WEFT_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    hub = ends[0];
    worker = ends[1];
  }
  ~Link() {
    close_hub();
    ::close(worker);
  }
  void close_hub() {
    if (hub >= 0) ::close(std::exchange(hub, -1));
  }
  void send(std::uint32_t id, std::string_view body,
            WorkerFrameKind kind = WorkerFrameKind::invoke) const {
    std::string bytes;
    wire::write_frame(
        bytes,
        {.kind = kind, .id = id, .type = "t", .accept = "a", .attributes = "", .body = body});
    ASSERT_EQ(::send(hub, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// The next frame; its texts as copies.
  struct Got {
    WorkerFrameKind kind;
    std::uint32_t id;
    int status;
    std::string body;
  };
  Got read() {
    while (true) {
      auto frame = reader.next();
      WEFT_ASSERT(frame);
      if (*frame)
        return {(*frame)->kind, (*frame)->id, (*frame)->status, std::string((*frame)->body)};
      char* space = reader.space(4096);
      const auto got = ::recv(hub, space, reader.space_size(), 0);
      WEFT_ASSERT(got > 0);
      reader.took(static_cast<std::size_t>(got));
    }
  }
};

TEST(WorkerServe, AnswersOnTheLinkThatAsked) {
  Echo host;
  std::array<Link, 2> links;
  const std::array descriptors = {links[0].worker, links[1].worker};
  std::thread server([&] { EXPECT_TRUE(serve(host, descriptors).has_value()); });
  for (Link& link : links) EXPECT_EQ(link.read().kind, WorkerFrameKind::ready);
  links[0].send(7, "one");
  links[1].send(7, "two");
  links[1].send(8, "bad");
  EXPECT_EQ(links[0].read().body, "a/one");
  std::map<std::uint32_t, Link::Got> got;
  for (int i = 0; i < 2; ++i) {
    auto frame = links[1].read();
    got.emplace(frame.id, std::move(frame));
  }
  EXPECT_EQ(got.at(7).body, "a/two");
  EXPECT_EQ(got.at(7).status, 200);
  EXPECT_EQ(got.at(8).status, 400);
  EXPECT_EQ(got.at(8).body, "it is bad");
  for (Link& link : links) link.close_hub();
  server.join();
}

TEST(WorkerServe, APingIsAnswered) {
  Echo host;
  Link link;
  const std::array descriptors = {link.worker};
  std::thread server([&] { EXPECT_TRUE(serve(host, descriptors).has_value()); });
  EXPECT_EQ(link.read().kind, WorkerFrameKind::ready);
  link.send(0, "", WorkerFrameKind::ping);
  EXPECT_EQ(link.read().kind, WorkerFrameKind::pong);
  link.send(1, "x");
  EXPECT_EQ(link.read().id, 1U);
  link.close_hub();
  server.join();
  EXPECT_EQ(host.batches, (std::vector<std::size_t>{1}));
}

TEST(WorkerServe, WhatIsThereTogetherIsOneBatch) {
  Echo host;
  Link link;
  // All of it before anybody looks: two batches by the limit, what was cancelled in none.
  for (std::uint32_t id = 1; id <= 10; ++id) link.send(id, "x");
  link.send(3, "", WorkerFrameKind::cancel);
  const std::array descriptors = {link.worker};
  std::thread server(
      [&] { EXPECT_TRUE(serve(host, descriptors, {.batch_requests_max = 5}).has_value()); });
  EXPECT_EQ(link.read().kind, WorkerFrameKind::ready);
  for (const std::uint32_t id : {1, 2, 4, 5, 6, 7, 8, 9, 10}) EXPECT_EQ(link.read().id, id);
  link.close_hub();
  server.join();
  EXPECT_EQ(host.batches, (std::vector<std::size_t>{5, 4}));
}

TEST(WorkerServe, LargeBodiesBothWays) {
  Echo host;
  Link link;
  const std::array descriptors = {link.worker};
  std::thread server([&] { EXPECT_TRUE(serve(host, descriptors).has_value()); });
  EXPECT_EQ(link.read().kind, WorkerFrameKind::ready);
  const std::string body(9'000'000, 'y');
  std::thread sender([&] {
    std::string bytes;
    wire::write_frame(bytes, {.kind = WorkerFrameKind::invoke,
                              .id = 1,
                              .type = "",
                              .accept = "",
                              .attributes = "",
                              .body = body});
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const auto sent = ::send(link.hub, rest.data(), rest.size(), MSG_NOSIGNAL);
      WEFT_ASSERT(sent > 0);
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  });
  EXPECT_EQ(link.read().body.size(), body.size() + 1);
  sender.join();
  link.close_hub();
  server.join();
}

TEST(WorkerServe, WhatBreaksTheFormatEndsIt) {
  Echo host;
  Link link;
  const std::array descriptors = {link.worker};
  ASSERT_EQ(::send(link.hub, "\xff\xff\xff\xffxxxx", 8, 0), 8);
  const auto served = serve(host, descriptors);
  ASSERT_FALSE(served.has_value());
  EXPECT_EQ(served.error().reason, Reason::too_large);
}

}  // namespace
}  // namespace weft::ml::worker
