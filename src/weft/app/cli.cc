#include "weft/app/cli.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <format>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/app/commands.h"
#include "weft/app/completion.h"
#include "weft/app/config.h"
#include "weft/app/help.h"
#include "weft/app/printer.h"

namespace weft::app {
namespace {

std::string environment_or(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : std::move(otherwise);
}

/// Everything the words of the command line fill in. Lives while the command runs.
struct Words {
  HubOptions hub;
  UpOptions up;
  AddOptions add;
  CallOptions call;
  AskOptions ask;
  TeachOptions teach;
  TaskAnswer answer;
  KeyOptions key;
  TrainOptions train;
  JobsOptions jobs;
  NamedOptions models;
  NamedOptions endpoints;
  DeployOptions deploy;
  PredictOptions predict;
  RouterOptions router;
  ReplayOptions replay;
  std::string name;
  std::string config = "weft.yaml";
  std::string data = "weft-data";
  std::string shell;
  std::size_t limit = kTasksListed;
  std::function<Exit()> run;
};

CLI::App* command(CLI::App& parent, Words& words, const std::string& name, const std::string& what,
                  const std::string& example, std::function<Exit()> run) {
  CLI::App* sub = parent.add_subcommand(name, what);
  sub->footer("example:\n  " + example);
  sub->callback([&words, run = std::move(run)] { words.run = run; });
  return sub;
}

std::string check_hub(const std::string& text) {
  const bool known =
      text.starts_with("unix:") || text.starts_with("http://") || text.starts_with("https://");
  return known ? "" : std::format("wants unix:PATH or http://HOST:PORT, not `{}`", text);
}

std::string check_pair(const std::string& text) {
  return text.find('=') == std::string::npos || text.starts_with('=')
             ? std::format("wants NAME=VALUE, not `{}`", text)
             : "";
}

std::string check_filled(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

std::string check_target(const std::string& text) {
  return text.empty() || text.starts_with('/')
             ? std::format("wants SOLUTION/SKILL or SOLUTION, not `{}`", text)
             : "";
}

std::string check_shell(const std::string& text) {
  return text == "bash" ? "" : std::format("can be `bash` so far, not `{}`", text);
}

std::function<std::string(const std::string&)> check_count(int most) {
  return [most](const std::string& text) {
    int count = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool whole = failed == std::errc() && end == text.data() + text.size();
    return whole && count >= 1 && count <= most
               ? std::string()
               : std::format("wants a number from 1 to {}, not `{}`", most, text);
  };
}

/// An option with a value: how the value is written, and what it is for.
CLI::Option* add_value(CLI::App& command, const std::string& name, std::string& value,
                       const std::string& written, const std::string& what) {
  return command.add_option(name, value, what)->option_text(written)->check(check_filled);
}

/// What stands alone and has to be there.
CLI::Option* add_word(CLI::App& command, const std::string& name, std::string& value,
                      const std::string& written, const std::string& what) {
  return add_value(command, name, value, written, what)->required();
}

/// An option that may stand several times.
CLI::Option* add_values(CLI::App& command, const std::string& name,
                        std::vector<std::string>& values, const std::string& written,
                        const std::string& what) {
  return command.add_option(name, values, what)
      ->option_text(written)
      ->check(check_filled)
      ->take_all()
      ->type_size(1)
      ->allow_extra_args(false);
}

void add_hub(CLI::App& command, Words& words) {
  command
      .add_option("--hub", words.hub.address.text,
                  "where the hub is (WEFT_HUB; else unix:weft-data/weft.sock)")
      ->option_text("unix:PATH|URL")
      ->check(check_hub);
}

/// The command, when the hub that the environment names can be one.
std::function<Exit()> with_hub(Words& words, std::function<Exit()> run) {
  return [&words, run = std::move(run)] {
    const std::string wrong = check_hub(words.hub.address.text);
    if (wrong.empty()) return run();
    return Printer(words.hub.json)
        .error(make_error(Reason::invalid_argument, "WEFT_HUB " + wrong),
               "set it right, or say where the hub is with --hub", Exit::usage);
  };
}

CLI::App* hub_command(CLI::App& parent, Words& words, const std::string& name,
                      const std::string& what, const std::string& example,
                      std::function<Exit()> run) {
  CLI::App* sub = command(parent, words, name, what, example, with_hub(words, std::move(run)));
  add_hub(*sub, words);
  sub->add_flag("--json", words.hub.json, "print one JSON document");
  return sub;
}

void add_up(CLI::App& app, Words& words) {
  CLI::App* up = command(app, words, "up", "run the hub", "weft up --listen 127.0.0.1:8420",
                         [&words] { return run_up(words.up); });
  add_value(*up, "-c,--config", words.up.config, "FILE",
            "the configuration (weft.yaml here when there is one)");
  add_value(*up, "--listen", words.up.listen, "HOST:PORT|PORT", "where to listen (127.0.0.1:8420)");
  add_value(*up, "--data", words.up.data, "DIR", "the folder of the hub's data (weft-data)");
  up->add_option("--threads", words.up.threads, "how many loops, 1 to 256 (one for each core)")
      ->option_text("N")
      ->check(check_count(256));
  add_value(*up, "--log", words.up.log, "LEVEL", "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
  up->add_flag("--json", words.up.json, "print what listens as one JSON document");
}

void add_add(CLI::App& app, Words& words) {
  CLI::App* add = hub_command(app, words, "add", "join a solution; its protocol is found by asking",
                              "weft add http://127.0.0.1:3000/mcp --as bank\n"
                              "  weft add --as files -- npx -y \\\n"
                              "    @modelcontextprotocol/server-filesystem .",
                              [&words] { return run_add(words.hub, words.add); });
  add->usage("Usage: weft add [OPTIONS] URL|FILE\n       weft add [OPTIONS] -- COMMAND ARG…");
  add_value(
      *add, "url", words.add.url, "URL|FILE",
      "where it is; or a file: its OpenAPI document, or a model to deploy (.onnx, .json, .ubj, "
      ".bin, .tar.gz); or, after `--`, the command of an MCP server that weft starts");
  add_value(*add, "--as", words.add.name, "NAME",
            "the name it gets (else the one it gives itself)");
  add_value(*add, "--protocol", words.add.protocol, "NAME",
            "openai, mcp, a2a, openapi, oip, sagemaker or mqtt, instead of asking");
  add_value(*add, "--bearer", words.add.bearer, "TOKEN",
            "the token weft shows it; '${NAME}' is read where the hub runs");
  add_values(*add, "--header", words.add.headers, "NAME=VALUE", "a header sent with every request")
      ->check(check_pair);
  add_value(*add, "--details", words.add.details, "FILE",
            "of an MQTT broker: the skills behind it, as under `mqtt:` in weft.yaml");
  add_values(*add, "--env", words.add.environment, "NAME=VALUE",
             "for a command's environment; '${NAME}' is read where the hub runs")
      ->check(check_pair);
}

void add_solutions(CLI::App& app, Words& words) {
  add_add(app, words);
  hub_command(app, words, "ls", "list what has joined", "weft ls",
              [&words] { return run_ls(words.hub); });
  CLI::App* show =
      hub_command(app, words, "show", "show a solution and its skills", "weft show bank",
                  [&words] { return run_show(words.hub, words.name); });
  add_word(*show, "name", words.name, "NAME", "the solution");
  CLI::App* rm = hub_command(app, words, "rm", "let a solution go", "weft rm bank",
                             [&words] { return run_rm(words.hub, words.name); });
  add_word(*rm, "name", words.name, "NAME", "the solution");
}

void add_call(CLI::App& app, Words& words) {
  CLI::App* call = hub_command(app, words, "call", "call a skill",
                               "weft call bank/balance account=savings\n"
                               "  weft call clinic/triage 'I have had a fever since yesterday'",
                               [&words] { return run_call(words.hub, words.call); });
  call->add_option("target", words.call.target, "the skill, or a solution that has only one")
      ->option_text("SOLUTION/SKILL")
      ->required()
      ->check(check_target);
  call->add_option("arguments", words.call.arguments, "what it is called with")
      ->option_text("KEY=VALUE…|TEXT");
  add_value(*call, "--input", words.call.input, "JSON|@FILE|-",
            "the whole input: JSON, a file, or standard input");
  call->add_flag("--stream", words.call.stream, "print the answer as it grows");
}

void add_ask(CLI::App& app, Words& words) {
  CLI::App* ask = hub_command(app, words, "ask", "say what you want in your own words",
                              "weft ask 'pay 20 dollars to Mary'\n"
                              "  weft ask 'get me a taxi' --answer 'to the station'",
                              [&words] { return run_ask(words.hub, words.ask); });
  ask->add_option("text", words.ask.words, "the wish; without it, a prompt")->option_text("TEXT");
  add_values(*ask, "--answer", words.ask.answers, "TEXT", "the answer to the next question");
  add_value(*ask, "--context", words.ask.context, "ID", "the conversation that goes on");
  add_value(*ask, "--now", words.ask.now, "TIME", "your clock, like 2026-11-27T14:30");
}

void add_teach(CLI::App& app, Words& words) {
  CLI::App* teach = hub_command(app, words, "teach", "teach how people ask for a skill",
                                "weft teach bank/pay 'send my sister some money'",
                                [&words] { return run_teach(words.hub, words.teach); });
  teach->add_option("skill", words.teach.skill, "the skill")->option_text("SOLUTION/SKILL");
  teach->add_option("example", words.teach.example, "a sentence that asks for it")
      ->option_text("EXAMPLE");
  teach->add_flag("--review", words.teach.reviews,
                  "sentences that people said and then allowed, to teach or not");
  teach->add_flag("--forget", words.teach.forgets, "take it back");
}

void add_contexts(CLI::App& app, Words& words) {
  CLI::App* context = app.add_subcommand("context", "conversations that the hub keeps");
  context->require_subcommand(1);
  context->footer("example:\n  weft context ls\n  weft context rm 01K…");
  hub_command(*context, words, "ls", "list conversations, newest first", "weft context ls",
              [&words] { return run_context_ls(words.hub); });
  CLI::App* show =
      hub_command(*context, words, "show", "show what is kept of one", "weft context show 01K…",
                  [&words] { return run_context_show(words.hub, words.name); });
  add_word(*show, "id", words.name, "ID", "the conversation");
  CLI::App* rm = hub_command(*context, words, "rm", "erase one", "weft context rm 01K…",
                             [&words] { return run_context_rm(words.hub, words.name); });
  add_word(*rm, "id", words.name, "ID", "the conversation");
  hub_command(app, words, "approvals", "list what waits for approval", "weft approvals",
              [&words] { return run_approvals(words.hub); });
  CLI::App* approve =
      hub_command(app, words, "approve", "allow a call that waits for it", "weft approve 01K…",
                  [&words] { return run_approve(words.hub, words.name, true); });
  add_word(*approve, "id", words.name, "ID", "the approval, as `weft approvals` lists it");
  CLI::App* deny =
      hub_command(app, words, "deny", "refuse a call that waits for approval", "weft deny 01K…",
                  [&words] { return run_approve(words.hub, words.name, false); });
  add_word(*deny, "id", words.name, "ID", "the approval, as `weft approvals` lists it");
  hub_command(app, words, "audit", "who allowed what, newest first", "weft audit",
              [&words] { return run_audit(words.hub); });
}

void add_answer(CLI::App& task, Words& words) {
  CLI::App* answer = hub_command(task, words, "answer", "answer what a task asks",
                                 "weft task answer 01K… district=Jingan\n"
                                 "  weft task answer 01K… yes",
                                 [&words] { return run_task_answer(words.hub, words.answer); });
  add_word(*answer, "id", words.answer.id, "ID", "the task");
  answer->add_option("answer", words.answer.words, "the answer: yes or no to an approval")
      ->option_text("KEY=VALUE…|TEXT");
  add_value(*answer, "--input", words.answer.input, "JSON|@FILE|-",
            "the whole answer: JSON, a file, or standard input");
  answer->add_flag("--decline", words.answer.decline, "say no");
}

void add_tasks(CLI::App& app, Words& words) {
  CLI::App* task = app.add_subcommand("task", "tasks: calls that outlive their connection");
  task->require_subcommand(1);
  task->footer("example:\n  weft task ls\n  weft task answer 01K… district=Jingan");
  CLI::App* ls = hub_command(*task, words, "ls", "list tasks, newest first", "weft task ls",
                             [&words] { return run_task_ls(words.hub, words.limit); });
  ls->add_option("--limit", words.limit, std::format("how many at most ({})", kTasksListed))
      ->option_text("N")
      ->check(check_count(1'000'000));
  CLI::App* show = hub_command(*task, words, "show", "show a task", "weft task show 01K…",
                               [&words] { return run_task_show(words.hub, words.name); });
  add_word(*show, "id", words.name, "ID", "the task");
  CLI::App* cancel = hub_command(*task, words, "cancel", "cancel a task", "weft task cancel 01K…",
                                 [&words] { return run_task_cancel(words.hub, words.name); });
  add_word(*cancel, "id", words.name, "ID", "the task");
  add_answer(*task, words);
}

void add_keys(CLI::App& app, Words& words) {
  CLI::App* key = app.add_subcommand("key", "keys of callers");
  key->require_subcommand(1);
  key->footer("example:\n  weft key new ada --for bank\n  weft key revoke key_9f2c…");
  CLI::App* make =
      hub_command(*key, words, "new", "make a key; it is shown once", "weft key new ada --for bank",
                  [&words] { return run_key_new(words.hub, words.key); });
  add_word(*make, "name", words.key.name, "NAME", "whose it is");
  make->add_flag("--admin", words.key.admin, "may use the admin API over TCP");
  add_values(*make, "--for", words.key.solutions, "SOLUTION", "one that it may call (else all)");
  hub_command(*key, words, "ls", "list keys", "weft key ls",
              [&words] { return run_key_ls(words.hub); });
  CLI::App* revoke = hub_command(*key, words, "revoke", "revoke a key", "weft key revoke key_9f2c…",
                                 [&words] { return run_key_revoke(words.hub, words.name); });
  add_word(*revoke, "id", words.name, "ID", "the key's id");
}

void add_training(CLI::App& app, Words& words) {
  CLI::App* train =
      hub_command(app, words, "train", "train a model as a file says", "weft train fraud.yaml",
                  [&words] { return run_train(words.hub, words.train); });
  add_word(*train, "file", words.train.file, "JOB.yaml", "what trains, and on which data");
  train->add_flag("--detach", words.train.detached, "do not wait for its end");
  CLI::App* jobs = hub_command(app, words, "jobs", "list training jobs, or follow one",
                               "weft jobs\n  weft jobs fraud-20261126-090000-123 --logs",
                               [&words] { return run_jobs(words.hub, words.jobs); });
  add_value(*jobs, "name", words.jobs.name, "NAME", "the job");
  jobs->add_flag("--stop", words.jobs.stop, "stop it; what it has is kept");
  jobs->add_flag("--logs", words.jobs.logs, "print what it wrote");
  jobs->add_option("--lines", words.jobs.lines, "how many lines of it at most (100)")
      ->option_text("N")
      ->check(check_count(10'000));
}

void add_models(CLI::App& app, Words& words) {
  CLI::App* models =
      hub_command(app, words, "models", "list models, or show one", "weft models fraud",
                  [&words] { return run_models(words.hub, words.models); });
  add_value(*models, "name", words.models.name, "NAME", "the model");
  models->add_flag("--delete", words.models.erase, "delete it; endpoints that have it go on");
  CLI::App* deploy = hub_command(app, words, "deploy", "let a model, or a job's, answer",
                                 "weft deploy fraud-20261126-090000-123 --as fraud",
                                 [&words] { return run_deploy(words.hub, words.deploy); });
  add_word(*deploy, "model", words.deploy.model, "MODEL",
           "a model, or a training job that completed");
  add_value(*deploy, "--as", words.deploy.name, "NAME", "the endpoint's name (else the model's)");
  deploy->add_option("--instances", words.deploy.instances, "how many workers have it loaded (1)")
      ->option_text("N")
      ->check(check_count(64));
  CLI::App* endpoints =
      hub_command(app, words, "endpoints", "list endpoints, or show one", "weft endpoints fraud",
                  [&words] { return run_endpoints(words.hub, words.endpoints); });
  add_value(*endpoints, "name", words.endpoints.name, "NAME", "the endpoint");
  endpoints->add_flag("--delete", words.endpoints.erase, "delete it; its model stays");
  CLI::App* predict = hub_command(app, words, "predict", "ask a deployed model",
                                  "weft predict fraud --input 3,120.5,1\n"
                                  "  weft predict fraud --input rows.csv",
                                  [&words] { return run_predict(words.hub, words.predict); });
  add_word(*predict, "name", words.predict.name, "NAME", "the endpoint");
  add_word(*predict, "--input", words.predict.input, "FILE|DATA|-",
           "what it is asked: a file that is there, else data (JSON, or with a comma or a blank); "
           "or standard input; @FILE is always a file");
  add_value(*predict, "--type", words.predict.type, "TYPE",
            "the input's media type (else by the file's name, JSON or csv)");
  add_value(*predict, "--accept", words.predict.accept, "TYPE", "the answer's media type");
}

void add_router(CLI::App& app, Words& words) {
  CLI::App* router = app.add_subcommand("router", "which skill a sentence asks for");
  router->require_subcommand(1);
  const std::string example = "weft router eval --skills skills.jsonl --queries queries.jsonl";
  router->footer("example:\n  " + example);
  CLI::App* eval = command(*router, words, "eval", "measure it on sentences of your own", example,
                           [&words] { return run_router_eval(words.router, words.hub.json); });
  CLI::App* test = hub_command(*router, words, "test", "how the hub understands your sentences",
                               "weft router test sentences.jsonl",
                               [&words] { return run_router_test(words.hub, words.name); });
  add_word(*test, "file", words.name, "FILE", "JSON lines: text, gold (SOLUTION/SKILL or null)");
  add_word(*eval, "--skills", words.router.skills, "FILE",
           "JSON lines: id, name, description, examples, schema");
  add_word(*eval, "--queries", words.router.queries, "FILE",
           "JSON lines: {\"text\", \"gold\": ID, or null where no skill is meant}");
  add_value(*eval, "--calibrate", words.router.calibrate, "FILE",
            "queries to fix from when on nothing fits; each with a gold");
  eval->add_flag("--each", words.router.each, "print what each query came to");
  eval->add_flag("--turns", words.router.turns, "time a whole turn of the concierge, too");
  eval->add_flag("--json", words.hub.json, "print one JSON document");
}

void add_dialogue(CLI::App& app, Words& words) {
  CLI::App* dialogue = app.add_subcommand("dialogue", "how conversations are understood");
  dialogue->require_subcommand(1);
  const std::string example = "weft dialogue replay --schema schema.json --dialogues dev";
  dialogue->footer("example:\n  " + example);
  CLI::App* replay =
      command(*dialogue, words, "replay", "measure it on recorded ones", example,
              [&words] { return run_dialogue_replay(words.replay, words.hub.json); });
  add_word(*replay, "--schema", words.replay.schema, "FILE", "a schema.json in SGD's form");
  add_word(*replay, "--dialogues", words.replay.dialogues, "DIR", "with dialogues_*.json");
  replay->add_option("--mode", words.replay.mode, "fill: turn by turn; finish: whole tasks")
      ->option_text("fill|finish")
      ->check(CLI::IsMember({"fill", "finish"}));
  add_value(*replay, "--seen", words.replay.seen, "FILE", "a schema whose services are told apart");
  replay->add_flag("--json", words.hub.json, "print one JSON document");
}

/// Every command with the commands and options that may follow it.
void complete(const CLI::App& command, const std::string& path,
              std::vector<CompletedCommand>& out) {
  CompletedCommand here{path, {}};
  const auto below = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* each : below) here.words.push_back(each->get_name());
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) here.words.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) here.words.push_back("--" + name);
  }
  out.push_back(std::move(here));
  for (const CLI::App* each : below) complete(*each, path + " " + each->get_name(), out);
}

void add_others(CLI::App& app, Words& words) {
  CLI::App* check =
      command(app, words, "check", "validate a configuration", "weft check -c weft.yaml",
              [&words] { return run_check(words.config, words.hub.json); });
  add_value(*check, "-c,--config", words.config, "FILE", "the configuration (weft.yaml)");
  check->add_flag("--json", words.hub.json, "print one JSON document");
  CLI::App* doctor =
      hub_command(app, words, "doctor", "what works here, what does not, why", "weft doctor",
                  [&words] { return run_doctor(words.hub, words.data); });
  add_value(*doctor, "--data", words.data, "DIR", "the folder of the hub's data (weft-data)");
  CLI::App* mcp =
      command(app, words, "mcp", "serve the hub over stdio to an MCP client", "weft mcp",
              with_hub(words, [&words] { return run_mcp(words.hub, words.name); }));
  add_hub(*mcp, words);
  add_value(*mcp, "--solution", words.name, "NAME", "only this solution's skills");
  CLI::App* completion = command(app, words, "completion", "print a shell completion",
                                 "weft completion bash > /etc/bash_completion.d/weft", [&app] {
                                   std::vector<CompletedCommand> commands;
                                   complete(app, "weft", commands);
                                   put(completion_script(commands));
                                   return Exit::done;
                                 });
  add_word(*completion, "shell", words.shell, "SHELL", "bash")->check(check_shell);
}

/// The command that the words came to, and where its own words begin.
std::pair<const CLI::App*, int> command_of(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  int i = 1;
  for (; i < argc; ++i) {
    const auto named = at->get_subcommands(
        [&](const CLI::App* each) { return each->get_name() == std::string_view(argv[i]); });
    if (named.empty()) break;
    at = named.front();
  }
  return {at, i};
}

/// The option that the command does not have, with the nearest of those it has.
std::optional<std::pair<std::string, std::string>> unknown_option(const CLI::App& command, int argc,
                                                                  char** argv, int from) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (int i = from; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) continue;
    std::string name(word.substr(0, word.find('=')));
    if (std::ranges::find(known, name) == known.end()) {
      std::string near = nearest(name, known);
      return std::pair{std::move(name), std::move(near)};
    }
  }
  return std::nullopt;
}

