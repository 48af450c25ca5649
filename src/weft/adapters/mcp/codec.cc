#include "weft/adapters/mcp/codec.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/mcp/content.h"
#include "weft/adapters/mcp/tools.h"
#include "weft/base/schema.h"

namespace weft::adapters::mcp {

namespace {

using model::Loss;
using model::LossKind;

std::string converse_text(const model::Output& output) {
  std::string text;
  for (const model::Turn& turn : output.turns) {
    const std::string piece = model::joined_text(turn.parts, false);
    if (!text.empty() && !piece.empty()) text += "\n";
    text += piece;
  }
  return text;
}

json::object usage_json(const model::Usage& usage) {
  json::object o;
  o["input_tokens"] = usage.input;
  o["output_tokens"] = usage.output;
  if (usage.cached != 0) o["cached_tokens"] = usage.cached;
  if (usage.reasoning != 0) o["reasoning_tokens"] = usage.reasoning;
  return o;
}

json::array tool_calls_json(const model::Output& output) {
  json::array calls;
  for (const model::Turn& turn : output.turns) {
    for (const model::Part& part : turn.parts) {
      const auto* call = std::get_if<model::ToolCall>(&part.body);
      if (call == nullptr) continue;
      json::object o;
      o["id"] = call->id;
      o["name"] = call->name;
      o["arguments"] = call->arguments_text;
      calls.push_back(std::move(o));
    }
  }
  return calls;
}

json::object converse_data(const model::Output& output) {
  json::object data;
  data["text"] = converse_text(output);
  data["finish_reason"] = model::to_string(output.finish);
  if (output.usage) data["usage"] = usage_json(*output.usage);
  if (!output.model.empty()) data["model"] = output.model;
  json::array calls = tool_calls_json(output);
  if (!calls.empty()) data["tool_calls"] = std::move(calls);
  if (auto structured = model::plain_data(output)) data["data"] = *std::move(structured);
  return data;
}

/// What structuredContent says already.
struct Said {
  bool data = false;
  bool tool_calls = false;
};

/// Every part of the answer in order, without what was said already.
json::array content_of_output(const model::Output& output, Said said, std::vector<Loss>& losses) {
  json::array content;
  const auto add = [&](const std::vector<model::Part>& parts, const std::string& path) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (said.data && std::holds_alternative<model::Data>(parts[i].body)) continue;
      if (said.tool_calls && std::holds_alternative<model::ToolCall>(parts[i].body)) continue;
      json::value block = block_of(parts[i], std::format("{}/{}", path, i), losses);
      if (!block.is_null()) content.push_back(std::move(block));
    }
  };
  for (std::size_t i = 0; i < output.turns.size(); ++i) {
    add(output.turns[i].parts, std::format("/turns/{}/parts", i));
  }
  said.tool_calls = false;  // those of the turns alone
  for (std::size_t i = 0; i < output.artifacts.size(); ++i) {
    add(output.artifacts[i].parts, std::format("/artifacts/{}/parts", i));
    losses.push_back(Loss{std::format("/artifacts/{}", i), "artifact", "content",
                          LossKind::approximated, "content has no ids, names and descriptions"});
  }
  std::vector<model::Part> tensors;
  tensors.reserve(output.tensors.size());
  for (const model::Tensor& tensor : output.tensors) tensors.push_back(model::Part{tensor, {}, {}});
  add(tensors, "/tensors");
  return content;
}

bool is_words(const json::value& block) {
  return json::string_at(block.get_object(), "type") == "text";
}

/// The data of an answer in words, where the tool promised some: the words as JSON, the words
/// themselves, or null where there are none.
std::optional<json::value> data_of_words(const model::Output& output, const json::array& content,
                                         const model::Skill& skill) {
  const auto schema = Schema::create(*skill.output_schema);
  if (!schema || !std::ranges::all_of(content, is_words)) return std::nullopt;
  const std::string text = model::plain_text(output);
  std::vector<json::value> readings;
  if (text.empty()) readings.emplace_back(nullptr);
  if (auto parsed = json::parse(text)) readings.push_back(*std::move(parsed));
  readings.emplace_back(text);
  const auto fits = [&](const json::value& data) { return !schema->check(data); };
  const auto found = std::ranges::find_if(readings, fits);
  if (found == readings.end()) return std::nullopt;
  return std::move(*found);
}

