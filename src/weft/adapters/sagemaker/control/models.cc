#include <format>
#include <utility>

#include "weft/adapters/sagemaker/control/lists.h"
#include "weft/adapters/sagemaker/control/model_spec.h"
#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/adapters/sagemaker/control/tagging.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kName = "ModelName";

/// Whether the model's files are there for its owner.
Awaitable<Translated<void>> find_data(ml::Api& ml, std::string owner, ml::ObjectUri data,
                                      bool packed) {
  const auto objects = ml.objects(std::move(owner));
  Result<bool> found = false;
  if (packed) {
    const auto object = co_await objects->head(data.bucket, data.key);
    found = object.transform([](const auto& info) { return info.has_value(); });
  } else {
    store::ObjectQuery query{.prefix = data.key, .delimiter = "", .after = "", .limit = 1};
    const auto page = co_await objects->list(data.bucket, std::move(query));
    found = page.transform([](const auto& of) { return !of.objects.empty(); });
  }
  // What is somebody else's is as if it were not there.
  const bool theirs = !found && found.error().reason == Reason::permission_denied;
  if (!found && !theirs && found.error().code != Code::not_found)
    co_return std::unexpected(to_aws(found.error()));
  if (!found || !*found)
    co_return invalid(std::format("Could not find model data at {}.", data.str()));
  co_return Translated<void>();
}

}  // namespace

Awaitable<AwsResult> create_model(Call call) {
  auto spec = model_spec_of(call.input);
  if (!spec) co_return std::unexpected(std::move(spec).error());
  auto tags = tags_of(call.input);
  if (!tags) co_return std::unexpected(std::move(tags).error());
  const std::string name = spec->name;
  if (call.ml.models.find(call.owner(), name)) co_return existing(call.caller, kModel, name);
  if (spec->data) {
    auto found = co_await find_data(call.ml, call.owner(), *spec->data, spec->packed);
    if (!found) co_return std::unexpected(std::move(found).error());
  }
  auto created = co_await call.ml.models.create(*std::move(spec), call.owner());
  if (!created && created.error().code == Code::already_exists)
    co_return existing(call.caller, kModel, name);
  if (!created) co_return std::unexpected(to_aws(created.error()));
  auto kept = co_await keep_tags(call.ml, call.owner(), kModel, name, *std::move(tags));
  if (!kept) co_return std::unexpected(std::move(kept).error());
  co_return arn_answer(call.caller, "ModelArn", kModel, name);
}

Awaitable<AwsResult> describe_model(Call call) {
  const std::string name = call.name(kName);
  const auto model = call.ml.models.find(call.owner(), name);
  if (!model) co_return missing(call.caller, kModel, name);
  co_return described(call.caller, *model);
}

Awaitable<AwsResult> delete_model(Call call) {
  const std::string name = call.name(kName);
  auto erased = co_await call.ml.models.erase(call.owner(), name);
  if (!erased && erased.error().code == Code::not_found)
    co_return missing(call.caller, kModel, name);
  if (!erased) co_return std::unexpected(to_aws(erased.error()));
  auto forgotten = co_await call.ml.tags.forget(call.owner(), tagged(kModel, name));
  if (!forgotten) co_return std::unexpected(to_aws(forgotten.error()));
  co_return json::object();
}

Awaitable<AwsResult> list_models(Call call) {
  const auto query = list_query(call, /*descending=*/true);
  if (!query) co_return std::unexpected(query.error());
  const auto page = call.ml.models.list(*query);
  if (!page) co_return std::unexpected(to_aws(page.error()));
  json::array models;
  for (const auto& model : page->models) {
    models.push_back(json::object{{"ModelName", model->spec.name},
                                  {"ModelArn", arn_of(call.caller, kModel, model->spec.name)},
                                  {"CreationTime", seconds_of(model->created_ms)}});
  }
  co_return page_answer("Models", std::move(models), page->next_token);
}

}  // namespace weft::adapters::sagemaker
