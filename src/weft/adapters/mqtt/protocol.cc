// Joining what listens behind an MQTT broker.
#include <algorithm>
#include <format>
#include <mutex>
#include <set>

#include "weft/adapters/mqtt/client.h"
#include "weft/base/ids.h"
#include "weft/hub/variables.h"

namespace weft::adapters::mqtt {
namespace {

constexpr std::size_t kClientIdBytes = 6;

/// The next word of the broker that `mailbox` waits for.
Awaitable<Result<void>> told(std::shared_ptr<Mailbox> mailbox, hub::CallContext context,
                             std::string_view what) {
  CancelToken cancel = context.cancel;
  const auto note = co_await Mailbox::next(std::move(mailbox), context.deadline, std::move(cancel));
  if (note) co_return std::get<Result<void>>(*note);
  if (context.cancel.cancelled()) co_return fail(context.cancel.why());
  co_return fail(Reason::unavailable, std::format("the broker {} in time", what));
}

net::MqttClient::Done into(std::shared_ptr<Mailbox> mailbox) {
  return
      [mailbox = std::move(mailbox)](Result<void> done) { mailbox->push(Note(std::move(done))); };
}

/// The first word is for who joins.
net::MqttClient::Done heard(std::shared_ptr<Replies> replies, std::string topic,
                            std::shared_ptr<Mailbox> mailbox) {
  // Shared by the copies of this.
  auto waits = std::make_shared<std::shared_ptr<Mailbox>>(std::move(mailbox));
  return [replies = std::move(replies), topic = std::move(topic),
          waits = std::move(waits)](Result<void> done) {
    replies->heard(topic, done);
    if (const auto first = std::exchange(*waits, nullptr)) first->push(Note(std::move(done)));
  };
}

class MqttProtocol final : public hub::Protocol {
 public:
  MqttProtocol() = default;
  /// While the loops still run, so that each says goodbye.
  ~MqttProtocol() override {
    for (const auto& weak : clients_) {
      if (const auto client = weak.lock()) client->close();
    }
  }

  std::string_view name() const override { return "mqtt"; }
  bool takes(std::string_view url) const override { return net::is_mqtt_url(url); }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override {
    (void)context;
    hub::Finding finding;
    if (!net::is_mqtt_url(request.url)) {
      finding.tried = "not asked: its URL does not begin with mqtt:// or mqtts://";
      co_return finding;
    }
    finding.spoken = true;
    finding.confidence = 1;
    finding.url = request.url;
    finding.protocol_version = "5.0";
    finding.how = "its URL, which names an MQTT broker";
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override {
    (void)finding;
    SystemRandom random;
    net::MqttOptions options;
    options.client_id = "weft-" + random_hex(kClientIdBytes, random);
    WEFT_CO_TRY(options.broker, net::parse_mqtt_url(request.url));
    auto shared = std::make_shared<Shared>();
    WEFT_CO_TRY(shared->config, read_config(request.details, options.client_id));
    WEFT_CO_CHECK(add_credentials(request, shared->config, options));
    model::Solution solution = describe(shared->config);
    if (solution.title.empty()) solution.title = options.broker.host;
    solution.url = options.broker.str();
    shared->client = std::make_shared<net::MqttClient>(context.executor, std::move(options));
    keep(shared->client);
    const auto mailbox = std::make_shared<Mailbox>(context.executor);
    shared->client->when_connected(into(mailbox));
    auto waiting = mailbox;
    WEFT_CO_CHECK(co_await told(std::move(waiting), context, "did not answer"));
    WEFT_CO_CHECK(co_await hear_replies(shared, context));
    auto service = std::make_shared<MqttService>(std::move(shared));
    co_return hub::Joined{std::move(solution), std::move(service)};
  }

 private:
  static Result<void> add_credentials(const hub::JoinRequest& request, const Config& config,
                                      net::MqttOptions& options) {
    if (!request.headers.empty()) {
      return fail(make_argument_error(
          "/headers",
          "a broker is sent no headers: say `user` under `mqtt:`, and the password as the bearer"));
    }
    WEFT_TRY(options.user, hub::resolve_variables(config.user));
    if (!request.bearer.empty()) {
      WEFT_TRY(options.password, hub::resolve_variables(request.bearer));
    }
    if (!wire::is_mqtt_text(options.user))
      return fail(Reason::invalid_argument, "the user holds a character that MQTT does not take");
    constexpr std::size_t kMost = 65'535;
    if (options.user.size() > kMost || (options.password && options.password->size() > kMost))
      return fail(Reason::invalid_argument, "the user or the password is longer than MQTT allows");
    return {};
  }

  static Awaitable<Result<void>> hear_replies(std::shared_ptr<Shared> shared,
                                              hub::CallContext context) {
    std::set<std::string> topics;
    for (const SkillConfig& skill : shared->config.skills) {
      if (skill.way == Way::exchange) topics.insert(skill.reply);
    }
    for (const std::string& topic : topics) {
      const auto mailbox = std::make_shared<Mailbox>(context.executor);
      shared->client->subscribe(
          topic, 1, wire::MqttRetained::never,
          [replies = shared->replies](const wire::MqttPublish& message) { replies->take(message); },
          heard(shared->replies, topic, mailbox));
      auto waiting = mailbox;
      auto heard = co_await told(std::move(waiting), context, "did not acknowledge a subscription");
      if (!heard) {
        heard.error().message = std::format("`{}`: {}", topic, heard.error().message);
        co_return heard;
      }
    }
    co_return Result<void>();
  }

  void keep(const std::shared_ptr<net::MqttClient>& client) {
    const std::lock_guard lock(mutex_);
    std::erase_if(clients_, [](const auto& weak) { return weak.expired(); });
    clients_.emplace_back(client);
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<net::MqttClient>> clients_;
};

std::unique_ptr<hub::Protocol> protocol(Environment& environment) {
  (void)environment;
  return std::make_unique<MqttProtocol>();
}

}  // namespace

Adapter adapter();

Adapter adapter() { return {.name = "mqtt", .protocol = protocol, .routes = nullptr}; }

}  // namespace weft::adapters::mqtt
