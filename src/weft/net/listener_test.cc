#include "weft/net/listener.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <format>
#include <thread>

#include "weft/base/testing/forked.h"

namespace weft::net {
namespace {

using ::testing::HasSubstr;
using weft::testing::Forked;

ListenAddress unix_address() {
  ListenAddress out;
  out.unix_path = std::filesystem::temp_directory_path() /
                  std::format("weft-listener-test-{}.sock", ::getpid());
  return out;
}

ListenAddress tcp_address(int port) {
  return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port), .unix_path = ""};
}

bool is_connected_to(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const bool out = ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  ::close(fd);
  return out;
}

/// The port, or -1.
int listen_on_both(const ListenAddress& address) {
  const auto socket = listen_on(address);
  const auto port = listen_on(tcp_address(0));
  return socket && port ? port->port : -1;
}

TEST(Listener, WaitsForWhatAKilledProcessLeftToItsChild) {
  for (const bool unix_socket : {true, false}) {
    const ListenAddress path = unix_address();
    auto other = std::make_unique<Forked>([&] { return listen_on_both(path); });
    ASSERT_GT(other->value(), 0);
    const ListenAddress address = unix_socket ? path : tcp_address(other->value());
    EXPECT_FALSE(listen_on(address)) << "it lives";
    other->kill();
    ASSERT_TRUE(is_connected_to(path.unix_path)) << "nobody has it";
    const auto refused = listen_on(address);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("listens"));
    std::jthread ends([&] {
      ::poll(nullptr, 0, 100);
      other.reset();
    });
    const auto taken = listen_on(address);
    ASSERT_TRUE(taken) << taken.error().message;
    ::close(taken->fd);
    std::filesystem::remove(path.unix_path);
  }
}

}  // namespace
}  // namespace weft::net
