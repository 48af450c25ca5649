#include "weft/app/watchdog.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/post.hpp>

#include <latch>

#include "weft/app/service_manager.h"
#include "weft/base/testing/wait.h"

namespace weft::app {
namespace {

void look_until(Watchdog& watchdog, bool ready) {
  testing::wait_until([&] {
    watchdog.look();
    return watchdog.ready() == ready;
  });
}

TEST(Watchdog, LoopsThatTurnAreReady) {
  net::Loops loops(2);
  Watchdog watchdog(loops, Milliseconds(10'000));
  ASSERT_TRUE(loops.start());
  for (int i = 0; i < 20; ++i) {
    watchdog.look();
    EXPECT_TRUE(watchdog.ready());
    testing::wait_until([] { return false; }, Milliseconds(10));
  }
}

TEST(Watchdog, SaysThatALoopIsBlockedAndShowsItsStack) {
  net::Loops loops(2);
  Watchdog watchdog(loops, Milliseconds(500));
  ASSERT_TRUE(loops.start());
  // A loop that has answered once is known by its thread.
  watchdog.look();
  std::latch turned(1);
  boost::asio::post(loops.at(1).executor(), [&] { turned.count_down(); });
  turned.wait();
  ::testing::internal::CaptureStderr();
  std::latch released(1);
  boost::asio::post(loops.at(1).executor(), [&] { released.wait(); });
  look_until(watchdog, false);
  EXPECT_FALSE(watchdog.ready());
  // It stays so, and is said once.
  for (int i = 0; i < 20; ++i) watchdog.look();
  EXPECT_FALSE(watchdog.ready());
  released.count_down();
  look_until(watchdog, true);
  EXPECT_TRUE(watchdog.ready());
  const std::string said = ::testing::internal::GetCapturedStderr();
  const auto blocked = said.find("weft-loop-1 has not turned for ");
  ASSERT_NE(blocked, std::string::npos) << said;
  EXPECT_EQ(said.find("has not turned", blocked + 20), std::string::npos) << said;
  // Frames of a stack look like `program(+0x1234) [0x5678]`.
  EXPECT_NE(said.find(" [0x", blocked), std::string::npos) << said;
  EXPECT_NE(said.find("weft-loop-1 turns again, after "), std::string::npos) << said;
  EXPECT_EQ(said.find("weft-loop-0"), std::string::npos) << said;
}

/// A socket as systemd binds one.
class Manager {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // The system chooses an abstract name.
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t));
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    name_ = '@' + std::string(address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
  }
  ~Manager() { ::close(fd_); }
  Manager(const Manager&) = delete;
  const std::string& name() const { return name_; }
  std::string told() const {
    std::array<char, 256> text{};
    const auto size = ::recv(fd_, text.data(), text.size(), 0);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

 private:
  int fd_;
  std::string name_;
};

TEST(ServiceManager, IsToldWhatHappens) {
  const Manager systemd;
  ::setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  const ServiceManager manager;
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  manager.ready();
  EXPECT_EQ(systemd.told(), "READY=1");
  manager.alive();
  EXPECT_EQ(systemd.told(), "WATCHDOG=1");
  manager.stopping();
  EXPECT_EQ(systemd.told(), "STOPPING=1");
}

TEST(ServiceManager, IsNotToldWithoutOne) {
  ::unsetenv("NOTIFY_SOCKET");
  const Manager systemd;
  const ServiceManager none;
  none.ready();
  ::setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
  const ServiceManager unwatched;
  unwatched.alive();
  EXPECT_EQ(systemd.told(), "");
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  const ServiceManager gone;
  gone.ready();
}

}  // namespace
}  // namespace weft::app
