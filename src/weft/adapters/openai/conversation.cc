#include "weft/adapters/openai/conversation.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <memory>
#include <span>

#include "weft/adapters/openai/limits.h"
#include "weft/base/hex.h"
#include "weft/model/codec.h"

namespace weft::adapters::openai {
namespace {

using model::Answer;
using model::AnswerAction;
using model::Ask;
using model::Part;
using model::Turn;

/// Fetched once: OpenSSL looks for it anew at each use otherwise.
const EVP_MD* sha256() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found;
}

/// A running SHA-256 whose value can be taken at every turn.
class Hash {
 public:
  Hash() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), sha256(), nullptr); }
  void add(std::string_view text) {
    const std::uint64_t size = text.size();
    EVP_DigestUpdate(context_.get(), &size, sizeof size);
    EVP_DigestUpdate(context_.get(), text.data(), text.size());
  }
  std::string value() const& {
    Hash copy;
    EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get());
    return std::move(copy).value();
  }
  std::string value() && {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return "chat-" + hex(std::span(digest).first(16));
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// What of a turn counts: who said what. Clients replay texts in one piece or in many, and drop
/// thoughts.
void add_turn(Hash& hash, const Turn& turn) {
  hash.add(model::to_string(turn.role));
  if (turn.parts.size() == 1) {
    if (const auto* t = std::get_if<model::Text>(&turn.parts.front().body))
      return hash.add(t->text);
  }
  std::string text;
  for (const Part& part : turn.parts) {
    if (const auto* t = std::get_if<model::Text>(&part.body)) {
      text += t->text;
    } else if (!std::holds_alternative<model::Reasoning>(part.body)) {
      hash.add(json::write(model::to_json(part)));
    }
  }
  hash.add(text);
}

Hash begin(std::string_view principal, std::string_view model) {
  Hash hash;
  hash.add(principal);
  hash.add(model);
  return hash;
}

// ---- questions in words

std::string field_line(std::string_view name, const json::value& schema, bool required) {
  const auto* o = schema.if_object();
  std::string line = std::format("- {}", name);
  if (!o) return line;
  std::string notes(json::string_at(*o, "type"));
  if (const auto* words = json::array_at(*o, "enum")) {
    notes = "one of ";
    for (std::size_t i = 0; i < words->size(); ++i) {
      const auto& word = (*words)[i];
      if (i > 0) notes += ", ";
      notes += word.is_string() ? std::string(word.get_string()) : json::write(word);
    }
  }
  if (!required) notes += notes.empty() ? "optional" : ", optional";
  if (!notes.empty()) line += std::format(" ({})", notes);
  auto help = json::string_at(*o, "description");
  if (help.empty()) help = json::string_at(*o, "title");
  if (!help.empty()) line += std::format(": {}", help);
  return line;
}

bool required(const json::object& schema, std::string_view name) {
  const auto* list = json::array_at(schema, "required");
  return list && std::ranges::any_of(*list, [&](const json::value& v) {
           return v.is_string() && v.get_string() == name;
         });
}

const json::object* properties_of(const Ask::Item& item) {
  const auto* schema = item.schema ? item.schema->if_object() : nullptr;
  return schema ? json::object_at(*schema, "properties") : nullptr;
}

std::string item_text(const Ask::Item& item) {
  std::string text = item.message;
  const auto line = [&](const std::string& more) {
    if (!text.empty()) text += '\n';
    text += more;
  };
  if (item.kind == Ask::Kind::form) {
    if (const auto* properties = properties_of(item)) {
      for (const auto& [name, schema] : *properties) {
        // Some questions list their fields themselves.
        if (item.message.contains(std::format("\n- {}", std::string_view(name)))) continue;
        line(field_line(name, schema, required(item.schema->get_object(), name)));
      }
    }
  }
  if (!item.url.empty()) line(item.url);
  if (item.kind == Ask::Kind::approve) line("Answer yes or no.");
  return text;
}

// ---- replies

std::string lower_word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' || c == '.' || c == '!' || c == '\n' || c == '\t' || c == '\r' || c == ',')
      continue;
    out += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::optional<bool> yes_or_no(std::string_view text) {
  static constexpr std::array<std::string_view, 22> kYes{
      "yes",     "y",         "yep",     "yeah",     "ok",     "okay",    "sure",      "true",
      "confirm", "confirmed", "approve", "approved", "accept", "goahead", "yesplease", "doit",
      "ja",      "oui",       "sí",      "是",       "好",     "确认"};
  static constexpr std::array<std::string_view, 16> kNo{
      "no",    "n",    "nope",     "false", "deny", "denied", "reject", "decline",
      "don't", "dont", "nothanks", "nein",  "non",  "否",     "不",     "取消"};
  const std::string word = lower_word(text);
  if (std::ranges::find(kYes, word) != kYes.end()) return true;
  if (std::ranges::find(kNo, word) != kNo.end()) return false;
  return std::nullopt;
}

std::unexpected<Error> unclear(std::string words) {
  return fail(make_argument_error("/messages", std::move(words)));
}

/// The JSON object that a reply is, or holds in a fenced block.
std::optional<json::value> object_in(const std::vector<Part>& parts, std::string_view text) {
  for (const Part& part : parts) {
    const auto* data = std::get_if<model::Data>(&part.body);
    if (data && data->json.is_object()) return data->json;
  }
  auto whole = json::parse(text);
  if (whole && whole->is_object()) return std::move(*whole);
  const auto open = text.find("```");
  if (open == std::string_view::npos) return std::nullopt;
  const auto begin = text.find('\n', open);
  const auto close = begin == std::string_view::npos ? begin : text.find("```", begin);
  if (close == std::string_view::npos) return std::nullopt;
  auto fenced = json::parse(text.substr(begin, close - begin));
  if (fenced && fenced->is_object()) return std::move(*fenced);
  return std::nullopt;
}

Result<json::value> field_value(const json::value& schema, std::string_view text) {
  const auto* o = schema.if_object();
  const auto type = o ? json::string_at(*o, "type") : std::string_view();
  if (type == "boolean") {
    if (const auto yes = yes_or_no(text)) return json::value(*yes);
    return unclear("Please answer yes or no.");
  }
  if (type == "integer" || type == "number") {
    auto parsed = json::parse(text);
    if (parsed && parsed->is_number()) return std::move(*parsed);
    return unclear("Please answer with a number.");
  }
  if (const auto* words = o ? json::array_at(*o, "enum") : nullptr) {
    for (const auto& word : *words) {
      if (word.is_string() && lower_word(word.get_string()) == lower_word(text)) return word;
    }
  }
  return json::value(text);
}

Result<Answer> form_answer(const Ask::Item& item, const std::vector<Part>& parts,
                           std::string_view text) {
  if (auto object = object_in(parts, text)) return Answer{.data = std::move(object)};
  const std::string word = lower_word(text);
  if (word == "cancel") return Answer{.action = AnswerAction::cancel};
  if (word == "decline") return Answer{.action = AnswerAction::decline};
  const auto* properties = properties_of(item);
  if (!properties || properties->empty()) {
    const auto yes = yes_or_no(text);
    if (!yes) return unclear("Please answer yes or no.");
    if (!*yes) return Answer{.action = AnswerAction::decline};
    return Answer{.data = json::object()};
  }
  if (properties->size() > 1) {
    return unclear("Please answer with a JSON object that holds the fields asked for.");
  }
  const auto& field = *properties->begin();
  WEFT_TRY(json::value value, field_value(field.value(), text));
  json::object data;
  data[field.key()] = std::move(value);
  return Answer{.data = json::value(std::move(data))};
}

Result<Answer> consent_answer(std::string_view text) {
  const auto yes = yes_or_no(text);
  if (!yes && lower_word(text) == "cancel") return Answer{.action = AnswerAction::cancel};
  if (!yes) return unclear("Please answer yes or no.");
  return Answer{.action = *yes ? AnswerAction::accept : AnswerAction::decline};
}

Result<Answer> item_answer(const Ask::Item& item, const std::vector<Part>& parts,
                           std::string_view text) {
  switch (item.kind) {
    case Ask::Kind::form: return form_answer(item, parts, text);
    case Ask::Kind::approve: return consent_answer(text);
    case Ask::Kind::url:
    case Ask::Kind::login: {
      if (lower_word(text) == "done") return Answer{};
      return consent_answer(text);
    }
    case Ask::Kind::question:
    case Ask::Kind::sample: break;
  }
  Answer answer{.text = std::string(text)};
  if (auto object = object_in(parts, text)) answer.data = std::move(object);
  return answer;
}

/// The parts of the reply: those of the turn, or of the tool's result.
std::vector<Part> reply_parts(const Turn& said) {
  std::vector<Part> parts;
  for (const Part& part : said.parts) {
    if (const auto* result = std::get_if<model::ToolResult>(&part.body)) {
      parts.insert(parts.end(), result->parts.begin(), result->parts.end());
    } else {
      parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace

std::vector<Prefix> assistant_prefixes(std::string_view principal, std::string_view model,
                                       const std::vector<Turn>& turns) {
  std::vector<Prefix> found;
  Hash hash = begin(principal, model);
  // What ends the request is the caller's reply, never the question.
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    add_turn(hash, turns[i]);
    if (turns[i].role == model::Role::assistant) found.push_back({hash.value(), i + 1});
  }
  std::ranges::reverse(found);
  if (found.size() > kQuestionsLookedBackMax) found.resize(kQuestionsLookedBackMax);
  return found;
}

std::string key_after(std::string_view principal, std::string_view model,
                      const std::vector<Turn>& turns, const Turn& said) {
  Hash hash = begin(principal, model);
  for (const Turn& turn : turns) add_turn(hash, turn);
  add_turn(hash, said);
  return std::move(hash).value();
}

std::string key_before_last(std::string_view principal, std::string_view model,
                            const std::vector<Turn>& turns) {
  if (turns.size() < 2 || turns[turns.size() - 2].role != model::Role::assistant) return {};
  Hash hash = begin(principal, model);
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) add_turn(hash, turns[i]);
  return std::move(hash).value();
}

std::string question_text(const Ask& ask) {
  std::string text;
  for (const auto& [key, item] : ask.items) {
    if (!text.empty()) text += "\n\n";
    text += item_text(item);
  }
  return text.empty() ? "More is needed to go on." : text;
}

Turn question_turn(const Ask& ask, const model::Call& call) {
  Turn turn{.role = model::Role::assistant};
  const bool as_tool =
      std::ranges::any_of(call.tools, [](const auto& t) { return t.name == kAskTool; });
  if (!as_tool) {
    turn.parts.push_back(Part::text(question_text(ask)));
    return turn;
  }
  json::object arguments{{"question", question_text(ask)}};
  if (ask.items.size() == 1 && ask.items.begin()->second.schema) {
    arguments["schema"] = *ask.items.begin()->second.schema;
  }
  model::ToolCall body{.id = "call_" + call.id.str(),
                       .name = std::string(kAskTool),
                       .arguments_text = json::write(arguments)};
  turn.parts.push_back(Part{.body = std::move(body)});
  return turn;
}

Result<model::Answers> read_answers(const Ask& ask, const Turn& said) {
  const auto parts = reply_parts(said);
  const std::string text = model::joined_text(parts, false);
  model::Answers answers;
  if (ask.items.size() == 1) {
    const auto& [key, item] = *ask.items.begin();
    WEFT_TRY(answers[key], item_answer(item, parts, text));
    return answers;
  }
  const auto object = object_in(parts, text);
  for (const auto& [key, item] : ask.items) {
    const auto* mine = object ? json::find(*object, key) : nullptr;
    if (!mine)
      return unclear("Please answer with a JSON object that has one member for each question.");
    const std::vector<Part> piece{mine->is_string() ? Part::text(std::string(mine->get_string()))
                                                    : Part::data(*mine)};
    WEFT_TRY(answers[key], item_answer(item, piece, model::joined_text(piece, false)));
  }
  return answers;
}

}  // namespace weft::adapters::openai
