// Bodies of invocations for solutions that are no deployed models: what they say by their type and
// shape, and answers in the shape that was asked in (protocols.md §14.6, SageMaker ->). Owned by
// adapters/sagemaker/runtime; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::adapters::sagemaker::runtime {

/// Whose form a body has. Never guessed: each is told by the type or by a member that only it has.
enum class BodyForm : std::uint8_t {
  arguments,   ///< the arguments themselves, as an object
  chat,        ///< `messages`, as OpenAI has them
  generation,  ///< `inputs`, as Hugging Face's containers take them
  instances,   ///< `instances`, as TensorFlow Serving takes them
  message,     ///< `parts`, an A2A message
  text,        ///< text/plain
  table,       ///< text/csv
  file,        ///< any other type
};

struct AskedBody {
  BodyForm form = BodyForm::arguments;
  std::optional<json::value> args;
  std::vector<model::Turn> turns;
  model::Generation gen;
  std::vector<model::Loss> losses;
};

/// Errors: Reason::invalid_argument, Reason::content_type: what it is, and what would do.
Result<AskedBody> read_body(const model::Skill& skill, std::string_view content_type,
                            std::string_view body);

struct AnswerBody {
  std::string type;
  std::string body;
  std::vector<model::Loss> losses;
};
/// Errors: Reason::invalid_argument for an Accept that the answer cannot be written as.
Result<AnswerBody> write_body(const model::Output& output, BodyForm form, std::string_view accept);

/// Whether the caller takes this type: `accept` is empty, names it, or has a `*` that does.
bool takes(std::string_view accept, std::string_view type);
/// The words of an answer for those who get nothing else.
std::string words_of(const model::Output& output);
/// `stop`, `length`, `tool_calls`, `content_filter`.
std::string_view finish_word(model::Finish finish);

}  // namespace weft::adapters::sagemaker::runtime
