#include <chrono>
#include <format>

#include "weft/app/command_run.h"
#include "weft/app/deploying.h"
#include "weft/app/files.h"
#include "weft/app/job_file.h"
#include "weft/app/terminal.h"

namespace weft::app {
namespace {

constexpr std::int64_t kListed = 100;

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

/// Seconds since the epoch, as AWS's JSON has times.
std::string time_of(const json::object& o, std::string_view key) {
  const auto seconds = json::number_at(o, key);
  if (!seconds) return "";
  const auto at =
      std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*seconds)));
  return std::format("{:%F %T}", at);
}

/// All pages of a List operation's `member`, as one document.
Awaitable<Result<json::array>> list_all(AwsClient& aws, std::string operation, std::string member) {
  json::array out;
  std::string token;
  while (true) {
    json::object asked{{"MaxResults", kListed}};
    if (!token.empty()) asked["NextToken"] = token;
    WEFT_CO_TRY(json::object page, co_await aws.sagemaker(operation, std::move(asked)));
    if (const auto* list = json::array_at(page, member))
      out.insert(out.end(), list->begin(), list->end());
    token = text_of(page, "NextToken");
    if (token.empty()) co_return out;
  }
}

Awaitable<Result<Exit>> list_models(AwsClient& aws, const Printer& printer) {
  WEFT_CO_TRY(json::array models, co_await list_all(aws, "ListModels", "Models"));
  if (models.empty())
    printer.note("there is no model yet; `weft train JOB.yaml` or `weft add FILE` makes one");
  std::vector<std::vector<std::string>> rows{{"NAME", "CREATED"}};
  for (const auto& each : models)
    rows.push_back(
        {text_of(each.as_object(), "ModelName"), time_of(each.as_object(), "CreationTime")});
  if (rows.size() > 1) printer.table(rows);
  printer.document(json::object{{"models", std::move(models)}});
  co_return Exit::done;
}

Awaitable<Result<Exit>> show_model(AwsClient& aws, const Printer& printer, std::string name) {
  json::object named{{"ModelName", name}};
  WEFT_CO_TRY(json::object model, co_await aws.sagemaker("DescribeModel", std::move(named)));
  printer.line(name);
  if (const auto* container = json::object_at(model, "PrimaryContainer")) {
    printer.line("image      " + text_of(*container, "Image"));
    std::string data = text_of(*container, "ModelDataUrl");
    if (const auto* source = json::object_at(*container, "ModelDataSource")) {
      if (const auto* s3 = json::object_at(*source, "S3DataSource")) data = text_of(*s3, "S3Uri");
    }
    if (!data.empty()) printer.line("data       " + data);
  }
  printer.line("created    " + time_of(model, "CreationTime"));
  printer.note(std::format("next: weft deploy {}", name));
  printer.document(model);
  co_return Exit::done;
}

Awaitable<Result<Exit>> list_endpoints(AwsClient& aws, const Printer& printer) {
  WEFT_CO_TRY(json::array endpoints, co_await list_all(aws, "ListEndpoints", "Endpoints"));
  if (endpoints.empty()) printer.note("there is no endpoint yet; `weft deploy MODEL` makes one");
  std::vector<std::vector<std::string>> rows{{"NAME", "STATUS", "CREATED"}};
  for (const auto& each : endpoints)
    rows.push_back({text_of(each.as_object(), "EndpointName"),
                    text_of(each.as_object(), "EndpointStatus"),
                    time_of(each.as_object(), "CreationTime")});
  if (rows.size() > 1) printer.table(rows);
  printer.document(json::object{{"endpoints", std::move(endpoints)}});
  co_return Exit::done;
}

