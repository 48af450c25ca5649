#include <algorithm>
#include <filesystem>
#include <format>
#include <optional>

#include "weft/adapters/openapi/yaml.h"
#include "weft/app/arguments.h"
#include "weft/app/command_run.h"
#include "weft/app/deploying.h"
#include "weft/app/files.h"
#include "weft/app/solution_url.h"
#include "weft/app/terminal.h"
#include "weft/base/file.h"
#include "weft/base/ids.h"
#include "weft/ml/algorithms/recognise.h"
#include "weft/net/mqtt_client.h"

namespace weft::app {
namespace {

/// From here on detection saw a mark that only this protocol has.
constexpr double kCertain = 0.75;

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

Result<json::object> pairs_of(const std::vector<std::string>& words, std::string_view option) {
  json::object out;
  for (const auto& word : words) {
    const auto mark = word.find('=');
    if (mark == std::string::npos || mark == 0) {
      return fail(Reason::invalid_argument,
                  std::format("{} wants NAME=VALUE, not `{}`", option, word));
    }
    const std::string name = word.substr(0, mark);
    if (out.contains(name))
      return fail(Reason::invalid_argument, std::format("{} {}=… is given twice", option, name));
    out[name] = word.substr(mark + 1);
  }
  return out;
}

/// A file's path as the hub, which runs elsewhere, finds it.
std::string place_of(const std::string& url) {
  std::error_code ignored;
  const bool file = !url.contains("://") && std::filesystem::exists(url, ignored);
  return file ? std::filesystem::absolute(url, ignored).string() : url;
}

/// What a file says of the solution, for its own protocol: YAML, and so JSON too.
Result<json::value> details_of(const std::string& file) {
  WEFT_TRY(const std::string text, read_file(file));
  auto details = adapters::openapi::parse_yaml(text);
  if (!details) {
    return fail(Reason::invalid_argument,
                std::format("{} cannot be read: {}", file, details.error().message));
  }
  if (!details->is_object())
    return fail(Reason::invalid_argument, std::format("{} holds no mapping", file));
  return details;
}

Result<json::value> join_body(const AddOptions& options) {
  json::object body;
  if (!options.url.empty()) body["url"] = place_of(options.url);
  if (!options.name.empty()) body["name"] = options.name;
  if (!options.protocol.empty()) body["protocol"] = options.protocol;
  if (!options.bearer.empty()) body["bearer"] = options.bearer;
  WEFT_TRY(body["headers"], pairs_of(options.headers, "--header"));
  WEFT_TRY(body["environment"], pairs_of(options.environment, "--env"));
  if (!options.details.empty()) {
    WEFT_TRY(body["details"], details_of(options.details));
  }
  if (!options.command.empty()) {
    json::array words;
    for (const auto& word : options.command) words.emplace_back(word);
    body["command"] = std::move(words);
  }
  return body;
}

/// Why it cannot be what is to be joined; nothing when it can.
Result<void> check_place(const std::string& url) {
  std::error_code ignored;
  if (url.contains("://")) return check_solution_url(url);
  // One by its whole path may lie where the hub runs.
  if (std::filesystem::path(url).is_absolute() || std::filesystem::exists(url, ignored)) return {};
  return fail(Reason::invalid_argument, std::format("`{}` is no file here, and not a URL", url));
}

/// Whether it can be no document that describes a solution: those are text.
bool is_binary(const std::string& path) {
  const auto file = File::open(path);
  const auto head = file ? file->read(0, ml::kRecognisedBytes) : Result<std::string>("");
  return head && std::ranges::any_of(*head, [](char c) {
           return static_cast<unsigned char>(c) < ' ' && !std::string_view("\t\n\f\r").contains(c);
         });
}

/// The model that a file here holds; nothing when it is none (then it may be a document). Errors:
/// why it is none that can be deployed.
Result<std::optional<ml::ModelFile>> model_at(const AddOptions& options) {
  std::error_code error;
  const std::string& path = options.url;
  if (!options.protocol.empty() || path.empty() || path.contains("://") ||
      !std::filesystem::is_regular_file(path, error))
    return std::nullopt;
  auto known = ml::recognise_file(path);
  if (known) return *std::move(known);
  if (is_binary(path)) return fail(std::move(known).error());
  return std::nullopt;
}

/// `digits.tar.gz` is `digits`.
std::string model_name(const std::filesystem::path& file) {
  const std::filesystem::path stem = file.stem();
  return slug(stem.extension() == ".tar" ? stem.stem().string() : stem.string());
}

/// Sends a model's file to the hub, makes a model and an endpoint of it.
Exit add_model(const HubOptions& hub, const AddOptions& options, const ml::ModelFile& known) {
  return run_with_aws(
      hub,
      [&](AdminClient&, AwsClient& aws, const Printer& printer,
          const Clock& clock) -> Awaitable<Result<Exit>> {
        const std::filesystem::path file(options.url);
        const std::string name = options.name.empty() ? model_name(file) : options.name;
        const std::string model = std::format("{}-{}", name, clock.unix_ms());
        printer.note(std::format("known by {}", known.how));
        WEFT_CO_CHECK(co_await model_from_file(aws, file, known, model));
        co_return co_await deploy_model(aws, printer, {.model = model, .name = name});
      });
}

/// What of the options would be ignored; empty when nothing.
std::string ignored_option(const AddOptions& options) {
  if (!options.details.empty() && !net::is_mqtt_url(options.url))
    return "--details is for an MQTT broker: what else joins describes itself";
  if (options.command.empty()) {
    return options.environment.empty() ? ""
                                       : "--env is for a command: a URL is given no environment";
  }
  if (!options.bearer.empty()) return "--bearer is for a URL: a command is sent no headers";
  if (!options.headers.empty()) return "--header is for a URL: a command is sent no headers";
  return "";
}

/// How a skill is called from here: `to=… amount=…`, or a text.
std::string usage_of(const json::object& skill) {
  const auto* schema = skill.if_contains("input_schema");
  const std::string shape = text_of(skill, "shape");
  const std::string words = schema ? usage_of_schema(*schema, true) : "";
  if (!words.empty()) return " " + words;
  if (shape == "converse") return " 'TEXT'";
  if (shape == "embed") return " input='TEXT'";
  return "";
}

/// Who asks before a skill runs, and the names that are none.
void print_approvals(const Printer& printer, const json::object& o) {
  std::string out;
  if (const auto* approvals = json::object_at(o, "approvals")) {
    for (const auto& [skill, by] : *approvals) {
      out += std::format("{}{}: {}", out.empty() ? "" : ", ", std::string_view(skill),
                         by.is_string() ? std::string_view(by.get_string()) : "?");
    }
  }
  if (!out.empty()) printer.line("approval   " + out);
  if (const auto* approvers = json::object_at(o, "approvers")) {
    for (const auto& [skill, names] : *approvers) {
      std::string list;
      for (const auto& name : names.as_array())
        list += std::format("{}{}", list.empty() ? "" : ", ", std::string_view(name.as_string()));
      printer.line(std::format("           {}: {} may approve", std::string_view(skill), list));
    }
  }
  for (const auto& fault : unknown_approvals(o)) printer.line("           " + fault);
}

/// What a call costs, and how it is made once.
void print_effects(const Printer& printer, const json::object& effects) {
  if (const auto* cost = json::object_at(effects, "cost")) {
    printer.line(std::format("    costs {} {}", json::number_at(*cost, "amount").value_or(0),
                             text_of(*cost, "currency")));
  }
  if (const auto key = text_of(effects, "dedup_key"); !key.empty())
    printer.line(std::format("    made once for each `{}`", key));
}

void print_skill(const Printer& printer, const std::string& solution, const json::object& skill) {
  printer.line(std::format("  {}", text_of(skill, "id")));
  if (const auto text = text_of(skill, "description"); !text.empty()) printer.line("    " + text);
  if (const auto* effects = json::object_at(skill, "effects")) print_effects(printer, *effects);
  printer.faint_line(
      std::format("    weft call {}/{}{}", solution, text_of(skill, "id"), usage_of(skill)));
}

void print_solution(const Printer& printer, const json::object& o) {
  const std::string title = text_of(o, "title");
  printer.line(text_of(o, "id") + (title.empty() ? "" : "  " + title));
  if (const auto text = text_of(o, "description"); !text.empty()) printer.line(text);
  const auto fact = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) printer.line(std::format("{:<10} {}", name, hanging(text, 11)));
  };
  const std::string protocol = text_of(o, "protocol");
  fact("protocol", protocol.empty() ? "" : protocol + " " + text_of(o, "protocol_version"));
  fact("at", text_of(o, "url"));
  fact("known by", text_of(o, "found_by"));
  fact("from", std::format("{} ({})", text_of(o, "source"), text_of(o, "origin")));
  fact("health", text_of(o, "health"));
  fact("why", text_of(o, "why"));
  fact("blocked", text_of(o, "blocked"));
  print_approvals(printer, o);
  const auto* skills = json::array_at(o, "skills");
  // One that has not joined yet tells no skills.
  if (skills == nullptr || (skills->empty() && !text_of(o, "why").empty())) return;
  printer.line(std::format("\n{} skill{}", skills->size(), skills->size() == 1 ? "" : "s"));
  for (const auto& item : *skills) {
    if (item.is_object()) print_skill(printer, text_of(o, "id"), item.get_object());
  }
}

}  // namespace

