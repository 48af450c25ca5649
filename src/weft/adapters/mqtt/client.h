// The solution side: what listens behind an MQTT broker as a solution, a skill for each request
// topic or telemetry topic of the configuration. Owned by the hub's registry; any thread, streams
// on their own loops.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/mqtt/config.h"
#include "weft/adapters/mqtt/replies.h"
#include "weft/hub/producer.h"
#include "weft/net/mqtt_client.h"

namespace weft::adapters::mqtt {

/// What a service and its calls share.
struct Shared {
  Config config;
  std::shared_ptr<net::MqttClient> client;
  std::shared_ptr<Replies> replies = std::make_shared<Replies>();
};

class MqttService final : public hub::ProducingService {
 public:
  explicit MqttService(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  /// The description is the configuration: it never changes. Fails while there is no connection.
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override;

 private:
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;

  std::shared_ptr<Shared> shared_;
};

/// A request, and its replies until the last (or none).
Awaitable<Result<model::Output>> run_request(std::shared_ptr<Shared> shared,
                                             const SkillConfig& skill,
                                             std::shared_ptr<const model::Call> call,
                                             hub::Emitter& out);
/// The messages of a topic.
Awaitable<Result<model::Output>> run_telemetry(std::shared_ptr<Shared> shared,
                                               const SkillConfig& skill,
                                               std::shared_ptr<const model::Call> call,
                                               hub::Emitter& out);

model::Solution describe(const Config& config);

}  // namespace weft::adapters::mqtt
