#include "weft/hub/answers.h"

#include <array>
#include <format>

#include "weft/base/schema.h"
#include "weft/hub/consent.h"

namespace weft::hub {
namespace {

using model::Answer;
using model::AnswerAction;
using model::Ask;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::optional<bool> yes_or_no(std::string_view text) {
  constexpr std::array<std::string_view, 6> kYes{"yes", "y", "true", "ok", "1", "是"};
  constexpr std::array<std::string_view, 5> kNo{"no", "n", "false", "0", "否"};
  const std::string word = lower(text);
  if (std::ranges::find(kYes, word) != kYes.end()) return true;
  if (std::ranges::find(kNo, word) != kNo.end()) return false;
  return std::nullopt;
}

/// The only field that a form has, or the only one it requires.
std::string_view only_field(const json::value& schema) {
  const json::value* properties = json::find(schema, "properties");
  if (!properties || !properties->is_object()) return {};
  if (properties->get_object().size() == 1) return properties->get_object().begin()->key();
  const json::value* required = json::find(schema, "required");
  if (!required || !required->is_array() || required->get_array().size() != 1) return {};
  const json::value& name = required->get_array()[0];
  return name.is_string() ? std::string_view(name.get_string()) : std::string_view();
}

/// The words of an answer as the value a field of this schema wants.
json::value value_of_words(const json::value* field, const std::string& text) {
  const json::value* type = field ? json::find(*field, "type") : nullptr;
  const std::string_view word =
      type && type->is_string() ? std::string_view(type->get_string()) : "string";
  if (word == "boolean") {
    if (const auto answer = yes_or_no(text)) return *answer;
  }
  if (word != "string") {
    if (auto parsed = json::parse(text)) return *std::move(parsed);
  }
  return json::value(text);
}

std::optional<json::value> data_of_words(const json::value& schema, const std::string& text) {
  if (auto parsed = json::parse(text); parsed && parsed->is_object()) return *std::move(parsed);
  const std::string_view field = only_field(schema);
  if (field.empty()) return std::nullopt;
  json::object data;
  data[field] = value_of_words(json::find(*json::find(schema, "properties"), field), text);
  return json::value(std::move(data));
}

/// ": `district`, `level`"; nothing when the form names no fields.
std::string fields_of(const json::value& schema) {
  const json::value* properties = json::find(schema, "properties");
  std::string out;
  if (!properties || !properties->is_object()) return out;
  for (const auto& [name, property] : properties->get_object())
    out += std::format("{}`{}`", out.empty() ? ": " : ", ", std::string_view(name));
  return out;
}

/// Words that say no to an approval decline it.
void read_approval(Answer& answer) {
  if (answer.action != AnswerAction::accept) return;
  if (answer.data && answer.data->is_object()) {
    // `no` in quotes is no yes either.
    const auto* said = json::find(*answer.data, "approve");
    if (said != nullptr && *said != json::value(true)) answer.action = AnswerAction::decline;
    return;
  }
  if (answer.text.empty()) return;
  if (yes_or_no(answer.text) != true) answer.action = AnswerAction::decline;
}

/// Errors: the question is another's to answer, or it is another question.
Result<void> check_consent(const std::string& key, const Ask::Consent& consent,
                           const Answer& answer) {
  if (!answer.consent.empty() && answer.consent != consent.id) {
    return fail(Reason::unsupported, "that question for approval is not open any more");
  }
  if (consent.approvers.empty() || std::ranges::contains(consent.approvers, answer.by)) return {};
  Error error = make_error(
      Reason::permission_denied,
      std::format("this waits for approval by {}; {} may not give it. To withdraw the call, cancel "
                  "its task",
                  one_of(consent.approvers), answer.by.empty() ? "whoever called" : answer.by));
  error.param = "/" + json::escape_pointer(key);
  return fail(std::move(error));
}

Result<void> fit(const std::string& key, const Ask::Item& item, Answer& answer) {
  if (item.consent) WEFT_CHECK(check_consent(key, *item.consent, answer));
  if (item.kind == Ask::Kind::approve) read_approval(answer);
  if (answer.action != AnswerAction::accept || item.kind != Ask::Kind::form || !item.schema)
    return {};
  if (!answer.data && !answer.text.empty()) answer.data = data_of_words(*item.schema, answer.text);
  const std::string pointer = "/" + json::escape_pointer(key);
  if (!answer.data) {
    return fail(make_argument_error(
        pointer, std::format("{}: the question is a form: its answer needs data{}", pointer,
                             fields_of(*item.schema))));
  }
  WEFT_TRY(const auto schema, Schema::create(*item.schema));
  if (const auto fault = schema.check(*answer.data)) {
    const std::string path = pointer + "/data" + fault->path;
    return fail(make_argument_error(path, std::format("{}: {}", path, fault->message)));
  }
  return {};
}

std::string list_of(const std::map<std::string, Ask::Item>& items) {
  std::string out;
  for (const auto& [key, item] : items) out += std::format("{}`{}`", out.empty() ? "" : ", ", key);
  return out;
}

}  // namespace

Result<void> take_answers(const Ask& ask, model::Answers given, model::Answers& answers) {
  model::Answers taken;
  for (auto& [key, answer] : given) {
    const auto item = ask.items.find(key);
    if (item == ask.items.end()) {
      return fail(make_argument_error(
          "/" + json::escape_pointer(key),
          std::format("there is no question `{}`; asked: {}", key, list_of(ask.items))));
    }
    WEFT_CHECK(fit(key, item->second, answer));
    taken.emplace(key, std::move(answer));
  }
  for (auto& [key, answer] : taken) answers[key] = std::move(answer);
  return {};
}

bool all_answered(const Ask& ask, const model::Answers& answers) {
  return std::ranges::all_of(ask.items,
                             [&](const auto& pair) { return answers.contains(pair.first); });
}

}  // namespace weft::hub