/// The answer is told, as an error: clients refuse a result that lacks what its tool promised.
void break_promise(json::object& result, json::array& content, json::object& meta) {
  content.push_back(
      text_block("The skill answered without the data that its output schema promises; what it "
                 "said is above."));
  result["isError"] = true;
  json::object why;
  why["reason"] = to_string(Reason::upstream_protocol);
  meta[kMetaError] = std::move(why);
}

/// What a result has no field for.
json::object meta_of(const model::Output& output, bool converse, const std::vector<Loss>& losses) {
  json::object meta;
  if (!losses.empty()) meta[kMetaLoss] = model::to_json(losses);
  if (converse) return meta;  // structuredContent says it
  if (output.usage) meta[kMetaUsage] = usage_json(*output.usage);
  if (output.finish != model::Finish::stop) meta[kMetaFinish] = model::to_string(output.finish);
  if (!output.model.empty()) meta[kMetaModel] = output.model;
  return meta;
}

/// The data as structuredContent, which for legacy clients must be an object.
json::value structured(json::value data, const model::Skill& skill, Era era, json::object& meta) {
  if (era == Era::modern || (data.is_object() && !wraps_output(skill))) return data;
  json::object wrapped;
  wrapped["result"] = std::move(data);
  meta[kMetaWrapped] = true;
  return wrapped;
}

}  // namespace

void seal_result(json::object& result, Era era, std::string_view type) {
  if (era == Era::legacy) return;
  result["resultType"] = type;
  if (!result.contains("_meta")) result["_meta"] = json::object();
  result["_meta"].as_object()[kMetaServer] = implementation();
}

json::object result_of(model::Output output, const model::Skill& skill, Era era,
                       std::vector<Loss> losses) {
  const bool converse = skill.shape == model::Shape::converse;
  const bool from_part = !output.data && model::plain_data(output).has_value();
  std::optional<json::value> data;
  if (converse) {
    data = converse_data(output);
  } else {
    data = output.data ? std::exchange(output.data, std::nullopt) : model::plain_data(output);
  }
  const Said said{.data = from_part, .tool_calls = converse};
  json::array content = content_of_output(output, said, losses);
  json::object meta = meta_of(output, converse, losses);
  json::object result;
  result.reserve(4);
  if (!data && output_schema_of(skill, era)) {
    data = data_of_words(output, content, skill);
    if (!data) break_promise(result, content, meta);
  }
  if (data) {
    if (content.empty()) {
      if (converse) {
        content.push_back(text_block(converse_text(output)));
      } else {
        std::string& text = json::scratch();
        json::write(text, *data);
        content.push_back(text_block(text));
      }
    }
    result["structuredContent"] = structured(*std::move(data), skill, era, meta);
  }
  result["content"] = std::move(content);
  if (!meta.empty()) result["_meta"] = std::move(meta);
  seal_result(result, era, "complete");
  return result;
}

json::object error_result_of(const Error& error, Era era) {
  json::object why;
  why["reason"] = to_string(error.reason);
  if (!error.param.empty()) why["param"] = error.param;
  if (!error.solution.empty()) why["solution"] = error.solution;
  if (error.retryable) why["retryable"] = true;
  if (error.retry_after) why["retryAfterMs"] = error.retry_after->count();
  json::object meta;
  meta[kMetaError] = std::move(why);
  json::object result;
  result["content"] = json::array{text_block(error.message)};
  result["isError"] = true;
  result["_meta"] = std::move(meta);
  seal_result(result, era, "complete");
  return result;
}

