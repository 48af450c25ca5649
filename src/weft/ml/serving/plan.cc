#include "weft/ml/serving/plan.h"

#include <format>

#include "weft/ml/serving/json_of.h"

namespace weft::ml {
namespace {

json::object to_json(const Plan& plan) {
  json::array variants;
  for (const PlannedVariant& each : plan.variants) {
    variants.emplace_back(
        json::object{{"spec", to_json(each.spec)}, {"model", to_json(each.model)}});
  }
  return {{"config", plan.config}, {"variants", std::move(variants)}};
}

Result<Plan> plan_from(const json::object* object) {
  if (object == nullptr) return fail(Reason::internal, "the record of an endpoint is damaged");
  Plan out{.config = std::string(json::string_at(*object, "config")), .variants = {}};
  Result<void> fine;
  each_of(*object, "variants", [&](const json::object& each) {
    const auto* spec = json::object_at(each, "spec");
    const auto* model = json::object_at(each, "model");
    auto read = spec == nullptr || model == nullptr
                    ? fail(Reason::internal, "the record of an endpoint is damaged")
                    : model_spec_from_json(*model);
    if (!read) {
      fine = fail(std::move(read).error());
      return;
    }
    out.variants.push_back({.spec = variant_spec_from_json(*spec), .model = *std::move(read)});
  });
  WEFT_CHECK(fine);
  if (out.variants.empty())
    return fail(Reason::internal, "the record of an endpoint has no variants");
  return out;
}

}  // namespace

std::size_t Plan::instances() const {
  std::int64_t out = 0;
  for (const PlannedVariant& each : variants) out += each.spec.instances;
  return static_cast<std::size_t>(out);
}

std::vector<VariantState> states_of(const Plan& plan) {
  std::vector<VariantState> out;
  out.reserve(plan.variants.size());
  for (const auto& [spec, model] : plan.variants) {
    out.push_back({.name = spec.name,
                   .weight = spec.weight,
                   .desired_weight = spec.weight,
                   .instances = 0,
                   .desired_instances = spec.instances});
  }
  return out;
}

Record to_record(const EndpointRecord& record) {
  const Endpoint& endpoint = record.endpoint;
  json::object body{{"endpoint", to_json(endpoint)}, {"current", to_json(record.current)}};
  if (record.next) {
    body["next"] = to_json(*record.next);
    body["resizes"] = record.resizes;
  }
  return {.owner = endpoint.owner,
          .name = endpoint.name,
          .created_ms = endpoint.created_ms,
          .modified_ms = endpoint.modified_ms,
          .status = std::string(to_string(endpoint.status)),
          .body = std::move(body)};
}

Result<EndpointRecord> endpoint_record_from(const Record& record) {
  const auto* endpoint = json::object_at(record.body, "endpoint");
  if (endpoint == nullptr) return fail(Reason::internal, "the record of an endpoint is damaged");
  EndpointRecord out;
  WEFT_TRY(out.endpoint, endpoint_from_json(*endpoint));
  WEFT_TRY(out.current, plan_from(json::object_at(record.body, "current")));
  if (const auto* next = json::object_at(record.body, "next")) {
    WEFT_TRY(out.next, plan_from(next));
    out.resizes = json::bool_at(record.body, "resizes").value_or(false);
  }
  return out;
}

}  // namespace weft::ml
