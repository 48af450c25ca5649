#include "weft/base/schema.h"

#include <format>

#include "weft/base/schema_node.h"

namespace weft {

struct Schema::Compiled {
  std::unique_ptr<schema::Graph> graph;
};

Schema::Schema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::create(const json::value& schema) {
  WEFT_TRY(auto graph, schema::compile(schema));
  return Schema(std::make_unique<Compiled>(std::move(graph)));
}

std::optional<SchemaFault> Schema::check(const json::value& instance) const {
  return schema::check(*compiled_->graph, instance);
}

Result<void> Schema::require(const json::value& instance) const {
  auto fault = check(instance);
  if (!fault) return {};
  std::string message =
      fault->path.empty() ? fault->message : std::format("{}: {}", fault->path, fault->message);
  return fail(make_argument_error(std::move(fault->path), std::move(message)));
}

}  // namespace weft
