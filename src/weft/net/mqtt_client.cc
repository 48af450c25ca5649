#include "weft/net/mqtt_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <format>

#include "weft/base/url.h"
#include "weft/net/mqtt_core.h"

namespace weft::net {
namespace {

constexpr std::string_view kPlain = "mqtt://";
constexpr std::string_view kSecure = "mqtts://";

}  // namespace

std::string MqttBroker::str() const {
  return std::format("{}{}{}{}:{}", tls ? kSecure : kPlain, host.contains(':') ? "[" : "", host,
                     host.contains(':') ? "]" : "", port);
}

bool is_mqtt_url(std::string_view url) {
  return url.starts_with(kPlain) || url.starts_with(kSecure);
}

Result<MqttBroker> parse_mqtt_url(std::string_view url) {
  const auto refuse = [](std::string_view why) {
    return fail(Reason::invalid_argument,
                std::format("{} (a broker's URL looks like mqtt://127.0.0.1:1883)", why));
  };
  if (!is_mqtt_url(url)) return refuse("it does not begin with mqtt:// or mqtts://");
  MqttBroker broker;
  broker.tls = url.starts_with(kSecure);
  std::string_view place = url.substr(broker.tls ? kSecure.size() : kPlain.size());
  if (place.ends_with('/')) place.remove_suffix(1);
  // What it holds is not repeated: it may be a password.
  if (place.contains('@')) {
    return refuse(
        "a URL must not carry a user name or password; say `user` under `mqtt:`, and the password "
        "as the bearer");
  }
  if (place.find_first_of("/?#") != std::string_view::npos)
    return refuse("a broker's URL has no path, query or fragment");
  // The rules for hosts are those of http.
  const auto bracket = place.rfind(']');
  const bool has_port = place.substr(bracket == std::string_view::npos ? 0 : bracket).contains(':');
  const std::string_view scheme = "http://";
  const auto parsed = parse_url(std::format("{}{}{}", scheme, place, has_port ? "" : ":1"));
  if (!parsed) return refuse(std::format("`{}` is not a host with a port", place));
  broker.host = parsed->host;
  broker.port = has_port ? parsed->port : (broker.tls ? 8883 : 1883);
  return broker;
}

MqttClient::MqttClient(Executor executor, MqttOptions options)
    : core_(std::make_shared<Core>(executor, std::move(options))) {
  // The frame holds the core, and ends by itself once it is closed.
  boost::asio::co_spawn(executor, Core::run(core_),
                        [](const std::exception_ptr& thrown) { WEFT_ASSERT(!thrown); });
}

MqttClient::~MqttClient() { close(); }

void MqttClient::close() {
  boost::asio::post(core_->executor(), [core = core_] { core->close(); });
}

std::optional<Error> MqttClient::absence() const { return core_->absence(); }
std::uint64_t MqttClient::dropped() const { return core_->dropped(); }

void MqttClient::when_connected(Done done) {
  boost::asio::post(core_->executor(), [core = core_, done = std::move(done)]() mutable {
    core->when_connected(std::move(done));
  });
}

void MqttClient::publish(wire::MqttPublish message, Published done) {
  boost::asio::post(core_->executor(),
                    [core = core_, message = std::move(message), done = std::move(done)]() mutable {
                      core->publish(std::move(message), std::move(done));
                    });
}

std::uint64_t MqttClient::subscribe(std::string topic, int qos, wire::MqttRetained retained,
                                    Handler handler, Done done) {
  const std::uint64_t id = core_->next_subscription();
  boost::asio::post(
      core_->executor(), [core = core_, id, topic = std::move(topic), qos, retained,
                          handler = std::move(handler), done = std::move(done)]() mutable {
        core->subscribe(id, std::move(topic), qos, retained, std::move(handler), std::move(done));
      });
  return id;
}

void MqttClient::unsubscribe(std::uint64_t subscription) {
  boost::asio::post(core_->executor(),
                    [core = core_, subscription] { core->unsubscribe(subscription); });
}

}  // namespace weft::net
