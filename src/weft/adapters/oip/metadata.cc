#include "weft/adapters/oip/metadata.h"

#include <algorithm>
#include <format>

#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/limits.h"
#include "weft/base/grpc_url.h"

namespace weft::adapters::oip {
namespace {

std::unexpected<Error> broken(std::string message) {
  return fail(Reason::upstream_protocol, std::move(message));
}

Result<json::object> read_object(std::string_view body, std::string_view what) {
  auto parsed = json::parse(body);
  if (!parsed) return broken(std::format("{} is no JSON: {}", what, parsed.error().message));
  json::object* o = parsed->if_object();
  if (o == nullptr)
    return broken(std::format("{} is no object, but {}", what, json::type_name(*parsed)));
  return std::move(*o);
}

bool has_text(const std::vector<wire::TensorSpec>& tensors, std::string_view name) {
  return std::ranges::any_of(tensors, [&](const wire::TensorSpec& spec) {
    return spec.name == name && spec.type == wire::TensorType::bytes;
  });
}

model::Shape shape_from(std::string_view word) {
  for (const model::Shape shape : {model::Shape::converse, model::Shape::embed,
                                   model::Shape::publish, model::Shape::subscribe}) {
    if (model::to_string(shape) == word) return shape;
  }
  return model::Shape::invoke;
}

std::optional<json::value> schema_at(const json::object& properties, std::string_view name) {
  const std::string_view text = json::string_at(properties, name);
  if (text.empty()) return std::nullopt;
  auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return *std::move(parsed);
}

/// The skill of another weft, as it tells it.
void read_own(const json::object& properties, RemoteModel& out) {
  out.own = true;
  out.skill.shape = shape_from(json::string_at(properties, kShapeProperty));
  out.skill.title = json::string_at(properties, kTitleProperty);
  out.skill.description = json::string_at(properties, kDescriptionProperty);
  out.skill.input_schema = schema_at(properties, kInputProperty);
  out.skill.output_schema = schema_at(properties, kOutputProperty);
}

void read_foreign(const json::object& metadata, RemoteModel& out) {
  out.skill.title = out.name;
  const bool texts =
      has_text(out.signature.inputs, kTextInput) && has_text(out.signature.outputs, kTextOutput);
  const std::string_view platform = json::string_at(metadata, "platform");
  if (texts) {
    out.skill.shape = model::Shape::converse;
    out.skill.description = std::format("Writes a text: the model {}.", out.name);
    return;
  }
  out.skill.shape = model::Shape::predict;
  out.skill.description = std::format("Predicts with the model {}{}.", out.name,
                                      platform.empty() ? "" : std::format(" ({})", platform));
  out.skill.input_schema = wire::input_schema_of(out.signature);
  if (!out.signature.outputs.empty())
    out.skill.output_schema = wire::output_schema_of(out.signature.outputs);
  out.skill.effects.read_only = true;
  out.skill.effects.idempotent = true;
  out.skill.raw = {{"inputs", wire::to_json(out.signature.inputs)},
                   {"outputs", wire::to_json(out.signature.outputs)},
                   {"platform", platform}};
}

Place place_of(const Url& url) {
  Place out{.base = url, .model = {}, .named = false};
  out.base.query.clear();
  std::string_view path = url.path;
  while (path.ends_with('/')) path.remove_suffix(1);
  std::size_t at = path.rfind("/v2");
  while (at != path.npos && at + 3 < path.size() && path[at + 3] != '/')
    at = at == 0 ? path.npos : path.rfind("/v2", at - 1);
  if (at != path.npos) {
    constexpr std::string_view kModels = "/models/";
    const std::string_view rest = path.substr(at + 3);
    out.named = true;
    if (rest.starts_with(kModels)) {
      const std::string_view name =
          rest.substr(kModels.size(), rest.find('/', kModels.size()) - kModels.size());
      out.model = percent_decode(name).value_or(std::string(name));
    }
    path = path.substr(0, at);
  }
  out.base.path = path.empty() ? "/" : std::string(path);
  return out;
}

}  // namespace

bool ServerAbout::has(std::string_view extension) const {
  return std::ranges::find(extensions, extension) != extensions.end();
}

bool ServerAbout::generates() const {
  return !grpc && (has("generate") || name == kServerName || name == "triton");
}

Result<ServerAbout> read_server(std::string_view body) {
  WEFT_TRY(const json::object o, read_object(body, "the server's metadata"));
  const json::array* extensions = json::array_at(o, "extensions");
  ServerAbout out;
  out.name = json::string_at(o, "name");
  out.version = json::string_at(o, "version");
  if (out.name.empty() || extensions == nullptr)
    return broken("the server's metadata has no `name` and `extensions`");
  for (const json::value& each : *extensions) {
    if (each.is_string()) out.extensions.emplace_back(each.get_string());
  }
  return out;
}

Result<std::vector<std::string>> read_names(std::string_view body) {
  auto parsed = json::parse(body);
  if (!parsed)
    return broken(std::format("the list of models is no JSON: {}", parsed.error().message));
  const json::object* o = parsed->if_object();
  const json::array* list = o != nullptr ? json::array_at(*o, "models") : parsed->if_array();
  if (list == nullptr) return broken("the list of models is no list");
  std::vector<std::string> out;
  for (const json::value& item : *list) {
    const json::value* name = item.is_object() ? json::find(item, "name") : &item;
    const bool fits = name != nullptr && name->is_string() && !name->get_string().empty() &&
                      name->get_string().size() <= kModelNameCharsMax;
    if (!fits) return broken("the list of models holds something else than names");
    std::string text(name->get_string());
    // A model is listed once for each of its versions.
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
    if (out.size() > kModelsMax)
      return broken(std::format("the server has more than {} models", kModelsMax));
  }
  return out;
}

Result<RemoteModel> read_model(std::string_view body, const ServerAbout& server) {
  WEFT_TRY(const json::object o, read_object(body, "a model's metadata"));
  RemoteModel out;
  out.name = json::string_at(o, "name");
  if (out.name.empty()) return broken("a model's metadata has no `name`");
  auto signature = wire::read_signature(o);
  if (!signature) {
    return broken(std::format("the metadata of `{}`: {}", out.name, signature.error().message));
  }
  out.signature = *std::move(signature);
  out.skill.id = SkillId(out.name);
  const json::object* properties = json::object_at(o, "properties");
  if (server.name == kServerName && properties != nullptr && properties->contains(kShapeProperty)) {
    read_own(*properties, out);
  } else {
    read_foreign(o, out);
  }
  return out;
}

model::Solution describe(const Place& place, const ServerAbout& server,
                         const RemoteModels& models) {
  model::Solution out;
  out.title = place.base.authority();
  out.description = std::format("{} {}, an inference server with {} model{}.", server.name,
                                server.version, models.size(), models.size() == 1 ? "" : "s");
  out.version = server.version;
  out.protocol = "oip";
  out.protocol_version = "v2";
  out.url = place.str();
  bool predicts = true;
  for (const auto& [name, model] : models) {
    predicts = predicts && model.skill.shape == model::Shape::predict;
    if (model.skill.shape == model::Shape::converse) out.caps.stream = server.generates();
    out.skills.push_back(model.skill);
  }
  out.kind = predicts ? model::Kind::predictor : model::Kind::toolset;
  return out;
}

std::string Place::str() const { return grpc ? grpc_url(base) : base.str(); }

Result<Place> read_place(std::string_view url) {
  if (!is_grpc_url(url)) {
    WEFT_TRY(const Url parsed, parse_url(url));
    return place_of(parsed);
  }
  WEFT_TRY(const Url parsed, parse_grpc_url(url));
  Place out = place_of(parsed);
  if (out.base.path != "/") {
    return fail(Reason::invalid_argument,
                std::format("a URL of gRPC has no path but /v2/models/NAME, which takes that model "
                            "alone; `{}` is none",
                            parsed.path));
  }
  return by_grpc(std::move(out));
}

Place by_grpc(Place place) {
  place.grpc = true;
  // No other protocol of weft's is called so.
  place.named = true;
  return place;
}

}  // namespace weft::adapters::oip
