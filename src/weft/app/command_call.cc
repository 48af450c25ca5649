#include <algorithm>
#include <format>

#include "weft/app/arguments.h"
#include "weft/app/command_run.h"
#include "weft/app/files.h"
#include "weft/app/questions.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"
#include "weft/model/fold.h"

namespace weft::app {
namespace {

constexpr std::size_t kLossesShown = 5;

/// The skill that is meant, as its solution describes it.
const json::object* find_skill(const json::value& solution, std::string_view skill) {
  const auto* skills = json::array_at(solution.as_object(), "skills");
  if (skills == nullptr) return nullptr;
  for (const auto& item : *skills) {
    const auto* o = item.if_object();
    if (o == nullptr) continue;
    if (json::string_at(*o, "id") == skill || (skill.empty() && skills->size() == 1)) return o;
  }
  return nullptr;
}

/// A loss in plain words.
std::string in_words(const model::Loss& loss) {
  if (!loss.note.empty()) return std::format("{} ({}): {}", loss.path, loss.from, loss.note);
  switch (loss.kind) {
    case model::LossKind::dropped:
      return std::format("{} ({}) was left out: {} has no place for it", loss.path, loss.from,
                         loss.to);
    case model::LossKind::approximated:
      return std::format("{} ({}) was told as {}", loss.path, loss.from, loss.to);
    case model::LossKind::invented:
      return std::format("{} was made up: {} needs it, {} does not say it", loss.path, loss.to,
                         loss.from);
    case model::LossKind::reordered:
      return std::format("{} ({}) stands in another order", loss.path, loss.from);
  }
  return loss.path;
}

/// What the events of a call come to, as they arrive.
class CallView {
 public:
  CallView(const Printer& printer, bool stream) : printer_(printer), stream_(stream) {}

  bool take(const std::string& name, const json::value& data) {
    if (name == "parked") {
      parked_ = data;
      return false;
    }
    auto event = model::event_from_json(data);
    if (!event) return true;
    if (auto added = fold_.add(*event); !added) {
      end_ = model::End{std::unexpected(std::move(added).error()), {}};
      return false;
    }
    if (auto* delta = std::get_if<model::Delta>(&event->body)) {
      if (stream_ && delta->kind == model::Delta::Kind::text) {
        printer_.piece(delta->text);
        streamed_ = true;
      }
    } else if (auto* state = std::get_if<model::State>(&event->body)) {
      show_state(*state);
    } else if (event->is_end()) {
      end_ = fold_.take();  // with what streamed before it
      return false;
    }
    return true;
  }

  Exit finish() const {
    // What streamed is a line of its own before anything else is said.
    if (streamed_) printer_.line("");
    if (parked_) return show_question();
    if (!end_) {
      return printer_.error(make_error(Reason::upstream_protocol, "the hub's answer broke off"), "",
                            Exit::failed);
    }
    if (!end_->outcome) {
      const Error& error = end_->outcome.error();
      return printer_.error(error, "", exit_of(error));
    }
    if (!streamed_) printer_.line(shown_answer(printer_, *end_->outcome));
    show_losses();
    printer_.document(model::to_json(model::Event{*end_}));
    return Exit::done;
  }

 private:
  void show_state(const model::State& state) const {
    std::string text = model::joined_text(state.note, false);
    if (text.empty()) text = model::joined_text(state.note, true);
    if (state.progress) {
      text = state.progress->total
                 ? std::format("{:.0f}/{:.0f} {}", state.progress->done, *state.progress->total,
                               state.progress->text)
                 : std::format("{:.0f} {}", state.progress->done, state.progress->text);
    }
    if (!text.empty()) printer_.note("… " + text);
  }

  void show_losses() const {
    const auto& losses = end_->losses;
    const std::size_t shown = std::min(losses.size(), kLossesShown);
    for (std::size_t i = 0; i < shown; ++i) printer_.note("note: " + in_words(losses[i]));
    if (shown < losses.size())
      printer_.note(std::format("note: {} more; --json shows all", losses.size() - shown));
  }

  Exit show_question() const {
    printer_.document(*parked_);
    const auto& task = parked_->as_object();
    const std::string id(json::string_at(task, "id"));
    printer_.note(std::format("the call waits as task {}", id));
    const auto* asked = json::find(task, "ask");
    const auto ask = asked ? model::ask_from_json(*asked) : Result<model::Ask>();
    if (ask && !ask->items.empty()) {
      for (const auto& line : lines_of(*ask)) printer_.line(line);
      printer_.note(next_step(id, *ask));
    }
    return Exit::waiting;
  }

  const Printer& printer_;
  bool stream_;
  bool streamed_ = false;
  std::optional<json::value> parked_;
  model::Fold fold_{hub::kAnswerBytesMax};
  std::optional<model::End> end_;
};

Awaitable<Result<json::value>> call_body(AdminClient& admin, const CallOptions& options) {
  const auto slash = options.target.find('/');
  const std::string solution = options.target.substr(0, slash);
  const std::string skill = slash == std::string::npos ? "" : options.target.substr(slash + 1);
  const std::string path = "/admin/v1/solutions/" + percent_encode(solution);
  WEFT_CO_TRY(json::value described, co_await admin.get(path));
  json::object body;
  body["solution"] = solution;
  body["skill"] = skill;
  if (!options.input.empty()) {
    WEFT_CO_TRY(std::string text, read_input(options.input));
    if (auto parsed = json::parse(text)) {
      body["args"] = *std::move(parsed);
    } else if (looks_like_json(text)) {
      co_return fail(parsed.error());
    } else {
      body["text"] = text;
    }
  } else if (const auto text = text_of_words(options.arguments)) {
    body["text"] = *text;
  } else {
    const auto* described_skill = find_skill(described, skill);
    const auto* schema = described_skill ? described_skill->if_contains("input_schema") : nullptr;
    WEFT_CO_TRY(json::object args, read_arguments(options.arguments, schema));
    // What is said to one that converses may be more than its form.
    const bool converses =
        described_skill && json::string_at(*described_skill, "shape") == "converse";
    if (schema != nullptr && !converses) {
      WEFT_CO_CHECK(check_known(args, *schema));
    }
    body["args"] = std::move(args);
  }
  co_return json::value(std::move(body));
}

}  // namespace

std::string shown_answer(const Printer& printer, const model::Output& output) {
  std::string text = model::plain_text(output);
  if (!printer.to_terminal() || !looks_like_json(text)) return text;
  const auto parsed = json::parse(text);
  return parsed ? json::write_pretty(*parsed) : text;
}

Exit run_call(const HubOptions& hub, const CallOptions& options) {
  const Printer plain(hub.json);
  if (!options.input.empty() && !options.arguments.empty()) {
    return plain.error(make_error(Reason::invalid_argument,
                                  std::format("--input is the whole input: `{}` would be left out",
                                              options.arguments.front())),
                       "put it into the JSON, or leave --input out", Exit::usage);
  }
  if (const auto fit = check_words(options.arguments); !fit) {
    return plain.error(fit.error(), "the whole input can be given with --input JSON", Exit::usage);
  }
  return run_command(
      hub, [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
        WEFT_CO_TRY(json::value body, co_await call_body(admin, options));
        CallView view(printer, options.stream);
        AdminClient::EachEvent each = [&view](const std::string& name, const json::value& data) {
          return view.take(name, data);
        };
        WEFT_CO_CHECK(
            co_await admin.stream("POST", "/admin/v1/call", std::move(body), std::move(each)));
        co_return view.finish();
      });
}

}  // namespace weft::app
