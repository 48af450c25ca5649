#include "weft/net/mqtt_core.h"

#include <algorithm>
#include <format>

#include "weft/base/ids.h"
#include "weft/base/log.h"
#include "weft/net/mqtt_limits.h"

namespace weft::net {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// The error that a reason code of the broker's means.
Error refusal(std::uint8_t reason, std::string_view words, std::string_view what) {
  const auto kind = [&] {
    switch (reason) {
      case 0x95: return Reason::too_large;
      case 0x93:
      case 0x96:
      case 0x97:
      case 0x9F: return Reason::rate_limited;
      case 0x9B: return Reason::unsupported;
      case 0x80:
      case 0x81:
      case 0x82:
      case 0x83:
      case 0x91:
      case 0x94:
      case 0x99: return Reason::upstream_protocol;
      default: return Reason::unavailable;
    }
  };
  return make_error(kind(), std::format("{}: {}", what, wire::mqtt_reason(reason, words)));
}

/// A random half of it at least, so that many clients do not come back at once.
Milliseconds jittered(Milliseconds pause) {
  SystemRandom random;
  std::array<std::uint8_t, 4> bytes{};
  random.fill(bytes);
  const std::uint32_t word = (static_cast<std::uint32_t>(bytes[0]) << 16) |
                             (static_cast<std::uint32_t>(bytes[1]) << 8) | bytes[2];
  const std::int64_t half = pause.count() / 2;
  return Milliseconds(half + ((half * word) >> 24));
}

}  // namespace

MqttClient::Core::Core(Executor executor, MqttOptions options)
    : executor_(executor),
      options_(std::move(options)),
      resolver_(options_.look_up),
      pause_(options_.pause),
      absence_(make_error(Reason::unavailable,
                          options_.broker.str() + ": the first connection is not made yet")) {}

std::optional<Error> MqttClient::Core::absence() const {
  const std::lock_guard lock(mutex_);
  return absence_;
}

void MqttClient::Core::set_absence(std::optional<Error> why) {
  const std::lock_guard lock(mutex_);
  absence_ = std::move(why);
}

Awaitable<> MqttClient::Core::run(std::shared_ptr<Core> core) {
  const CancelToken stop = core->stop_.token();
  while (!stop.cancelled()) {
    Error why = co_await core->connection();
    core->down(stop.cancelled() ? stop.why() : std::move(why));
    if (stop.cancelled()) break;
    const Milliseconds pause = core->next_pause();
    CancelToken until = stop;
    co_await sleep_for(pause, std::move(until));
  }
  core->set_absence(stop.why());
  // Handlers hold what belongs to others.
  core->topics_.clear();
  core->topic_of_.clear();
}

Milliseconds MqttClient::Core::next_pause() {
  if (up_since_ && now() - *up_since_ >= kMqttGoodTime) pause_ = options_.pause;
  up_since_.reset();
  const Milliseconds pause = jittered(pause_);
  pause_ = std::min(pause_ * 2, options_.pause_max);
  return pause;
}

/// One connection, from its beginning to why it ended.
Awaitable<Error> MqttClient::Core::connection() {
  link_ = std::make_unique<MqttLink>(executor_, options_, resolver_);
  wire::MqttConnect connect{.client_id = options_.client_id,
                            .user = options_.user,
                            .password = options_.password,
                            .keep_alive_s = options_.keep_alive_s,
                            .receive_maximum = kMqttReceiveMaximum,
                            .packet_bytes_max = kMqttPacketBytesMax};
  const auto connack = co_await link_->open(std::move(connect));
  if (!connack) co_return connack.error();
  if (connack->reason >= wire::kMqttFailed) {
    const std::string what = options_.broker.str() + " refused the connection";
    Error refused = refusal(connack->reason, connack->words, what);
    refused.reason = Reason::unavailable;
    refused.code = code_of(Reason::unavailable);
    co_return refused;
  }
  up(*connack);
  while (true) {
    const auto frame = co_await link_->next();
    if (!frame) co_return frame.error();
    if (const auto taken = take(*frame); !taken) {
      if (frame->type != wire::MqttType::disconnect) link_->say(wire::write_mqtt_disconnect(0x82));
      co_return make_error(Reason::unavailable,
                           std::format("{}: {}", options_.broker.str(), taken.error().message));
    }
  }
}