Awaitable<Result<Exit>> show_endpoint(AwsClient& aws, const Printer& printer, std::string name) {
  json::object named{{"EndpointName", name}};
  WEFT_CO_TRY(json::object endpoint, co_await aws.sagemaker("DescribeEndpoint", std::move(named)));
  printer.line(std::format("{}  {}", name, text_of(endpoint, "EndpointStatus")));
  printer.line("config     " + text_of(endpoint, "EndpointConfigName"));
  if (const auto why = text_of(endpoint, "FailureReason"); !why.empty())
    printer.line("why        " + hanging(why, 11));
  if (const auto* variants = json::array_at(endpoint, "ProductionVariants")) {
    std::vector<std::vector<std::string>> rows{{"VARIANT", "WEIGHT", "WORKERS"}};
    for (const auto& each : *variants) {
      const auto& o = each.as_object();
      rows.push_back({text_of(o, "VariantName"),
                      std::format("{:g}", json::number_at(o, "CurrentWeight").value_or(0)),
                      std::format("{}", json::int_at(o, "CurrentInstanceCount").value_or(0))});
    }
    printer.table(rows);
  }
  printer.document(endpoint);
  co_return text_of(endpoint, "EndpointStatus") == "Failed" ? Exit::failed : Exit::done;
}

Awaitable<Result<Exit>> erase(AwsClient& aws, const Printer& printer, std::string operation,
                              std::string member, std::string name) {
  json::object named{{member, name}};
  WEFT_CO_TRY(json::object done, co_await aws.sagemaker(std::move(operation), std::move(named)));
  printer.line(std::format("deleted {}", name));
  printer.document(done);
  co_return Exit::done;
}

/// An answer for people: text as it is, anything else to a pipe alone.
Exit print_answer(const Printer& printer, const AwsClient::Answer& answer) {
  const bool text = answer.type.starts_with("text/") || answer.type.contains("json");
  if (printer.as_json()) {
    const auto parsed = json::parse(answer.body);
    json::object out{{"content_type", answer.type}, {"variant", answer.variant}};
    if (parsed) {
      out["body"] = *parsed;
    } else {
      out["body"] = answer.body;
    }
    printer.document(std::move(out));
  } else if (!text && printer.to_terminal()) {
    printer.note(std::format("{} bytes of {}; send them to a file with `>`", answer.body.size(),
                             answer.type));
  } else if (printer.to_terminal()) {
    printer.line(printable(answer.body));
  } else {
    printer.piece(answer.body);
  }
  return Exit::done;
}

}  // namespace

Exit run_models(const HubOptions& hub, const NamedOptions& options) {
  return run_with_aws(hub,
                      [&](AdminClient&, AwsClient& aws, const Printer& printer,
                          const Clock&) -> Awaitable<Result<Exit>> {
                        if (options.name.empty()) return list_models(aws, printer);
                        if (options.erase)
                          return erase(aws, printer, "DeleteModel", "ModelName", options.name);
                        return show_model(aws, printer, options.name);
                      });
}

Exit run_endpoints(const HubOptions& hub, const NamedOptions& options) {
  return run_with_aws(hub,
                      [&](AdminClient&, AwsClient& aws, const Printer& printer,
                          const Clock&) -> Awaitable<Result<Exit>> {
                        if (options.name.empty()) return list_endpoints(aws, printer);
                        if (options.erase)
                          return erase(aws, printer, "DeleteEndpoint", "EndpointName",
                                       options.name);
                        return show_endpoint(aws, printer, options.name);
                      });
}

Exit run_deploy(const HubOptions& hub, const DeployOptions& options) {
  return run_with_aws(
      hub,
      [&](AdminClient&, AwsClient& aws, const Printer& printer,
          const Clock&) -> Awaitable<Result<Exit>> {
        return deploy_model(
            aws, printer,
            {.model = options.model, .name = options.name, .instances = options.instances});
      });
}

Exit run_predict(const HubOptions& hub, const PredictOptions& options) {
  const Printer printer(hub.json);
  auto input = read_model_input(options.input);
  if (!input) return printer.error(input.error(), "", Exit::usage);
  std::string type = options.type;
  if (type.empty() && !input->file.empty()) type = media_type_of(input->file);
  if (type.empty()) type = json::parse(input->data) ? "application/json" : "text/csv";
  return run_with_aws(hub,
                      [&](AdminClient&, AwsClient& aws, const Printer& to,
                          const Clock&) -> Awaitable<Result<Exit>> {
                        WEFT_CO_TRY(
                            const AwsClient::Answer answer,
                            co_await aws.invoke(options.name, type, options.accept, input->data));
                        co_return print_answer(to, answer);
                      });
}

}  // namespace weft::app
