#include <unistd.h>

#include <format>
#include <iostream>

#include "weft/app/command_run.h"
#include "weft/app/files.h"
#include "weft/base/url.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"
#include "weft/model/fold.h"

namespace weft::app {
namespace {

Result<std::string> read_input(const std::string& input) {
  if (input == "-") return read_rest(std::cin, "standard input");
  return input.starts_with('@') ? read_file(input.substr(1)) : input;
}

/// Whether somebody meant to write JSON: a fault in it is to be told, not sent as words.
bool looks_like_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

const json::value* skill_schema(const json::value& solution, std::string_view skill) {
  const auto* skills = json::array_at(solution.as_object(), "skills");
  if (skills == nullptr) return nullptr;
  for (const auto& item : *skills) {
    const auto* o = item.if_object();
    if (o == nullptr) continue;
    if (json::string_at(*o, "id") == skill || (skill.empty() && skills->size() == 1)) {
      return o->if_contains("input_schema");
    }
  }
  return nullptr;
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
    if (parked_) return show_question();
    if (!end_) {
      return printer_.error(make_error(Reason::upstream_protocol, "the hub's answer broke off"), "",
                            Exit::failed);
    }
    if (streamed_) printer_.line("");
    if (!end_->outcome) {
      const Error& error = end_->outcome.error();
      return printer_.error(error, "", exit_of(error));
    }
    const auto& output = *end_->outcome;
    if (!streamed_) {
      const auto data = model::plain_data(output);
      const std::string text = model::plain_text(output);
      printer_.line(text.empty() && data ? json::write_pretty(*data) : text);
    }
    if (!end_->losses.empty())
      printer_.note("lost in translation: " + model::summary(end_->losses));
    printer_.document(model::to_json(model::Event{*end_}));
    return Exit::done;
  }

 private:
  void show_state(const model::State& state) const {
    std::string text = model::joined_text(state.note, false);
    if (state.progress) {
      text = state.progress->total
                 ? std::format("{:.0f}/{:.0f} {}", state.progress->done, *state.progress->total,
                               state.progress->text)
                 : std::format("{:.0f} {}", state.progress->done, state.progress->text);
    }
    if (!text.empty()) printer_.note("… " + text);
  }

  Exit show_question() const {
    printer_.document(*parked_);
    const auto& task = parked_->as_object();
    const std::string id(json::string_at(task, "id"));
    if (const auto* asked = json::find(task, "ask")) {
      if (auto ask = model::ask_from_json(*asked)) {
        for (const auto& [key, item] : ask->items) {
          printer_.line(item.message);
          if (item.schema) printer_.line(json::write_pretty(*item.schema));
          if (!item.url.empty()) printer_.line(item.url);
        }
      }
    }
    printer_.note(std::format(
        "the call waits as task {}\nnext: weft task answer {} KEY=VALUE…  (or --decline)", id, id));
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
  } else if (options.arguments.size() == 1 && !options.arguments.front().contains('=')) {
    body["text"] = options.arguments.front();
  } else {
    WEFT_CO_TRY(body["args"], read_arguments(options.arguments, skill_schema(described, skill)));
  }
  co_return json::value(std::move(body));
}

json::value typed(const std::string& text, const json::object* property) {
  const std::string_view type = property ? json::string_at(*property, "type") : std::string_view();
  if (type == "string") return json::value(text);
  if (auto parsed = json::parse(text)) return *std::move(parsed);
  return json::value(text);
}

}  // namespace

Result<json::object> read_arguments(const std::vector<std::string>& words,
                                    const json::value* schema) {
  json::object out;
  const auto* top = schema ? schema->if_object() : nullptr;
  const auto* properties = top ? json::object_at(*top, "properties") : nullptr;
  for (const auto& word : words) {
    const auto mark = word.find('=');
    if (mark == std::string::npos || mark == 0) {
      return fail(
          Reason::invalid_argument,
          std::format("`{}` is not KEY=VALUE (or give the whole input with --input JSON)", word));
    }
    const std::string key = word.substr(0, mark);
    out[key] =
        typed(word.substr(mark + 1), properties ? json::object_at(*properties, key) : nullptr);
  }
  return out;
}

Exit run_call(const HubOptions& hub, const CallOptions& options) {
  if (!options.input.empty() && !options.arguments.empty()) {
    return Printer(hub.json).error(
        make_error(Reason::invalid_argument,
                   std::format("--input is the whole input: `{}` would be left out",
                               options.arguments.front())),
        "put it into the JSON, or leave --input out", Exit::usage);
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