void MqttClient::Core::up(const wire::MqttConnack& connack) {
  up_ = true;
  up_since_ = now();
  allowed_ = connack;
  recent_.clear();
  const std::uint16_t seconds = connack.keep_alive_s.value_or(options_.keep_alive_s);
  // To say more often that one is there is always allowed.
  const auto own = options_.keep_alive_s;
  keep_alive_ = std::chrono::seconds(seconds > 0 ? std::min(seconds, own) : own);
  tick();
  log::debug("{}: connected as {}", options_.broker.str(), options_.client_id);
  for (const auto& [name, topic] : topics_) {
    ask_for(name, topic, [this, name](const Result<void>& heard) { tell_heard(name, heard); });
  }
  set_absence(std::nullopt);
  for (const Done& done : std::exchange(waiters_, {})) done({});
}

/// Tells all who wait for the broker what became of what they asked.
void MqttClient::Core::down(Error why) {
  const bool was_up = std::exchange(up_, false);
  if (was_up && !stop_.cancelled()) log::warn("{}", why.message);
  ticks_.cancel();
  asks_again_.cancel();
  refused_.clear();
  link_.reset();
  set_absence(why);
  publishing_ = 0;
  for (auto& [id, flight] : std::exchange(flights_, {})) {
    if (flight.published) flight.published({MqttFate::unknown, why});
    if (flight.done) flight.done(fail(why));
  }
  waiting_bytes_ = 0;
  for (auto& each : std::exchange(waiting_, {})) each.done({MqttFate::unsent, why});
  for (const Done& done : std::exchange(waiters_, {})) done(fail(why));
}

void MqttClient::Core::close() {
  if (stop_.cancelled()) return;
  stop_.cancel(make_error(Reason::unavailable, options_.broker.str() + ": the client was closed"));
  if (!link_) return;
  if (up_) link_->say(wire::write_mqtt_disconnect(0));
  link_->end(stop_.token().why());
}

/// Sees to it that both sides are heard of.
void MqttClient::Core::tick() {
  ticks_ = run_after(executor_, keep_alive_ / 2, [this] {
    const SteadyTime time = now();
    const bool silent = time - link_->last_heard() > keep_alive_ * 3 / 2;
    const bool deaf = std::ranges::any_of(
        flights_, [&](const auto& one) { return time - one.second.since > kMqttAckTime; });
    if (silent || deaf) {
      const std::string_view what =
          silent ? "nothing was heard of it in time" : "it did not acknowledge in time";
      return link_->end(
          make_error(Reason::unavailable, std::format("{}: {}", options_.broker.str(), what)));
    }
    link_->say(wire::write_mqtt_pingreq());
    tick();
  });
}

Result<void> MqttClient::Core::take(const wire::MqttFrame& frame) {
  switch (frame.type) {
    case wire::MqttType::publish: {
      WEFT_TRY(const wire::MqttPublish message, wire::read_mqtt_publish(frame));
      take_message(message);
      return {};
    }
    case wire::MqttType::puback:
    case wire::MqttType::suback:
    case wire::MqttType::unsuback: {
      WEFT_TRY(const wire::MqttAck ack, wire::read_mqtt_ack(frame));
      take_ack(frame.type, ack);
      return {};
    }
    case wire::MqttType::pingresp: return {};
    case wire::MqttType::disconnect: {
      WEFT_TRY(const wire::MqttDisconnect told, wire::read_mqtt_disconnect(frame));
      return fail(refusal(told.reason, told.words, "it ended the connection"));
    }
    default:
      return fail(
          Reason::upstream_protocol,
          std::format("a packet of type {} that nobody asked for", static_cast<int>(frame.type)));
  }
}

bool MqttClient::Core::seen(std::uint16_t id) {
  if (std::ranges::contains(recent_, id)) return true;
  recent_.push_back(id);
  if (recent_.size() > kMqttRecentIds) recent_.pop_front();
  return false;
}