/// What CLI11 says, in our words where its own are of the inside.
std::string words_of(const CLI::ParseError& error) {
  std::string text = error.what();
  constexpr std::string_view kConversion = "Could not convert: ";
  if (!text.starts_with(kConversion)) return text;
  text.erase(0, kConversion.size());
  const auto mark = text.find(" = ");
  if (mark == std::string::npos) return text;
  return std::format("{} cannot be `{}`", text.substr(0, mark), text.substr(mark + 3));
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const std::span words(argv, static_cast<std::size_t>(argc));
  const bool json = std::ranges::find(words, std::string_view("--json")) != words.end();
  const auto [command, from] = command_of(app, argc, argv);
  std::string path = "weft";
  for (int i = 1; i < from; ++i) path += std::format(" {}", argv[i]);
  std::string message = words_of(error);
  std::string hint = std::format("`{} --help` shows how it is used", path);
  const auto suggest = [&](const std::string& near, std::string_view before) {
    if (!near.empty()) hint = std::format("did you mean `{}{}`?", before, near);
  };
  const auto below = command->get_subcommands([](const CLI::App*) { return true; });
  if (from < argc && argv[from][0] != '-' && !below.empty()) {
    std::vector<std::string> names;
    names.reserve(below.size());
    for (const CLI::App* each : below) names.push_back(each->get_name());
    message = std::format("there is no command `{} {}`", path, argv[from]);
    suggest(nearest(argv[from], names), path + " ");
  } else if (from >= argc && !below.empty()) {
    std::string names;
    for (const CLI::App* each : below)
      names += std::format("{}`{}`", names.empty() ? "" : ", ", each->get_name());
    message = std::format("`{}` needs one of its commands: {}", path, names);
  } else if (auto unknown = unknown_option(*command, argc, argv, from)) {
    message = std::format("`{}` has no option `{}`", path, unknown->first);
    suggest(unknown->second, "");
  }
  return static_cast<int>(
      Printer(json).error(make_error(Reason::invalid_argument, message), hint, Exit::usage));
}

