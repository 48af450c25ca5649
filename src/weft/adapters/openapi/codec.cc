#include "weft/adapters/openapi/codec.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openapi/body.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_reader.h"
#include "weft/adapters/openapi/styles.h"
#include "weft/base/text.h"
#include "weft/wire/base64.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::openapi {
namespace {

/// The template with its values. A segment that a server could read as `.` or `..` is refused: no
/// encoding protects it.
Result<std::string> fill_path(const Operation& operation, const json::object& args) {
  std::string path = operation.path;
  std::string out;
  std::string_view rest = path;
  while (true) {
    const auto open = rest.find('{');
    const auto close = open == std::string_view::npos ? open : rest.find('}', open);
    out += rest.substr(0, open);
    if (close == std::string_view::npos) break;
    const auto name = rest.substr(open + 1, close - open - 1);
    const auto found = std::ranges::find_if(operation.parameters, [&](const Parameter& p) {
      return p.in == In::path && p.name == name;
    });
    if (found == operation.parameters.end()) {
      return fail(Reason::unsupported,
                  std::format("the document does not describe the path's `{}`", name));
    }
    const auto* value = json::find(args, found->argument);
    if (!value) {
      return fail(make_argument_error("/" + json::escape_pointer(found->argument),
                                      std::format("/{}: required", found->argument)));
    }
    WEFT_TRY(const std::string written, path_value(*found, *value));
    out += written;
    rest.remove_prefix(close + 1);
  }
  for (const std::string_view dots : {"/./", "/../"}) {
    if ((out + "/").contains(dots)) {
      return fail(Reason::invalid_argument, "a path's part must not be `.` or `..`");
    }
  }
  return out;
}

/// Whether something else of the operation has this name in this place: a parameter, or a
/// credential. Servers may read `Role` and `role[]` as `role`.
bool is_taken(const Operation& operation, const Parameter& by, std::string_view written) {
  const auto base = [](std::string_view text) { return text.substr(0, text.find('[')); };
  const auto same = [&, name = base(written)](std::string_view other) {
    return wire::same_name(name, base(other));
  };
  const bool parameter = std::ranges::any_of(operation.parameters, [&](const Parameter& other) {
    return &other != &by && other.in == by.in && same(other.name);
  });
  return parameter || std::ranges::any_of(operation.security, [&](const Requirement& all) {
           return std::ranges::any_of(all, [&](const Scheme& scheme) {
             return scheme.kind == Scheme::Kind::api_key && scheme.in == by.in && same(scheme.key);
           });
         });
}

/// An exploded object's own keys become names of the request: none may be another's.
Result<void> check_exploded(const Operation& operation, const Parameter& parameter,
                            const json::value& value) {
  const bool names = parameter.explode && !parameter.as_json &&
                     (parameter.in == In::query || parameter.in == In::cookie) &&
                     parameter.style != Style::deep_object;
  if (!names || !value.is_object()) return {};
  for (const auto& member : value.get_object()) {
    if (!is_taken(operation, parameter, member.key())) continue;
    return fail(make_argument_error(
        std::format("/{}/{}", json::escape_pointer(parameter.argument),
                    json::escape_pointer(member.key())),
        std::format("/{}/{}: this name is another parameter's or a credential's",
                    parameter.argument, std::string_view(member.key()))));
  }
  return {};
}

Result<void> fill_parameters(const Operation& operation, const json::object& args,
                             BoundRequest& request) {
  for (const Parameter& parameter : operation.parameters) {
    const auto* value = json::find(args, parameter.argument);
    if (!value || parameter.in == In::path) continue;
    if (value->is_null()) continue;
    WEFT_CHECK(check_exploded(operation, parameter, *value));
    if (parameter.in == In::query) {
      append_query(request.query, parameter, *value);
    } else if (parameter.in == In::header) {
      WEFT_TRY(std::string text, header_value(parameter, *value));
      request.headers.emplace_back(parameter.name, std::move(text));
    } else {
      if (!request.cookies.empty()) request.cookies += "; ";
      request.cookies += cookie_pair(parameter, *value);
    }
  }
  return {};
}

bool is_parameter(const Operation& operation, std::string_view name) {
  return std::ranges::any_of(operation.parameters,
                             [&](const Parameter& p) { return p.argument == name; });
}

/// The body's value among the arguments: the fields that are its own, or `body`. Null: there is
/// none. `picked` is room for a value that is none of them.
const json::value* body_value(const Operation& operation, const json::value& args,
                              json::value& picked) {
  const Body& body = *operation.body;
  if (!body.flat) return json::find(args, "body");
  const auto is_own = [&](std::string_view name) {
    return std::ranges::contains(body.fields, name) ||
           (body.open && !is_parameter(operation, name));
  };
  json::object& fields = picked.emplace_object();
  if (const auto* given = args.if_object()) {
    if (!given->empty() && std::ranges::all_of(*given, is_own, &json::object::value_type::key))
      return &args;
    for (const auto& [name, value] : *given) {
      if (is_own(name)) fields[name] = value;
    }
  }
  return fields.empty() && !body.required ? nullptr : &picked;
}

Result<void> refuse_strangers(const Operation& operation, const json::object& args) {
  if (operation.body && operation.body->open) return {};
  for (const auto& [name, value] : args) {
    const std::string_view key = name;
    if (is_parameter(operation, key)) continue;
    const auto* body = operation.body ? &*operation.body : nullptr;
    if (body &&
        (body->flat ? std::ranges::find(body->fields, key) != body->fields.end() : key == "body"))
      continue;
    return fail(make_argument_error("/" + json::escape_pointer(key),
                                    std::format("/{}: the operation has no such argument", key)));
  }
  return {};
}

bool is_json_type(std::string_view type) {
  return type.ends_with("/json") || type.ends_with("+json");
}

}  // namespace