void MqttClient::Core::take_message(const wire::MqttPublish& message) {
  if (message.qos > 0) {
    link_->say(wire::write_mqtt_puback(message.id));
    // An identifier comes again once it is acknowledged; only what says so is the same message.
    if (seen(message.id) && message.duplicate) {
      ++dropped_;
      return;
    }
  }
  const auto topic = topics_.find(message.topic);
  if (topic == topics_.end()) {
    ++dropped_;
    return;
  }
  // A handler may end its subscription.
  const std::vector<Listener> listeners = topic->second.listeners;
  for (const Listener& listener : listeners) (*listener.handler)(message);
}

void MqttClient::Core::take_ack(wire::MqttType type, const wire::MqttAck& ack) {
  const auto found = flights_.find(ack.id);
  if (found == flights_.end()) return;
  const bool publish = type == wire::MqttType::puback;
  if (publish != static_cast<bool>(found->second.published)) return;
  const Flight flight = std::move(found->second);
  flights_.erase(found);
  const std::uint8_t reason = ack.reasons.front();
  const auto refused = [&](std::string_view what) {
    return refusal(reason, ack.words, std::format("{} {}", options_.broker.str(), what));
  };
  if (publish) {
    --publishing_;
    if (reason >= wire::kMqttFailed) {
      flight.published({MqttFate::unsent, refused("did not take the message")});
    } else {
      flight.published({reason == wire::kMqttNobody ? MqttFate::nobody : MqttFate::taken, {}});
    }
    send_waiting();
  } else if (flight.done && reason >= wire::kMqttFailed) {
    flight.done(fail(refused("refused a subscription")));
  } else if (flight.done) {
    flight.done({});
  }
}

void MqttClient::Core::when_connected(Done done) {
  if (up_) return done({});
  if (stop_.cancelled()) return done(fail(stop_.token().why()));
  waiters_.push_back(std::move(done));
}

std::optional<std::uint16_t> MqttClient::Core::free_id() {
  if (flights_.size() >= kMqttIdsMax) return std::nullopt;
  do {
    if (++last_id_ == 0) last_id_ = 1;
  } while (flights_.contains(last_id_));
  return last_id_;
}

void MqttClient::Core::publish(wire::MqttPublish message, Published done) {
  if (!up_) {
    return done({MqttFate::unsent, *absence()});
  }
  if (message.qos > allowed_.qos_max) {
    return done({MqttFate::unsent,
                 make_error(Reason::unsupported,
                            std::format("{} takes no message of QoS {}: say `qos: {}`",
                                        options_.broker.str(), message.qos, allowed_.qos_max))});
  }
  const std::size_t at_once = std::min<std::size_t>(allowed_.receive_maximum, kMqttInFlightMax / 2);
  if (message.qos > 0 && (publishing_ >= at_once || !waiting_.empty())) {
    if (waiting_.size() < kMqttWaitingMax && waiting_bytes_ < kMqttUnsentBytesMax) {
      waiting_bytes_ += message.payload.size();
      waiting_.push_back({std::move(message), std::move(done), now()});
      return;
    }
    return done(
        {MqttFate::unsent,
         make_error(Reason::rate_limited, std::format("{} messages wait to be taken by {}",
                                                      waiting_.size(), options_.broker.str()))});
  }
  if (auto why = send(message, done)) done({MqttFate::unsent, *std::move(why)});
}

std::optional<Error> MqttClient::Core::send(wire::MqttPublish& message, Published& done) {
  if (link_->unsent_bytes() > kMqttUnsentBytesMax) {
    return make_error(Reason::rate_limited,
                      std::format("{} does not take what is sent to it", options_.broker.str()));
  }
  if (message.qos > 0) {
    const auto id = free_id();
    if (!id) return make_error(Reason::rate_limited, "too many messages are on their way");
    message.id = *id;
  }
  auto packet = wire::write_mqtt(message);
  if (!packet) return std::move(packet).error();
  if (allowed_.packet_bytes_max > 0 && packet->size() > allowed_.packet_bytes_max) {
    return make_error(Reason::too_large,
                      std::format("the message has {} bytes; {} takes {}", packet->size(),
                                  options_.broker.str(), allowed_.packet_bytes_max));
  }
  link_->say(*packet);
  if (message.qos == 0) {
    done({MqttFate::taken, {}});
  } else {
    ++publishing_;
    flights_[message.id] = {now(), std::move(done), nullptr};
  }
  return std::nullopt;
}

