#include "weft/adapters/openapi/operation.h"

#include <algorithm>
#include <array>
#include <format>
#include <set>

#include "weft/adapters/openapi/dialect.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/skill_schema.h"
#include "weft/base/schema.h"
#include "weft/wire/http.h"

namespace weft::adapters::openapi {
namespace {

constexpr std::array<std::string_view, 7> kMethods{"get",     "put",  "post", "delete",
                                                   "options", "head", "patch"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

/// The id as the document has it, where it may stand in a path and a tool's name; else with what
/// may not replaced.
std::string skill_id(const json::object& operation, std::string_view method,
                     std::string_view path) {
  std::string from(json::string_at(operation, "operationId"));
  if (from.empty()) from = std::format("{}_{}", method, path);
  std::string id;
  for (const char c : from) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (plain) {
      id += c;
    } else if (!id.ends_with('_')) {
      id += '_';
    }
  }
  while (id.ends_with('_')) id.pop_back();
  if (id.size() > kSkillIdCharsMax) id.resize(kSkillIdCharsMax);
  return id.empty() ? "operation" : id;
}

model::Effects effects_of(std::string_view method) {
  model::Effects effects;
  if (method == "get" || method == "head" || method == "options") {
    effects = {.read_only = true, .idempotent = true, .destructive = false};
  } else {
    effects.read_only = false;
    if (method == "put" || method == "delete") effects.idempotent = true;
    if (method == "delete") effects.destructive = true;
  }
  return effects;
}

/// The argument of the header by which services say that they make a request once.
std::string key_argument(const Operation& operation) {
  const auto at = std::ranges::find_if(operation.parameters, [](const Parameter& parameter) {
    return parameter.in == In::header && wire::same_name(parameter.name, "Idempotency-Key");
  });
  return at == operation.parameters.end() ? "" : at->argument;
}

/// server.url with its variables' defaults.
std::string server_url(const json::object& server) {
  std::string url(json::string_at(server, "url"));
  const auto* variables = json::object_at(server, "variables");
  if (!variables) return url;
  for (const auto& [name, variable] : *variables) {
    const auto* o = variable.if_object();
    const std::string value(o ? json::string_at(*o, "default") : std::string_view());
    const std::string mark = std::format("{{{}}}", std::string_view(name));
    for (auto at = url.find(mark); at != std::string::npos;
         at = url.find(mark, at + value.size())) {
      url.replace(at, mark.size(), value);
    }
  }
  return url;
}

std::string first_server(const json::object& o) {
  const auto* servers = json::array_at(o, "servers");
  if (!servers || servers->empty() || !servers->front().is_object()) return {};
  return server_url(servers->front().get_object());
}

class Reader {
 public:
  Reader(const Document& document, const std::optional<Url>& at) : document_(document), at_(at) {}

  Result<Catalog> read() {
    const auto& root = document_.root.get_object();
    WEFT_CHECK(read_info(root));
    const auto* paths = json::object_at(root, "paths");
    if (!paths) return std::move(catalog_);
    for (const auto& [path, item] : *paths) {
      const auto* o = resolve_object(document_, &item);
      if (o && std::string_view(path).starts_with('/')) WEFT_CHECK(read_path(path, *o));
    }
    return std::move(catalog_);
  }

 private:
  Result<void> read_info(const json::object& root) {
    model::Solution& solution = catalog_.solution;
    if (const auto* info = json::object_at(root, "info")) {
      solution.title = json::string_at(*info, "title");
      solution.description = json::string_at(*info, "description");
      if (solution.description.empty()) solution.description = json::string_at(*info, "summary");
      solution.version = json::string_at(*info, "version");
    }
    solution.kind = model::Kind::service;
    solution.protocol = "openapi";
    solution.protocol_version = document_.version;
    WEFT_TRY(const Url base, absolute(first_server(root)));
    solution.url = base.str();
    return {};
  }

  Result<Url> absolute(const std::string& server) const {
    if (at_) {
      auto url = at_->resolve(server.empty() ? "/" : server);
      if (!url)
        return fail(Reason::invalid_argument,
                    std::format("the server `{}`: {}", server, url.error().message));
      return url;
    }
    auto url = parse_url(server);
    if (url) return url;
    return fail(Reason::invalid_argument,
                std::format("the document names no server with an absolute URL (`{}`): {}", server,
                            url.error().message));
  }

  Result<void> read_path(std::string_view path, const json::object& item) {
    for (const auto method : kMethods) {
      const auto* operation = json::object_at(item, method);
      if (!operation) continue;
      if (catalog_.operations.size() >= kOperationsMax) {
        return fail(Reason::too_large,
                    std::format("the document has more than {} operations", kOperationsMax));
      }
      read_operation(path, method, item, *operation);
    }
    return {};
  }