std::vector<std::string> unknown_approvals(const json::object& solution) {
  std::vector<std::string> out;
  const auto* list = json::array_at(solution, "unknown_approvals");
  if (list == nullptr) return out;
  for (const auto& item : *list) {
    const auto* o = item.if_object();
    if (o == nullptr) continue;
    const std::string near = text_of(*o, "nearest");
    out.push_back(
        std::format("`{}` is no skill of {}: every skill without an approval of its own "
                    "is asked for until that is put right{}",
                    text_of(*o, "name"), text_of(solution, "id"),
                    near.empty() ? "" : std::format("; did you mean `{}`?", near)));
  }
  return out;
}

Exit run_add(const HubOptions& hub, const AddOptions& options) {
  if (options.url.empty() == options.command.empty()) {
    return Printer(hub.json).error(
        make_error(Reason::invalid_argument,
                   "`weft add` takes a URL, a file or, after `--`, a command"),
        "weft add http://127.0.0.1:3000/mcp, or weft add -- npx my-server", Exit::usage);
  }
  if (const auto ignored = ignored_option(options); !ignored.empty()) {
    return Printer(hub.json).error(make_error(Reason::invalid_argument, ignored), "leave it out",
                                   Exit::usage);
  }
  if (const auto fit = options.url.empty() ? Result<void>() : check_place(options.url); !fit) {
    return Printer(hub.json).error(
        fit.error(),
        "a URL begins with http://, https://, grpc:// or mqtt://; a command follows `--`",
        Exit::failed);
  }
  const auto model = model_at(options);
  if (!model) return Printer(hub.json).error(model.error(), "", Exit::failed);
  if (*model) return add_model(hub, options, **model);
  const auto body = join_body(options);
  if (!body) {
    const bool file = !options.details.empty();
    return Printer(hub.json).error(body.error(), file ? "" : "leave one of them out", Exit::usage);
  }
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        json::value sent = *body;
        WEFT_CO_TRY(json::value answer,
                    co_await admin.send("POST", "/admin/v1/solutions", std::move(sent)));
        const auto& report = answer.as_object();
        const std::string id = text_of(report, "id");
        const auto skills = json::int_at(report, "skills").value_or(0);
        printer.line(std::format("joined {} ({} {})  {} skill{}  {} ms", id,
                                 text_of(report, "protocol"), text_of(report, "protocol_version"),
                                 skills, skills == 1 ? "" : "s",
                                 json::int_at(report, "took_ms").value_or(0)));
        const auto* sure = json::find(report, "confidence");
        const bool certain = sure == nullptr || sure->to_number<double>() >= kCertain;
        printer.note(std::format("{} by {}", certain ? "known" : "probably so, judged",
                                 text_of(report, "how")));
        if (!certain) printer.note("if it is something else: weft add … --protocol NAME");
        printer.note(std::format("next: weft show {}", id));
        printer.document(answer);
        co_return Exit::done;
      });
}