void MqttClient::Core::send_waiting() {
  const std::size_t at_once = std::min<std::size_t>(allowed_.receive_maximum, kMqttInFlightMax / 2);
  while (up_ && publishing_ < at_once && !waiting_.empty()) {
    auto [message, done, since] = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= message.payload.size();
    // Nobody waits any more for what has expired here.
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now() - since).count();
    if (message.expiry_s && waited >= *message.expiry_s) {
      done({MqttFate::unsent,
            make_error(Reason::deadline, std::format("{} did not take the message in its time",
                                                     options_.broker.str()))});
      continue;
    }
    if (message.expiry_s) *message.expiry_s -= static_cast<std::uint32_t>(waited);
    if (auto why = send(message, done)) done({MqttFate::unsent, *std::move(why)});
  }
}

void MqttClient::Core::ask_for(const std::string& name, const Topic& topic, Done done) {
  const auto id = free_id();
  if (!id) return done(fail(Reason::rate_limited, "too many subscriptions wait for an answer"));
  const int qos = std::min<int>(topic.qos, allowed_.qos_max);
  flights_[*id] = {now(), nullptr, std::move(done)};
  link_->say(wire::write_mqtt_subscribe(*id, name, qos, topic.retained));
}

void MqttClient::Core::subscribe(std::uint64_t id, std::string topic, int qos,
                                 wire::MqttRetained retained, Handler handler, Done done) {
  if (auto fit = wire::check_mqtt_topic(topic); !fit) return done(std::move(fit));
  if (!up_) return done(fail(*absence()));
  if (topics_.size() >= kMqttTopicsMax && !topics_.contains(topic))
    return done(fail(Reason::rate_limited, "too many topics are listened to"));
  Topic& heard = topics_[topic];
  heard.qos = std::max(heard.qos, qos);
  if (retained == wire::MqttRetained::sent) heard.retained = retained;
  heard.listeners.push_back({id, std::make_shared<const Handler>(std::move(handler)), done});
  ask_for(topic, heard, std::move(done));
  topic_of_[id] = std::move(topic);
}

void MqttClient::Core::tell_heard(const std::string& name, const Result<void>& heard) {
  // A connection that ended says nothing of the topic: it is asked for again on the next.
  if (!heard && !up_) return;
  if (!heard) {
    log::warn("`{}`: {}", name, heard.error().message);
    ask_again_later(name);
  }
  const auto topic = topics_.find(name);
  if (topic == topics_.end()) return;
  // Who is told may end its subscription.
  const std::vector<Listener> listeners = topic->second.listeners;
  for (const Listener& listener : listeners) listener.done(heard);
}

/// Whoever runs the broker may give the topic back.
void MqttClient::Core::ask_again_later(const std::string& name) {
  const bool armed = !refused_.empty();
  refused_.insert(name);
  if (armed) return;
  asks_again_ = run_after(executor_, options_.ask_again, [this] {
    for (const std::string& each : std::exchange(refused_, {})) {
      const auto topic = topics_.find(each);
      if (topic == topics_.end()) continue;
      ask_for(each, topic->second,
              [this, each](const Result<void>& heard) { tell_heard(each, heard); });
    }
  });
}

void MqttClient::Core::unsubscribe(std::uint64_t id) {
  const auto known = topic_of_.find(id);
  if (known == topic_of_.end()) return;
  const std::string name = std::move(known->second);
  topic_of_.erase(known);
  const auto topic = topics_.find(name);
  std::erase_if(topic->second.listeners, [&](const Listener& one) { return one.id == id; });
  if (!topic->second.listeners.empty()) return;
  topics_.erase(topic);
  const auto packet = up_ ? free_id() : std::nullopt;
  if (!packet) return;
  flights_[*packet] = {now(), nullptr, nullptr};
  link_->say(wire::write_mqtt_unsubscribe(*packet, name));
}

}  // namespace weft::net
