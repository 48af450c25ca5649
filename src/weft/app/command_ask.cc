#include <unistd.h>

#include <format>
#include <iostream>

#include "weft/app/command_run.h"
#include "weft/app/concierge_service.h"
#include "weft/app/questions.h"
#include "weft/app/task_view.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"
#include "weft/model/fold.h"

namespace weft::app {
namespace {

/// One conversation: sentences, and answers to what is asked back.
class Asking {
 public:
  Asking(AdminClient& admin, const Printer& printer, const AskOptions& options)
      : admin_(admin), printer_(printer), options_(options), context_(options.context) {
    SystemRandom random;
    if (context_.empty()) context_ = make_ulid(SystemClock().unix_ms(), random);
  }

  Awaitable<Result<Exit>> run() {
    std::string text;
    for (const std::string& word : options_.words) text += (text.empty() ? "" : " ") + word;
    const bool prompts = text.empty();
    Exit exit = Exit::done;
    while (true) {
      if (prompts) {
        const auto line = read_line("what would you like? ");
        if (!line) break;
        if (line->empty()) continue;
        text = *line;
      }
      WEFT_CO_TRY(exit, co_await say(text));
      if (!prompts || exit == Exit::waiting) break;
    }
    report_["context"] = context_;
    if (!failed_) printer_.document(json::value(std::move(report_)));
    co_return exit;
  }

 private:
  Awaitable<Result<Exit>> say(const std::string& text) {
    json::object args{{"message", text}, {"context_id", context_}};
    if (!options_.now.empty()) args["now"] = options_.now;
    json::value body = json::object{
        {"solution", kConciergeName}, {"skill", kConciergeSkill}, {"args", std::move(args)}};
    std::optional<json::value> parked;
    std::optional<model::End> end;
    model::Fold fold(hub::kAnswerBytesMax);
    AdminClient::EachEvent each = [&](const std::string& name, const json::value& data) {
      if (name == "parked") {
        parked = data;
        return false;
      }
      auto event = model::event_from_json(data);
      if (!event) return true;
      if (const auto* state = std::get_if<model::State>(&event->body)) show(*state);
      const bool last = event->is_end();
      if (auto added = fold.add(*event); !added) {
        end = model::End{std::unexpected(std::move(added).error()), {}};
      } else if (last) {
        end = fold.take();
      }
      return !last;
    };
    WEFT_CO_CHECK(
        co_await admin_.stream("POST", "/admin/v1/call", std::move(body), std::move(each)));
    while (parked) {
      const json::object& task = parked->as_object();
      const auto ask = ask_of(task);
      if (!ask) {
        end = end_of(task);
        break;
      }
      auto answer = answer_to(*ask);
      if (!answer) co_return wait_for_answer(task, *ask);
      WEFT_CO_TRY(parked, co_await send(task, *ask, *std::move(answer)));
    }
    if (!end) co_return fail(Reason::upstream_protocol, "the hub's answer broke off");
    co_return finish(*end);
  }

  void show(const model::State& state) const {
    const std::string text = model::joined_text(state.note, false);
    if (!text.empty()) printer_.note("… " + text);
  }

  /// What the person says to it; nothing when nobody is there to say it.
  std::optional<std::string> answer_to(const model::Ask& ask) {
    std::string question;
    for (const auto& line : lines_of(ask)) {
      printer_.line(line);
      question += (question.empty() ? "" : "\n") + line;
    }
    std::optional<std::string> answer;
    if (waits_for_others(ask)) {
      // Whatever was said: it is not this person's to answer.
    } else if (answered_ < options_.answers.size()) {
      answer = options_.answers[answered_++];
      printer_.line("> " + *answer);
    } else if (!printer_.as_json()) {
      answer = read_line("> ");
    }
    json::object turn{{"question", question}};
    if (answer) turn["answer"] = *answer;
    turns_.push_back(std::move(turn));
    report_["questions"] = turns_;
    return answer;
  }

