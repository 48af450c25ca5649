#include "weft/adapters/openapi/rest_document.h"

#include <format>

#include "weft/adapters/common/moved_schema.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/base/url.h"
#include "weft/hub/names.h"
#include "weft/hub/shaping.h"

namespace weft::adapters::openapi {
namespace {

json::object schema_ref(std::string_view name) {
  return {{"$ref", std::format("#/components/schemas/{}", name)}};
}

json::object json_content(json::object schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

json::object problem_schema() {
  return {
      {"type", "object"},
      {"description", "What went wrong (RFC 9457)."},
      {"required", json::array{"title", "detail"}},
      {"properties",
       {{"type", {{"type", "string"}}},
        {"title", {{"type", "string"}}},
        {"status", {{"type", "integer"}}},
        {"detail", {{"type", "string"}}},
        {"reason", {{"type", "string"}}},
        {"param", {{"type", "string"}, {"description", "JSON Pointer of the offending argument."}}},
        {"solution", {{"type", "string"}}},
        {"question", {{"type", "object"}}},
        {"job", {{"type", "string"}}}}}};
}

json::object job_schema() {
  return {{"type", "object"},
          {kAnswerMark, true},
          {"required", json::array{"id", "state", "solution", "skill"}},
          {"properties",
           {{"id", {{"type", "string"}}},
            {"state",
             {{"enum", json::array{"submitted", "working", "ask", "auth", "completed", "failed",
                                   "canceled", "rejected"}}}},
            {"solution", {{"type", "string"}}},
            {"skill", {{"type", "string"}}},
            {"created", {{"type", "string"}, {"format", "date-time"}}},
            {"updated", {{"type", "string"}, {"format", "date-time"}}},
            {"job", {{"type", "string"}}},
            {"question", {{"type", "object"}}},
            {"result", json::object()},
            {"usage", {{"type", "object"}}},
            {"losses", {{"type", "array"}}},
            {"error", schema_ref("Problem")}}}};
}

json::object problem_response(std::string_view description) {
  return {{"description", description},
          {"content", {{"application/problem+json", {{"schema", schema_ref("Problem")}}}}}};
}

json::object job_response(std::string_view description) {
  return {{"description", description}, {"content", json_content(schema_ref("Job"))}};
}

json::object job_parameter() {
  return {{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

json::object header(std::string_view description) {
  return {{"description", description}, {"schema", {{"type", "string"}}}};
}

/// What an answer tells beside its body.
json::object header_components() {
  json::object headers;
  headers[kFormHeader] =
      header("The form of the answer: `data` (the result itself), `parts` or `events`.");
  headers[kUsageHeader] = header("What the call took, in tokens: `input=3, output=4`.");
  headers[kLossHeader] = header("What the answer has no place for: `PATH FROM>TO KIND; …`.");
  return headers;
}

json::object header_refs() {
  json::object refs;
  for (const auto name : {kFormHeader, kUsageHeader, kLossHeader})
    refs[name] = {{"$ref", std::format("#/components/headers/{}", name)}};
  return refs;
}

/// The paths of /api/jobs.
void add_job_paths(json::object& paths) {
  json::object get{
      {"operationId", "weft_job"},
      {"summary", "A job, or with `Accept: text/event-stream` its events"},
      {"responses",
       {{"200", job_response("The job.")}, {"default", problem_response("Refused.")}}}};
  json::object cancel{
      {"operationId", "weft_job_cancel"},
      {"summary", "Cancel a job"},
      {"responses",
       {{"200", job_response("The job.")}, {"default", problem_response("Refused.")}}}};
  json::object input{
      {"operationId", "weft_job_input"},
      {"summary", "Answer a job's question"},
      {"requestBody", {{"required", true}, {"content", json_content(json::object())}}},
      {"responses",
       {{"202", job_response("It goes on.")}, {"default", problem_response("Refused.")}}}};
  paths["/api/jobs/{id}"] = {{"parameters", json::array{job_parameter()}},
                             {"get", std::move(get)},
                             {"delete", std::move(cancel)}};
  paths["/api/jobs/{id}/input"] = {{"parameters", json::array{job_parameter()}},
                                   {"post", std::move(input)}};
}

class Writer {
 public:
  explicit Writer(bool by_tool_name) : by_tool_name_(by_tool_name) {
    schemas_["Problem"] = problem_schema();
    schemas_["Job"] = job_schema();
    schemas_["Answer"] = answer_schema();
  }

  void add(const model::Solution& solution) {
    for (const auto& skill : solution.skills) add_skill(solution, skill);
  }

  json::object take(json::object info, std::string_view public_url) {
    add_job_paths(paths_);
    return {{"openapi", "3.1.0"},
            {"info", std::move(info)},
            {"servers", json::array{json::object{{"url", public_url.empty() ? "/" : public_url}}}},
            {"security", json::array{json::object{{"key", json::array()}}, json::object()}},
            {"paths", std::move(paths_)},
            {"components",
             {{"schemas", std::move(schemas_)},
              {"headers", header_components()},
              {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  }

 private:
  std::string keep(const std::string& name, const json::value& schema) {
    const std::string at = "#/components/schemas/" + name;
    schemas_[name] = moved_schema(schema, at);
    return name;
  }

  void add_skill(const model::Solution& solution, const model::Skill& skill) {
    const std::string unique = hub::tool_name(solution.id.str(), skill.id.str());
    const json::object in = schema_ref(keep(unique + ".input", hub::outward_input_schema(skill)));
    const bool own = skill.output_schema && skill.shape != model::Shape::converse;
    const json::object out =
        schema_ref(own ? keep(unique + ".output", *skill.output_schema) : std::string("Answer"));
    json::object done{{"description",
                       "The answer; with `Accept: text/event-stream` the events on the way to it."},
                      {"headers", header_refs()},
                      {"content", json_content(out)}};
    done["content"].get_object()["text/event-stream"] = {
        {"schema", {{"type", "string"}, {kAnswerMark, true}}}};
    json::object responses{
        {"200", std::move(done)},
        {"202", job_response("With `Prefer: respond-async`: the job, its place in Location.")},
        {"403", problem_response("Not allowed; or the skill waits for a login, as for 409.")},
        {"409", problem_response("The skill asks back: the question, and the job that waits.")},
        {"default", problem_response("Refused or failed.")}};
    json::object operation{{"operationId", by_tool_name_ ? unique : skill.id.str()}};
    if (!skill.title.empty()) operation["summary"] = skill.title;
    if (!skill.description.empty()) operation["description"] = skill.description;
    if (const auto& cost = skill.effects.cost) operation["x-weft-cost"] = model::to_string(*cost);
    operation["tags"] = json::array{solution.id.str()};
    operation["requestBody"] = {{"required", true}, {"content", json_content(in)}};
    operation["responses"] = std::move(responses);
    const auto path = std::format("/api/{}/{}", solution.id.str(), percent_encode(skill.id.str()));
    paths_[path] = {{"post", std::move(operation)}};
  }

  bool by_tool_name_;
  json::object paths_;
  json::object schemas_;
};

json::object info(std::string_view title, std::string_view description, std::string_view version) {
  json::object o{{"title", title}, {"version", version.empty() ? std::string_view("0") : version}};
  if (!description.empty()) o["description"] = description;
  return o;
}

}  // namespace

json::object solution_document(const model::Solution& solution, std::string_view public_url) {
  Writer writer(false);
  writer.add(solution);
  const std::string& title = solution.title.empty() ? solution.id.str() : solution.title;
  return writer.take(info(title, solution.description, solution.version), public_url);
}

json::object hub_document(const hub::Snapshot& snapshot, std::string_view public_url,
                          const std::function<bool(const model::Solution&)>& shown) {
  Writer writer(true);
  for (const auto& entry : snapshot.entries) {
    if (shown(*entry->solution)) writer.add(*entry->solution);
  }
  return writer.take(
      info("weft", "Every skill of every solution that has joined this hub.", WEFT_VERSION),
      public_url);
}

}  // namespace weft::adapters::openapi