  void read_operation(std::string_view path, std::string_view method, const json::object& item,
                      const json::object& from) {
    Operation operation;
    operation.id = unique(skill_id(from, method, path));
    operation.method = upper(method);
    operation.path = path;
    operation.server = first_server(from);
    if (operation.server.empty()) operation.server = first_server(item);
    if (!operation.server.empty()) {
      auto url = absolute(operation.server);
      if (!url) return note(operation.id, url.error().message);
      operation.server = url->str();
    }
    SkillSchema schema(document_);
    if (auto read = schema.read(item, from, operation); !read)
      return note(operation.id, read.error().message);
    for (const auto& words : schema.notes()) note(operation.id, words);
    read_security(from, operation);
    catalog_.solution.skills.push_back(make_skill(from, operation, method, schema));
    catalog_.operations.emplace(operation.id, std::move(operation));
  }

  model::Skill make_skill(const json::object& from, const Operation& operation,
                          std::string_view method, SkillSchema& schema) {
    model::Skill skill;
    skill.id = SkillId(operation.id);
    skill.title = json::string_at(from, "summary");
    skill.description = json::string_at(from, "description");
    if (skill.description.empty()) skill.description = skill.title;
    if (skill.description.empty())
      skill.description = std::format("{} {}", operation.method, operation.path);
    skill.shape = model::Shape::invoke;
    skill.input_schema = checked(schema.input(), operation.id, json::object{{"type", "object"}});
    skill.output_schema = schema.output();
    if (skill.output_schema && !Schema::create(*skill.output_schema)) skill.output_schema.reset();
    skill.media_out = operation.answers;
    skill.effects = effects_of(method);
    skill.effects.dedup_key = key_argument(operation);
    if (const auto* tags = json::array_at(from, "tags")) {
      for (const auto& tag : *tags) {
        if (tag.is_string()) skill.tags.emplace_back(tag.get_string());
      }
    }
    skill.raw = {{"method", operation.method}, {"path", operation.path}};
    return skill;
  }

  /// The schema, or an open one where the document's is broken: then the service alone checks the
  /// arguments.
  json::value checked(json::value schema, std::string_view id, json::object open) {
    const auto compiled = Schema::create(schema);
    if (compiled) return schema;
    note(id, compiled.error().message);
    return open;
  }

  void read_security(const json::object& from, Operation& operation) {
    const auto* list = json::array_at(from, "security");
    if (!list) list = json::array_at(document_.root.get_object(), "security");
    if (!list) return;
    for (const auto& item : *list) {
      const auto* names = item.if_object();
      if (!names) continue;
      Requirement requirement;
      for (const auto& [name, scopes] : *names) requirement.push_back(scheme(name));
      operation.security.push_back(std::move(requirement));
    }
  }

  Scheme scheme(std::string_view name) const {
    Scheme scheme{.name = std::string(name)};
    const auto* components = json::object_at(document_.root.get_object(), "components");
    const auto* schemes = components ? json::object_at(*components, "securitySchemes") : nullptr;
    const auto* o = schemes ? resolve_object(document_, json::find(*schemes, name)) : nullptr;
    if (!o) return scheme;
    const auto type = json::string_at(*o, "type");
    const std::string http = upper(json::string_at(*o, "scheme"));
    if (type == "apiKey") {
      scheme.kind = Scheme::Kind::api_key;
      scheme.key = json::string_at(*o, "name");
      const auto in = json::string_at(*o, "in");
      scheme.in = in == "query" ? In::query : in == "cookie" ? In::cookie : In::header;
    } else if (type == "http" && http == "BASIC") {
      scheme.kind = Scheme::Kind::basic;
    } else if ((type == "http" && http == "BEARER") || type == "oauth2" ||
               type == "openIdConnect") {
      scheme.kind = Scheme::Kind::bearer;
    }
    return scheme;
  }

  std::string unique(const std::string& id) const {
    std::string out = id;
    for (int i = 2; catalog_.operations.contains(out); ++i) out = std::format("{}_{}", id, i);
    return out;
  }

  void note(std::string_view id, std::string_view words) {
    catalog_.notes.push_back(std::format("{}: {}", id, words));
  }

  const Document& document_;
  const std::optional<Url>& at_;
  Catalog catalog_;
};

}  // namespace

bool forbidden_header(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kForbidden{
      "host",       "authorization",    "content-length", "content-type",
      "accept",     "cookie",           "date",           "expect",
      "via",        "trailer",          "upgrade",        "te",
      "weft-depth", "transfer-encoding"};
  if (wire::hop_by_hop(name) || !wire::valid_header_name(name)) return true;
  std::string lower(name);
  for (char& c : lower) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  if (lower.starts_with("proxy-")) return true;
  return std::ranges::find(kForbidden, lower) != kForbidden.end();
}

Result<Catalog> read_catalog(const Document& document, const std::optional<Url>& at) {
  Reader reader(document, at);
  return reader.read();
}

}  // namespace weft::adapters::openapi