  static std::optional<std::string> read_line(std::string_view prompt) {
    if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
    put(prompt);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }

  /// Answers, shows what happens, and gives the task when it asks again or is over.
  Awaitable<Result<json::value>> send(const json::object& task, const model::Ask& ask,
                                      std::string answer) {
    const std::string id(json::string_at(task, "id"));
    const std::int64_t seen = json::int_at(task, "events").value_or(0);
    std::vector<std::string> words{std::move(answer)};
    WEFT_CO_TRY(json::object body, answer_of_words(words, ask));
    const std::string path = task_path(id, "/answer");
    json::value sent(std::move(body));
    WEFT_CO_TRY(json::value now, co_await admin_.send("POST", path, std::move(sent)));
    const std::string events = std::format("{}?after={}", task_path(id, "/events"), seen);
    AdminClient::EachEvent each = [this](const std::string& name, const json::value& data) {
      const auto event = model::event_from_json(data);
      if (event) {
        if (const auto* state = std::get_if<model::State>(&event->body)) show(*state);
      }
      return name != "ask" && name != "end";
    };
    // What cannot be watched is still waited for.
    json::value nothing;
    (void)co_await admin_.stream("GET", events, std::move(nothing), std::move(each));
    std::string look = task_path(id, "");
    auto after = co_await settled(admin_, std::move(look), std::move(now));
    co_return after;
  }

  Exit wait_for_answer(const json::object& task, const model::Ask& ask) {
    const std::string id(json::string_at(task, "id"));
    const auto& raw = ask.items.begin()->second.raw;
    for (const char* name : {"wishes", "declined", "language_model"}) {
      if (const auto* value = json::find(raw, name)) report_[name] = *value;
    }
    report_["state"] = "waiting";
    report_["task"] = id;
    printer_.note(waits_for_others(ask) ? next_step(id, ask)
                                        : std::format("next: {}", answer_command(id, ask)));
    return Exit::waiting;
  }

  Exit finish(const model::End& end) {
    if (!end.outcome) {
      const Error& error = end.outcome.error();
      failed_ = true;
      return printer_.error(error, "", exit_of(error));
    }
    const std::string text = model::plain_text(*end.outcome);
    printer_.line(text);
    report_["state"] = "done";
    report_["answer"] = text;
    const auto data = model::plain_data(*end.outcome);
    return data && data->is_object() ? take_report(data->get_object()) : Exit::done;
  }

  /// What the wishes came to, for --json and the exit code.
  Exit take_report(const json::object& data) {
    Exit exit = Exit::done;
    for (const auto& [name, value] : data) report_[name] = value;
    if (const auto* declined = json::array_at(data, "declined");
        declined != nullptr && !declined->empty())
      exit = Exit::failed;
    const auto* wishes = json::array_at(data, "wishes");
    if (wishes == nullptr) return exit;
    for (const json::value& each : *wishes) {
      const auto* wish = each.if_object();
      const std::string_view state = wish == nullptr ? "" : json::string_at(*wish, "state");
      if (state == "failed" || state == "unknown") exit = Exit::solution_error;
      if (state == "refused" && exit == Exit::done) exit = Exit::failed;
    }
    return exit;
  }

  AdminClient& admin_;
  const Printer& printer_;
  const AskOptions& options_;
  std::string context_;
  std::size_t answered_ = 0;
  bool failed_ = false;
  json::array turns_;
  json::object report_;
};

}  // namespace

Exit run_ask(const HubOptions& hub, const AskOptions& options) {
  if (options.words.empty() && ::isatty(STDIN_FILENO) == 0) {
    return Printer(hub.json).error(
        make_error(Reason::invalid_argument, "say what you want: there is no terminal to ask on"),
        "weft ask 'pay 20 dollars to Mary'", Exit::usage);
  }
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       Asking asking(admin, printer, options);
                       auto exit = co_await asking.run();
                       co_return exit;
                     });
}

}  // namespace weft::app
