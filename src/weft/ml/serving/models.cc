#include "weft/ml/serving/models.h"

#include <format>

#include "weft/base/log.h"
#include "weft/ml/algorithms/script/script_mode.h"

namespace weft::ml {
namespace {

std::shared_ptr<const Model> model_of(const Record& record) {
  auto model = model_from_json(record.body);
  if (model) return std::make_shared<const Model>(*std::move(model));
  log::error("model {} of {}: {}", record.name, record.owner, model.error().message);
  return nullptr;
}

Result<void> check(const std::vector<Algorithm>& algorithms, const ModelSpec& spec) {
  const Algorithm* algorithm = algorithm_of(algorithms, spec);
  if (algorithm == nullptr) {
    std::string names;
    for (const Algorithm& each : algorithms)
      names += std::format("{}{}", names.empty() ? "" : ", ", each.name);
    return fail(Reason::unsupported,
                std::format("the algorithm or image `{}` is not supported; there is: {}",
                            spec.image, names));
  }
  if (algorithm->name == kScriptAlgorithm) WEFT_CHECK(source_archive(spec.environment));
  return {};
}

}  // namespace

struct Models::State {
  const Clock& clock;
  std::vector<Algorithm> algorithms;
  Catalog catalog;
};

Models::Models(const Clock& clock, store::Tables& tables, std::vector<Algorithm> algorithms)
    : state_(new State{.clock = clock,
                       .algorithms = std::move(algorithms),
                       .catalog = Catalog(tables, "ml.models")}) {}
Models::~Models() = default;

Awaitable<Result<void>> Models::start() { co_return co_await state_->catalog.load(); }

Awaitable<Result<void>> Models::create(ModelSpec spec, std::string owner) {
  WEFT_CO_CHECK(check(state_->algorithms, spec));
  Model model{
      .spec = std::move(spec), .owner = std::move(owner), .created_ms = state_->clock.unix_ms()};
  Record record{.owner = model.owner,
                .name = model.spec.name,
                .created_ms = model.created_ms,
                .modified_ms = model.created_ms,
                .status = "",
                .body = to_json(model)};
  co_return co_await state_->catalog.create(std::move(record));
}

std::shared_ptr<const Model> Models::find(std::string_view owner, std::string_view name) const {
  const RecordPtr record = state_->catalog.find(owner, name);
  return record ? model_of(*record) : nullptr;
}

Result<ModelPage> Models::list(const ListQuery& query) const {
  WEFT_TRY(ListPage page, state_->catalog.list(query));
  ModelPage out{.models = {}, .next_token = std::move(page.next_token)};
  for (const RecordPtr& record : page.records) {
    if (auto model = model_of(*record)) out.models.push_back(std::move(model));
  }
  return out;
}

Awaitable<Result<void>> Models::erase(std::string owner, std::string name) {
  WEFT_CO_TRY(const bool was, co_await state_->catalog.erase(std::move(owner), name));
  if (was) co_return Result<void>();
  Error error = make_error(Reason::invalid_argument, std::format("there is no model `{}`", name));
  error.code = Code::not_found;
  error.param = std::move(name);
  co_return fail(std::move(error));
}

const Algorithm* algorithm_of(std::span<const Algorithm> all, const ModelSpec& spec) {
  return find_algorithm(all, wants_script(spec.environment) ? kScriptAlgorithm : spec.image);
}

}  // namespace weft::ml