Result<BoundRequest> bind_request(const Operation& operation, const json::value& args,
                                  std::string_view boundary) {
  const json::object none;
  const auto* given = args.if_object();
  if (!given && !args.is_null()) {
    return fail(Reason::invalid_argument,
                std::format("the arguments must be an object, got {}", json::type_name(args)));
  }
  const json::object& object = given ? *given : none;
  WEFT_CHECK(refuse_strangers(operation, object));
  BoundRequest request;
  request.method = operation.method;
  WEFT_TRY(request.path, fill_path(operation, object));
  WEFT_CHECK(fill_parameters(operation, object, request));
  if (request.path.size() + request.query.size() > kTargetCharsMax) {
    return fail(
        Reason::too_large,
        std::format("the request's path and query are longer than {} characters", kTargetCharsMax));
  }
  if (!operation.body) return request;
  json::value picked;
  const json::value* value = body_value(operation, args, picked);
  if (value == nullptr) return request;
  WEFT_TRY(auto written, write_body(*operation.body, *value, boundary));
  request.content_type = std::move(written.content_type);
  request.body = std::move(written.bytes);
  return request;
}

Result<model::Output> decode_answer(int status, std::string_view content_type,
                                    std::string_view body) {
  model::Output output;
  output.meta["http_status"] = status;
  if (body.empty()) {
    model::Turn turn{.role = model::Role::assistant};
    turn.parts.push_back(
        model::Part::text(std::format("Done (HTTP {}, nothing else was answered).", status)));
    output.turns.push_back(std::move(turn));
    return output;
  }
  const std::string type = wire::media_type(content_type);
  if (is_json_type(type)) {
    auto parsed = json::parse(body, kAnswerBytesMax);
    if (!parsed)
      return fail(Reason::upstream_protocol,
                  "the answer cannot be read: " + parsed.error().message);
    output.data = std::move(*parsed);
    return output;
  }
  if ((type.starts_with("text/") || type.empty() || type.ends_with("xml")) && wire::is_utf8(body)) {
    model::Turn turn{.role = model::Role::assistant};
    turn.parts.push_back(model::Part::text(std::string(body)));
    output.turns.push_back(std::move(turn));
    return output;
  }
  model::Artifact artifact{.id = "body"};
  artifact.name = "body";
  model::Part part{.body = model::Blob{.bytes = std::string(body)}, .media_type = type};
  artifact.parts.push_back(std::move(part));
  output.artifacts.push_back(std::move(artifact));
  return output;
}

Error decode_failure(int status, const wire::Headers& headers, std::string_view body) {
  Error error = error_of_status(status, headers, body);
  // The arguments fitted the schema: what the service finds wrong with them is its answer, not a
  // bad request to weft.
  const bool its_own = error.reason == Reason::invalid_argument ||
                       error.reason == Reason::too_large || error.reason == Reason::content_type;
  if (its_own) {
    error.reason = Reason::solution_failed;
    error.code = code_of(Reason::solution_failed);
    error.retryable = false;
  }
  const auto parsed = json::parse(body);
  const auto* o = parsed ? parsed->if_object() : nullptr;
  if (!o) return error;
  auto told = read_problem(*o);
  if (auto question = read_question(*o)) {
    question->upstream_status = error.upstream_status;
    return *std::move(question);
  }
  // What is wrong with weft's own credentials is nothing that the caller could mend.
  const bool credentials = status == 401 || status == 403;
  if (credentials && (!told || told->reason != Reason::refused)) return error;
  if (told) {
    told->retry_after = error.retry_after;
    told->upstream_status = error.upstream_status;
    return *std::move(told);
  }
  const auto title = json::string_at(*o, "title");
  const auto detail = json::string_at(*o, "detail");
  if (title.empty() || detail.empty() || title == detail) return error;
  error.message = std::format("answered HTTP {}: {}: {}", status, beginning_of(title, 200),
                              beginning_of(detail, 600));
  return error;
}

}  // namespace weft::adapters::openapi