namespace {

Error error_of_result(const json::object& result, const std::vector<model::Part>& parts) {
  std::string message = model::joined_text(parts, true);
  const json::value* data = json::find(result, "structuredContent");
  if (message.empty())
    message = data == nullptr ? "the tool failed and said nothing" : json::write(*data);
  Error error = make_error(Reason::solution_failed, std::move(message));
  const json::object* meta = json::object_at(result, "_meta");
  const json::object* why = meta == nullptr ? nullptr : json::object_at(*meta, kMetaError);
  if (why == nullptr) return error;
  const auto reason = reason_from(json::string_at(*why, "reason"));
  if (reason) {
    std::string text = std::move(error.message);
    error = make_error(*reason, std::move(text));
  }
  error.param = std::string(json::string_at(*why, "param"));
  if (const auto retryable = json::bool_at(*why, "retryable")) error.retryable = *retryable;
  const auto after = json::int_at(*why, "retryAfterMs");
  if (after && *after >= 0) error.retry_after = std::chrono::milliseconds(*after);
  return error;
}

std::optional<model::Usage> usage_from(const json::object& meta) {
  const json::object* said = json::object_at(meta, kMetaUsage);
  if (said == nullptr) return std::nullopt;
  const auto count = [&](std::string_view key) { return json::int_at(*said, key).value_or(0); };
  return model::Usage{count("input_tokens"), count("output_tokens"), count("cached_tokens"),
                      count("reasoning_tokens")};
}

constexpr std::array kOwnMeta{kMetaServer, kMetaWrapped, kMetaLoss,
                              kMetaUsage,  kMetaFinish,  kMetaModel};

/// What another weft says beside the content is taken in; the rest of `_meta` is kept as it is.
void take_meta(model::Output& output, const json::object& result) {
  const json::object* meta = json::object_at(result, "_meta");
  if (meta == nullptr) return;
  output.usage = usage_from(*meta);
  output.finish =
      model::finish_from(json::string_at(*meta, kMetaFinish)).value_or(model::Finish::stop);
  output.model = json::string_at(*meta, kMetaModel);
  json::object kept;
  for (const auto& [key, value] : *meta) {
    if (!std::ranges::contains(kOwnMeta, std::string_view(key))) kept.emplace(key, value);
  }
  if (!kept.empty()) output.meta["mcp"] = std::move(kept);
}

/// Whether the only block is the text copy of the structured content.
bool is_copy(const std::vector<model::Part>& parts, const json::value& data) {
  if (parts.size() != 1) return false;
  const auto* text = std::get_if<model::Text>(&parts.front().body);
  if (text == nullptr) return false;
  std::string& written = json::scratch();
  json::write(written, data);
  if (written == text->text) return true;  // most write it so
  auto parsed = json::parse(text->text);
  return parsed && *parsed == data;
}

}  // namespace

Result<model::Output> output_of(json::object result) {
  const json::value* content = json::find(result, "content");
  json::array none;
  if (content != nullptr && !content->is_array()) {
    return fail(Reason::upstream_protocol, "the tool result's `content` is no array");
  }
  json::value* data = result.if_contains("structuredContent");
  if (content == nullptr && data == nullptr) {
    return fail(Reason::upstream_protocol, "the tool result has no `content`");
  }
  WEFT_TRY(std::vector<model::Part> parts,
           parts_of(content == nullptr ? none : content->get_array(), "/content"));
  if (json::bool_at(result, "isError").value_or(false)) return fail(error_of_result(result, parts));
  model::Output output;
  if (data != nullptr) {
    const json::object* meta = json::object_at(result, "_meta");
    const bool wrapped = meta != nullptr && json::bool_at(*meta, kMetaWrapped).value_or(false);
    json::value* inner =
        wrapped && data->is_object() ? data->get_object().if_contains("result") : nullptr;
    output.data = std::move(inner == nullptr ? *data : *inner);
    if (is_copy(parts, *output.data)) parts.clear();
  }
  if (!parts.empty()) {
    model::Turn turn;
    turn.role = model::Role::assistant;
    turn.parts = std::move(parts);
    output.turns.push_back(std::move(turn));
  }
  take_meta(output, result);
  return output;
}

std::vector<Loss> losses_of_result(const json::object& result) {
  const json::object* meta = json::object_at(result, "_meta");
  return losses_from(meta == nullptr ? nullptr : json::find(*meta, kMetaLoss));
}

}  // namespace weft::adapters::mcp
