#include "weft/app/deployed_model.h"

#include <format>

#include "weft/hub/producer.h"
#include "weft/ml/serving/signature.h"

namespace weft::app {
namespace {

/// Called as any solution is, and with the bytes as they are by those who have them.
class DeployedModel final : public hub::ProducingService, public ml::Inferring {
 public:
  explicit DeployedModel(std::shared_ptr<ml::Inferring> serving) : serving_(std::move(serving)) {}

  Awaitable<Result<ml::InvocationReply>> invoke(ml::Invocation invocation, SteadyTime deadline,
                                                CancelToken cancel) override {
    return serving_->invoke(std::move(invocation), deadline, std::move(cancel));
  }
  Awaitable<Result<ml::InvocationReply>> stream(ml::Invocation invocation, SteadyTime deadline,
                                                CancelToken cancel, TakePiece piece) override {
    return serving_->stream(std::move(invocation), deadline, std::move(cancel), std::move(piece));
  }
  std::shared_ptr<const ml::ModelAbout> about() const override { return serving_->about(); }
  const std::string& owner() const override { return serving_->owner(); }

 protected:
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override {
    return ml::predict(serving_, std::move(call), out.deadline(), out.cancelled());
  }

 private:
  std::shared_ptr<ml::Inferring> serving_;
};

model::Solution solution_of(const ml::Endpoint& endpoint, SolutionId id,
                            const ml::Inferring& serving) {
  model::Solution out;
  out.id = std::move(id);
  out.title = endpoint.name;
  out.kind = model::Kind::predictor;
  out.protocol = kDeployedProtocol;
  out.version = endpoint.config;
  std::string models;
  for (const ml::VariantState& variant : endpoint.variants)
    models += std::format("{}{}", models.empty() ? "" : ", ", variant.name);
  out.description = std::format("A model that is deployed here ({})", models);
  const auto about = serving.about();
  out.skills.push_back(ml::predict_skill(ml::signature_of(about ? about->about : json::object())));
  return out;
}

}  // namespace

std::shared_ptr<const hub::Entry> entry_of_endpoint(const ml::Endpoint& endpoint, SolutionId id,
                                                    std::shared_ptr<ml::Inferring> serving) {
  hub::JoinRequest request;
  request.id = id;
  request.protocol = kDeployedProtocol;
  request.source = hub::Source::built_in;
  request.origin = std::format("endpoint {}", endpoint.name);
  model::Solution solution = solution_of(endpoint, std::move(id), *serving);
  return hub::make_entry(std::move(solution), std::make_shared<DeployedModel>(std::move(serving)),
                         std::move(request), "it is deployed here");
}

}  // namespace weft::app