Exit run_ls(const HubOptions& hub) {
  return run_command(
      hub, [](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/solutions"));
        printer.document(answer);
        const auto* list = json::array_at(answer.as_object(), "solutions");
        if (list == nullptr || list->empty()) {
          printer.note("nothing has joined yet; try `weft add URL`");
          co_return Exit::done;
        }
        std::vector<std::vector<std::string>> rows{
            {"NAME", "PROTOCOL", "SKILLS", "HEALTH", "AT", "FROM"}};
        for (const auto& item : *list) {
          const auto& o = item.as_object();
          rows.push_back({text_of(o, "id"),
                          text_of(o, "protocol") + " " + text_of(o, "protocol_version"),
                          std::format("{}", json::int_at(o, "skills").value_or(0)),
                          text_of(o, "health"), text_of(o, "url"), text_of(o, "origin")});
        }
        printer.table(rows);
        for (const auto& row : rows) {
          if (row[3] == "down")
            printer.note(std::format("{0} is down; `weft show {0}` says more", row[0]));
        }
        co_return Exit::done;
      });
}

Exit run_show(const HubOptions& hub, const std::string& name) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       const std::string path = "/admin/v1/solutions/" + percent_encode(name);
                       WEFT_CO_TRY(json::value answer, co_await admin.get(path));
                       printer.document(answer);
                       if (!printer.as_json()) print_solution(printer, answer.as_object());
                       // Scripts wait for one to join by asking for it.
                       const bool waits = !text_of(answer.as_object(), "why").empty();
                       co_return waits ? Exit::failed : Exit::done;
                     });
}

Exit run_rm(const HubOptions& hub, const std::string& name) {
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        const std::string path = "/admin/v1/solutions/" + percent_encode(name);
        json::value nothing;
        WEFT_CO_TRY(json::value answer, co_await admin.send("DELETE", path, std::move(nothing)));
        printer.line(std::format("removed {}", name));
        printer.document(answer);
        co_return Exit::done;
      });
}

}  // namespace weft::app
