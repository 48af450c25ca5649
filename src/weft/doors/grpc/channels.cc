#include "weft/doors/grpc/channels.h"

#include <poll.h>
#include <unistd.h>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cerrno>
#include <cstring>
#include <format>

#include "weft/base/grpc_url.h"
#include "weft/base/timers.h"
#include "weft/doors/grpc/limits.h"
#include "weft/net/dial.h"
#include "weft/net/egress.h"
#include "weft/net/resolver.h"

namespace weft::doors {
namespace {

/// 0, or what `errno` would be.
int try_to_connect(const boost::asio::ip::address& address, std::uint16_t port) {
  const int fd = net::begin_connect(net::socket_address(address, port));
  if (fd < 0) return errno;
  pollfd waits{.fd = fd, .events = POLLOUT, .revents = 0};
  const int ready = ::poll(&waits, 1, static_cast<int>(kConnectTimeout.count()));
  const int error = ready == 1 ? net::connect_error(fd) : ETIMEDOUT;
  ::close(fd);
  return error;
}

/// gRPC's name for an address of the server's that takes connections. Blocks.
Result<std::string> reachable(const Url& server) {
  auto found = net::addresses_without_question(server.host);
  if (!found) {
    auto asked = net::system_look_up(server.host);
    if (!asked || asked->empty()) {
      return fail(Reason::unavailable,
                  std::format("{}: its name cannot be resolved: {}", grpc_url(server),
                              asked ? "it has no address" : asked.error().message));
    }
    found = *std::move(asked);
  }
  auto allowed = net::permitted(*found, net::Egress::open);
  if (!allowed) {
    return fail(allowed.error().reason,
                std::format("{}: {}", grpc_url(server), allowed.error().message));
  }
  int error = EHOSTUNREACH;
  for (const auto& address : *allowed) {
    error = try_to_connect(address, server.port);
    if (error != 0) continue;
    return address.is_v6() ? std::format("ipv6:[{}]:{}", address.to_string(), server.port)
                           : std::format("ipv4:{}:{}", address.to_string(), server.port);
  }
  return fail(Reason::unavailable,
              std::format("{}: cannot connect: {}", grpc_url(server), std::strerror(error)));
}

std::shared_ptr<grpc::Channel> open(const Url& server, const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(kAnswerBytesMax));
  arguments.SetMaxSendMessageSize(static_cast<int>(kAnswerBytesMax));
  // Each server has its connection, however many hubs and channels there are in this process.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kAliveTime.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kAliveTimeout.count()));
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, server.authority());
  // Otherwise it would come from the environment, and judge the addresses by itself.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!server.tls())
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  // The certificate is for the name that was given, not for the address that it led to.
  arguments.SetSslTargetNameOverride(server.host);
  return grpc::CreateCustomChannel(target, grpc::SslCredentials({}), arguments);
}

bool is_up(grpc::Channel& channel) {
  const auto state = channel.GetState(false);
  return state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_CONNECTING;
}

}  // namespace

Awaitable<Result<std::shared_ptr<grpc::Channel>>> Channels::to(Url server, CancelToken cancel) {
  const std::string key = server.str();
  Line& line = lines_[key];
  if (line.channel && is_up(*line.channel)) co_return line.channel;
  if (const auto dialled = line.dial) {
    while (!*dialled && !cancel.cancelled()) (void)co_await sleep_for(kDialLook, cancel);
    if (!*dialled) co_return fail(cancel.why());
    co_return **dialled;
  }
  const auto result = std::make_shared<std::optional<Opened>>();
  line.dial = result;
  *result = co_await dial(std::move(server));
  // The map may have changed meanwhile.
  Line& now = lines_[key];
  now.dial.reset();
  if (**result) now.channel = ***result;
  forget_some();
  co_return **result;
}

Awaitable<Channels::Opened> Channels::dial(Url server) {
  std::move_only_function<Result<std::string>()> work = [server] { return reachable(server); };
  WEFT_CO_TRY(const std::string target, co_await pool_.run<std::string>(std::move(work)));
  auto channel = open(server, target);
  // Begins to connect now, and not with the first call.
  (void)channel->GetState(/*try_to_connect=*/true);
  co_return channel;
}

/// Those that no call is using.
void Channels::forget_some() {
  if (lines_.size() <= kChannelsMax) return;
  std::erase_if(lines_, [](const auto& each) {
    return !each.second.dial && each.second.channel.use_count() <= 1;
  });
}

}  // namespace weft::doors
