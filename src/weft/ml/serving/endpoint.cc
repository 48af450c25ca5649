#include "weft/ml/serving/endpoint.h"

#include <array>

#include "weft/ml/serving/json_of.h"

namespace weft::ml {
namespace {

constexpr std::array<std::pair<EndpointStatus, std::string_view>, 6> kStatuses = {
    {{EndpointStatus::creating, "Creating"},
     {EndpointStatus::updating, "Updating"},
     {EndpointStatus::system_updating, "SystemUpdating"},
     {EndpointStatus::in_service, "InService"},
     {EndpointStatus::deleting, "Deleting"},
     {EndpointStatus::failed, "Failed"}}};

json::object to_json(const VariantState& variant) {
  return {{"name", variant.name},
          {"weight", variant.weight},
          {"desired_weight", variant.desired_weight},
          {"instances", variant.instances},
          {"desired_instances", variant.desired_instances}};
}

VariantState variant_state_from(const json::object& object) {
  return {.name = std::string(json::string_at(object, "name")),
          .weight = json::number_at(object, "weight").value_or(1),
          .desired_weight = json::number_at(object, "desired_weight").value_or(1),
          .instances = json::int_at(object, "instances").value_or(0),
          .desired_instances = json::int_at(object, "desired_instances").value_or(1)};
}

}  // namespace

std::string_view to_string(EndpointStatus status) {
  return kStatuses[static_cast<std::size_t>(status)].second;
}

std::optional<EndpointStatus> endpoint_status_from(std::string_view word) {
  for (const auto& [status, text] : kStatuses) {
    if (text == word) return status;
  }
  return std::nullopt;
}

json::object to_json(const VariantSpec& variant) {
  return {{"name", variant.name},
          {"model", variant.model},
          {"instance_type", variant.instance_type},
          {"instances", variant.instances},
          {"weight", variant.weight}};
}

VariantSpec variant_spec_from_json(const json::object& object) {
  return {.name = std::string(json::string_at(object, "name")),
          .model = std::string(json::string_at(object, "model")),
          .instance_type = std::string(json::string_at(object, "instance_type")),
          .instances = json::int_at(object, "instances").value_or(1),
          .weight = json::number_at(object, "weight").value_or(1)};
}

json::object to_json(const EndpointConfig& config) {
  json::array variants;
  for (const VariantSpec& each : config.variants) variants.emplace_back(to_json(each));
  return {{"name", config.name},
          {"owner", config.owner},
          {"variants", std::move(variants)},
          {"created_ms", config.created_ms},
          {"request", config.request}};
}

Result<EndpointConfig> endpoint_config_from_json(const json::object& object) {
  EndpointConfig out{.name = std::string(json::string_at(object, "name")),
                     .owner = std::string(json::string_at(object, "owner")),
                     .variants = {},
                     .created_ms = json::int_at(object, "created_ms").value_or(0),
                     .request = {}};
  each_of(object, "variants",
          [&](const json::object& each) { out.variants.push_back(variant_spec_from_json(each)); });
  if (out.name.empty() || out.variants.empty())
    return fail(Reason::internal, "the record of an endpoint configuration is damaged");
  if (const auto* request = json::object_at(object, "request")) out.request = *request;
  return out;
}

json::object to_json(const Endpoint& endpoint) {
  json::array variants;
  for (const VariantState& each : endpoint.variants) variants.emplace_back(to_json(each));
  return {{"name", endpoint.name},
          {"owner", endpoint.owner},
          {"config", endpoint.config},
          {"solution", endpoint.solution},
          {"status", to_string(endpoint.status)},
          {"failure", endpoint.failure},
          {"variants", std::move(variants)},
          {"created_ms", endpoint.created_ms},
          {"modified_ms", endpoint.modified_ms},
          {"request", endpoint.request}};
}

Result<Endpoint> endpoint_from_json(const json::object& object) {
  const auto status = endpoint_status_from(json::string_at(object, "status"));
  Endpoint out{.name = std::string(json::string_at(object, "name")),
               .owner = std::string(json::string_at(object, "owner")),
               .config = std::string(json::string_at(object, "config")),
               .solution = std::string(json::string_at(object, "solution")),
               .status = status.value_or(EndpointStatus::failed),
               .failure = std::string(json::string_at(object, "failure")),
               .variants = {},
               .created_ms = json::int_at(object, "created_ms").value_or(0),
               .modified_ms = json::int_at(object, "modified_ms").value_or(0),
               .request = {}};
  if (!status || out.name.empty())
    return fail(Reason::internal, "the record of an endpoint is damaged");
  each_of(object, "variants",
          [&](const json::object& each) { out.variants.push_back(variant_state_from(each)); });
  if (const auto* request = json::object_at(object, "request")) out.request = *request;
  return out;
}

}  // namespace weft::ml