/// What follows ` -- ` is the child's command, whatever it looks like.
std::vector<std::string> take_child_command(int& argc, char** argv) {
  std::vector<std::string> out;
  if (argc < 2 || std::string_view(argv[1]) != "add") return out;
  for (int i = 2; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    for (int j = i + 1; j < argc; ++j) out.emplace_back(argv[j]);
    argc = i;
    break;
  }
  return out;
}

}  // namespace

int run_cli(int argc, char** argv) {
  Words words;
  words.hub.address.text = environment_or("WEFT_HUB", "unix:weft-data/weft.sock");
  words.hub.address.key = environment_or("WEFT_KEY", "");
  words.add.command = take_child_command(argc, argv);
  CLI::App app("weft: the hub where AI solutions talk to one another", "weft");
  app.formatter(help_format());
  app.set_help_flag("-h,--help", "show how it is used");
  app.set_version_flag("--version", "weft " WEFT_VERSION, "say which weft this is");
  app.footer(
      "exit codes: 0 done, 1 failed, 2 usage, 3 hub unreachable,\n"
      "  4 waiting for an answer or an approval, 5 the solution answered an error,\n"
      "  130 interrupted\n"
      "first steps: weft up, then weft add URL, then weft call NAME/SKILL");
  app.require_subcommand(0, 1);
  add_up(app, words);
  add_solutions(app, words);
  add_ask(app, words);
  add_teach(app, words);
  add_call(app, words);
  add_tasks(app, words);
  add_contexts(app, words);
  add_training(app, words);
  add_models(app, words);
  add_router(app, words);
  add_dialogue(app, words);
  add_keys(app, words);
  add_others(app, words);
  // `weft help X` is what people try first.
  std::vector<char*> asked(argv, argv + argc);
  std::string help = "--help";
  if (argc > 1 && std::string_view(argv[1]) == "help") {
    asked.erase(asked.begin() + 1);
    const int words_asked = static_cast<int>(asked.size());
    if (const auto [found, end] = command_of(app, words_asked, asked.data()); end < words_asked)
      return usage_error(app, CLI::ExtrasError({asked[static_cast<std::size_t>(end)]}), words_asked,
                         asked.data());
    asked.push_back(help.data());
  }
  const int count = static_cast<int>(asked.size());
  try {
    app.parse(count, asked.data());
  } catch (const CLI::Success& done) {
    const int exit = app.exit(done);
    return exit == 0 ? static_cast<int>(written(Exit::done)) : exit;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, count, asked.data());
  }
  if (!words.run) {
    put(app.help());
    return static_cast<int>(written(Exit::done));
  }
  return static_cast<int>(written(words.run()));
}

}  // namespace weft::app
