#include "test_hub.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

#include "weft/adapters/common/front.h"

namespace weft::testing {

TestHub::TestHub(const std::vector<adapters::Adapter>& adapters, const Guard& guard) {
  clients_ = std::make_unique<net::HttpClients>(loops_, net::ClientLimits());
  hub_ = std::make_unique<hub::Hub>(hub::Hub::Parts{clock_, random_, tables_, journal_});
  environment_ = std::make_unique<adapters::Environment>(
      adapters::Environment{.hub = *hub_, .joiner = nullptr, .clients = *clients_});
  std::vector<std::unique_ptr<hub::Protocol>> protocols;
  std::vector<adapters::Route> routes;
  for (const adapters::Adapter& adapter : adapters) {
    protocols.push_back(adapter.protocol(*environment_));
    if (!adapter.routes) continue;
    for (auto& route : adapter.routes(*environment_)) routes.push_back(std::move(route));
  }
  joiner_ = std::make_unique<hub::Joiner>(*hub_, tables_, std::move(protocols));
  environment_->joiner = joiner_.get();
  net::Handler handler =
      adapters::make_front(*environment_, std::move(routes), adapters::FrontConfig());
  if (guard) handler = guard(std::move(handler));
  net::ListenAddress address;
  address.host = "127.0.0.1";
  server_ = net::HttpServer::create(loops_, address, std::nullopt, net::ServerLimits(),
                                    std::move(handler))
                .value();
  environment_->listen_url = url();
  WEFT_ASSERT(loops_.start());
  server_->start();
}

TestHub::~TestHub() {
  server_->drain(Milliseconds(100));
  boost::asio::co_spawn(executor(), hub_->tasks().stop(), boost::asio::use_future).get();
  joiner_.reset();
  loops_.stop();
}

std::string TestHub::url() const { return std::format("http://127.0.0.1:{}", port()); }

void TestHub::add(std::shared_ptr<const hub::Entry> entry) {
  WEFT_ASSERT(hub_->registry().add(std::move(entry)).has_value());
}

Result<hub::JoinReport> TestHub::join(hub::JoinRequest request) {
  return boost::asio::co_spawn(executor(), joiner_->join(std::move(request), executor()),
                               boost::asio::use_future)
      .get();
}

}  // namespace weft::testing
