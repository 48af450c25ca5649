#include <initializer_list>

#include "weft/adapters/admin/api.h"

namespace weft::adapters::admin {
namespace {

struct Operation {
  std::string_view path;
  std::string_view method;
  std::string_view id;
  std::string_view summary;
  /// JSON of the request body's schema; empty when there is none.
  std::string_view body;
  /// JSON of the parameters besides the path's; empty when there is none.
  std::string_view parameters = "";
};

constexpr std::string_view kTaskQuery =
    R"([{"name":"context","in":"query","description":"Tasks of this context alone.","schema":{"type":"string"}},)"
    R"({"name":"state","in":"query","description":"Tasks in this state alone.","schema":{"enum":)"
    R"(["submitted","working","ask","auth","completed","failed","canceled","rejected"]}},)"
    R"({"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":500,"default":50}},)"
    R"({"name":"page_token","in":"query","description":"`next_page_token` of the page before.","schema":{"type":"string"}}])";
constexpr std::string_view kEventsQuery =
    R"([{"name":"after","in":"query","description":"The event to go on after.","schema":{"type":"integer","default":0}},)"
    R"({"name":"Last-Event-ID","in":"header","description":"The same, as event streams say it.","schema":{"type":"integer"}}])";
constexpr std::string_view kErrorSchema =
    R"({"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["message","reason"],)"
    R"("properties":{"code":{"type":"string"},"reason":{"type":"string"},"message":{"type":"string"},)"
    R"("param":{"type":"string","description":"A JSON pointer to what does not fit."}}}}})";

constexpr std::string_view kJoinSchema =
    R"({"type":"object","properties":{"url":{"type":"string"},"name":{"type":"string"},"protocol":{"type":"string"},)"
    R"("command":{"type":"array","items":{"type":"string"}},"bearer":{"type":"string"},)"
    R"("headers":{"type":"object","additionalProperties":{"type":"string"}},)"
    R"("environment":{"type":"object","additionalProperties":{"type":"string"}},"timeout_ms":{"type":"integer"},)"
    R"("details":{"type":"object","description":"The skills behind an MQTT broker, as under mqtt in weft.yaml."}},)"
    R"("additionalProperties":false})";
constexpr std::string_view kCallSchema =
    R"({"type":"object","required":["solution"],"properties":{"solution":{"type":"string"},)"
    R"("skill":{"type":"string"},"args":{},"text":{"type":"string"}},"additionalProperties":false})";
constexpr std::string_view kAnswerSchema =
    R"({"type":"object","properties":{"action":{"enum":["accept","decline","cancel"]},"data":{},)"
    R"("text":{"type":"string"},"answers":{"type":"object"}}})";
constexpr std::string_view kKeySchema =
    R"({"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":1,"maxLength":64},"admin":{"type":"boolean"},)"
    R"("solutions":{"type":"array","items":{"type":"string"}}},"additionalProperties":false})";

constexpr std::string_view kLessonSchema =
    R"({"type":"object","required":["skill","example"],"properties":{"skill":{"type":"string"},)"
    R"("example":{"type":"string"}},"additionalProperties":false})";
constexpr std::string_view kDecisionSchema =
    R"({"type":"object","required":["allow"],"properties":{"allow":{"type":"boolean"},)"
    R"("digest":{"type":"string","description":"That of the question, when it must be this one."}},)"
    R"("additionalProperties":false})";
constexpr std::string_view kSentencesSchema =
    R"({"type":"object","required":["sentences"],"properties":{"sentences":{"type":"array","items":{"type":"object",)"
    R"("required":["text","gold"],"properties":{"text":{"type":"string"},"gold":{"type":["string","null"]}}}}},)"
    R"("additionalProperties":false})";

constexpr Operation kOperations[] = {
    {"/admin/v1/info", "get", "info", "What this hub is and where it keeps its data", ""},
    {"/admin/v1/solutions", "get", "list_solutions", "What has joined, and what waits to", ""},
    {"/admin/v1/solutions", "post", "join", "Join a solution by URL or command", kJoinSchema},
    {"/admin/v1/solutions/{id}", "get", "show_solution", "One solution with its skills", ""},
    {"/admin/v1/solutions/{id}", "delete", "remove_solution", "Let a solution go", ""},
    {"/admin/v1/call", "post", "call", "Call a skill; the events come as server-sent events",
     kCallSchema},
    {"/admin/v1/tasks", "get", "list_tasks", "Tasks, newest first", "", kTaskQuery},
    {"/admin/v1/tasks/{id}", "get", "show_task", "One task", ""},
    {"/admin/v1/tasks/{id}/events", "get", "task_events",
     "A task's events, live, as server-sent events", "", kEventsQuery},
    {"/admin/v1/tasks/{id}/cancel", "post", "cancel_task", "Cancel a task", ""},
    {"/admin/v1/tasks/{id}/answer", "post", "answer_task", "Answer what a task asks",
     kAnswerSchema},
    {"/admin/v1/jobs", "get", "list_jobs",
     "Your newest training jobs with how far they are, and who waits for processors", ""},
    {"/admin/v1/jobs/{name}", "get", "show_job", "One training job with the course of its metrics",
     ""},
    {"/admin/v1/keys", "get", "list_keys", "The keys, without their secrets", ""},
    {"/admin/v1/keys", "post", "make_key", "Make a key; its secret is shown this once", kKeySchema},
    {"/admin/v1/keys/{id}", "delete", "revoke_key", "Revoke a key", ""},
    {"/admin/v1/contexts", "get", "list_contexts", "Conversations that are kept, newest first", ""},
    {"/admin/v1/contexts/{id}", "get", "show_context", "One conversation", ""},
    {"/admin/v1/contexts/{id}", "delete", "erase_context", "Erase a conversation", ""},
    {"/admin/v1/approvals", "get", "list_approvals",
     "Questions for approval that wait: yours to answer, or of your calls", ""},
    {"/admin/v1/approvals/{id}", "post", "decide_approval",
     "Allow the call that it asks about, or not", kDecisionSchema},
    {"/admin/v1/audit", "get", "list_audit", "Who allowed what, newest first", ""},
    {"/admin/v1/sentences", "get", "list_examples", "Examples that were taught, by skill", ""},
    {"/admin/v1/sentences", "post", "teach", "Teach an example of how a skill is asked for",
     kLessonSchema},
    {"/admin/v1/sentences", "delete", "forget", "Take an example back", kLessonSchema},
    {"/admin/v1/sentences/test", "post", "test_sentences", "How well sentences are understood now",
     kSentencesSchema},
    {"/admin/v1/reload", "post", "reload", "Read weft.yaml again", ""},
};

/// `id` of `/tasks/{id}/events`; empty when the path has none.
std::string_view path_parameter(std::string_view path) {
  const auto open = path.find('{');
  if (open == path.npos) return "";
  return path.substr(open + 1, path.find('}') - open - 1);
}

json::object describe(const Operation& operation) {
  json::object out;
  out["operationId"] = operation.id;
  out["summary"] = operation.summary;
  json::array parameters;
  if (!operation.parameters.empty())
    parameters = json::parse(operation.parameters).value().as_array();
  if (const auto name = path_parameter(operation.path); !name.empty()) {
    json::object parameter{{"name", name}, {"in", "path"}, {"required", true}};
    parameter["schema"] = json::object{{"type", "string"}};
    parameters.emplace_back(std::move(parameter));
  }
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (!operation.body.empty()) {
    json::object media;
    media["schema"] = json::parse(operation.body).value();
    json::object content;
    content["application/json"] = std::move(media);
    json::object body{{"required", true}};
    body["content"] = std::move(content);
    out["requestBody"] = std::move(body);
  }
  json::object responses;
  responses["2XX"] = json::object{{"description", "Done"}};
  json::object media;
  media["schema"] = json::parse(kErrorSchema).value();
  json::object error{{"description", "An error"}};
  error["content"] = json::object{{"application/json", std::move(media)}};
  responses["default"] = std::move(error);
  out["responses"] = std::move(responses);
  return out;
}

}  // namespace

json::object openapi_document(std::string_view version) {
  json::object paths;
  for (const auto& operation : kOperations) {
    auto& path = paths[operation.path];
    if (!path.is_object()) path = json::object();
    path.as_object()[operation.method] = describe(operation);
  }
  json::object info{{"title", "weft admin"}};
  info["version"] = version;
  json::object out{{"openapi", "3.1.0"}};
  out["info"] = std::move(info);
  out["paths"] = std::move(paths);
  return out;
}

}  // namespace weft::adapters::admin
