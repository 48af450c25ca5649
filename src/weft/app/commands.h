// The commands of `weft`, one function each. Owned by app; main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/app/admin_client.h"
#include "weft/app/printer.h"
#include "weft/model/event.h"

namespace weft::app {

/// What every command that talks to a hub is given.
struct HubOptions {
  HubAddress address;
  bool json = false;
};

struct UpOptions {
  std::string config;
  std::string listen;  ///< HOST:PORT or PORT; wins over the configuration
  std::string data;
  std::string log;
  std::optional<std::size_t> threads;
  bool json = false;
};
Exit run_up(const UpOptions& options);

struct AddOptions {
  std::string url;
  std::vector<std::string> command;
  std::string name;
  std::string protocol;
  std::string bearer;
  std::string details;  ///< a file
  std::vector<std::string> headers;
  std::vector<std::string> environment;
};
Exit run_add(const HubOptions& hub, const AddOptions& options);
Exit run_ls(const HubOptions& hub);
Exit run_show(const HubOptions& hub, const std::string& name);
Exit run_rm(const HubOptions& hub, const std::string& name);

/// What a solution's `approval` names in vain, a sentence each; `solution` as the admin API tells
/// it.
std::vector<std::string> unknown_approvals(const json::object& solution);

struct CallOptions {
  std::string target;
  std::vector<std::string> arguments;
  std::string input;
  bool stream = false;
};
Exit run_call(const HubOptions& hub, const CallOptions& options);
/// An answer for people; JSON is laid out on a terminal.
std::string shown_answer(const Printer& printer, const model::Output& output);

struct AskOptions {
  std::vector<std::string> words;
  std::vector<std::string> answers;
  std::string context;  ///< a conversation that goes on; empty: a new one
  std::string now;      ///< the person's clock: 2026-11-27T14:30
};
/// One sentence, or a conversation on a terminal where there is none.
Exit run_ask(const HubOptions& hub, const AskOptions& options);

Exit run_context_ls(const HubOptions& hub);
Exit run_context_show(const HubOptions& hub, const std::string& id);
Exit run_context_rm(const HubOptions& hub, const std::string& id);
/// Who allowed what.
Exit run_audit(const HubOptions& hub);

struct RouterOptions {
  std::string skills;
  std::string queries;
  std::string calibrate;  ///< empty: the thresholds that weft begins with
  bool each = false;
  bool turns = false;
};
struct ReplayOptions {
  std::string schema;
  std::string dialogues;
  std::string mode = "fill";  ///< or finish
  std::string seen;           ///< a schema whose services are told apart; empty: none
};
/// Asks no hub.
Exit run_dialogue_replay(const ReplayOptions& options, bool as_json);
struct TeachOptions {
  std::string skill;
  std::string example;
  bool forgets = false;
  bool reviews = false;  ///< sentences of the audit log instead
};
Exit run_teach(const HubOptions& hub, const TeachOptions& options);
/// How the hub understands the sentences of a file now.
Exit run_router_test(const HubOptions& hub, const std::string& file);
/// Asks no hub.
Exit run_router_eval(const RouterOptions& options, bool as_json);

Exit run_approvals(const HubOptions& hub);
Exit run_approve(const HubOptions& hub, const std::string& id, bool allow);

inline constexpr std::size_t kTasksListed = 50;
Exit run_task_ls(const HubOptions& hub, std::size_t limit);
Exit run_task_show(const HubOptions& hub, const std::string& id);
Exit run_task_cancel(const HubOptions& hub, const std::string& id);
struct TaskAnswer {
  std::string id;
  std::vector<std::string> words;
  std::string input;
  bool decline = false;
};
Exit run_task_answer(const HubOptions& hub, const TaskAnswer& answer);

struct KeyOptions {
  std::string name;
  bool admin = false;
  std::vector<std::string> solutions;
};
Exit run_key_new(const HubOptions& hub, const KeyOptions& options);
Exit run_key_ls(const HubOptions& hub);
Exit run_key_revoke(const HubOptions& hub, const std::string& id);

struct TrainOptions {
  std::string file;
  bool detached = false;
};
Exit run_train(const HubOptions& hub, const TrainOptions& options);
struct JobsOptions {
  std::string name;
  bool stop = false;
  bool logs = false;
  std::size_t lines = 100;
};
Exit run_jobs(const HubOptions& hub, const JobsOptions& options);

/// Of models and of endpoints.
struct NamedOptions {
  std::string name;
  bool erase = false;
};
Exit run_models(const HubOptions& hub, const NamedOptions& options);
Exit run_endpoints(const HubOptions& hub, const NamedOptions& options);
struct DeployOptions {
  std::string model;
  std::string name;
  std::int64_t instances = 1;
};
Exit run_deploy(const HubOptions& hub, const DeployOptions& options);
struct PredictOptions {
  std::string name;
  std::string input;
  std::string type;
  std::string accept;
};
Exit run_predict(const HubOptions& hub, const PredictOptions& options);

Exit run_check(const std::string& config, bool json);
Exit run_doctor(const HubOptions& hub, const std::string& data);
Exit run_mcp(const HubOptions& hub, const std::string& solution);

}  // namespace weft::app
