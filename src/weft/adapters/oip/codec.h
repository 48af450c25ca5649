// Skills of any protocol as models of tensors, and back: metadata, requests, answers (protocols.md
// §14.6, OIP ->). Owned by adapters/oip; pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"
#include "weft/wire/oip.h"
#include "weft/wire/tensor_json.h"

namespace weft::adapters::oip {

/// The names of tensors that stand for what is no tensor.
inline constexpr std::string_view kTextInput = "text_input";
inline constexpr std::string_view kTextOutput = "text_output";
inline constexpr std::string_view kSystem = "system";
inline constexpr std::string_view kParameters = "parameters";
inline constexpr std::string_view kMessages = "messages";
inline constexpr std::string_view kArgs = "args";
inline constexpr std::string_view kResult = "result";
inline constexpr std::string_view kEmbedding = "embedding";
/// Members of a model's `properties` by which another weft knows the skill.
inline constexpr std::string_view kShapeProperty = "weft.shape";
inline constexpr std::string_view kInputProperty = "weft.input_schema";
inline constexpr std::string_view kOutputProperty = "weft.output_schema";
inline constexpr std::string_view kTitleProperty = "weft.title";
inline constexpr std::string_view kDescriptionProperty = "weft.description";

/// How a skill takes its arguments.
enum class Form : std::uint8_t {
  tensors,    ///< it is a model of tensors itself
  text,       ///< it converses
  embedding,  ///< it embeds
  members,    ///< each argument is a tensor
  arguments,  ///< all of them are one JSON text
};

struct ModelView {
  Form form = Form::arguments;
  wire::Signature signature;
  std::string platform = "weft";
};
/// `about`: what a deployed model says of itself; null for others, whose own metadata is in
/// Skill::raw when they have any.
ModelView view_of(const model::Skill& skill, const json::object* about);
/// The metadata of a model.
json::object metadata_json(const ModelView& view, const model::Skill& skill, std::string_view name,
                           std::string_view version);

/// A request as calls: one, or one for each text of a batch.
struct AskedCalls {
  std::vector<json::value> args;
  model::Generation gen;
  /// Of `text_input`: that of `text_output`.
  std::vector<std::int64_t> shape;
  std::vector<model::Loss> losses;
};
/// Errors: Reason::invalid_argument naming the tensor.
Result<AskedCalls> calls_of(const ModelView& view, const model::Skill& skill,
                            const wire::OipRequest& request);
/// Settings of a call by the names that generate's `parameters` have them by; what none knows is a
/// loss.
void read_settings(const json::object& parameters, model::Generation& gen,
                   std::vector<model::Loss>& losses);

/// The answers to the calls of a request as tensors. Errors: Reason::upstream_protocol (a model of
/// tensors answered none).
Result<wire::OipResponse> response_of(const ModelView& view, const AskedCalls& asked,
                                      const std::vector<model::Output>& outputs,
                                      std::vector<model::Loss>& losses);
/// What of an answer stands beside its words: `result`, files, and finish, usage and model.
wire::OipResponse beside_words(const model::Output& output, std::vector<model::Loss>& losses);
/// The texts and refusals of turns and artifacts, one a line.
std::string words_of(const model::Output& output);

/// The same in pieces, as the deltas come that they grow from: what stands apart in the answer is a
/// line of its own here too.
class WordStream {
 public:
  /// What a delta adds; nothing for one without words.
  std::string add(const model::Delta& delta);
  /// What did not stream of the answer: once its turns did, the words of the artifacts.
  std::string left(const model::Output& output) const;
  bool said() const { return said_; }

 private:
  std::optional<model::Delta::Kind> part_;
  std::set<int> calls_;
  bool own_line_ = false;
  bool said_ = false;
};

// ---- what a server answers

/// The output that another weft's answer tells.
Result<model::Output> output_of_own(const wire::OipResponse& response, model::Shape shape);
/// Any other server's: its tensors as JSON; of a model of texts the text.
model::Output output_of(const wire::OipResponse& response, model::Shape shape);

}  // namespace weft::adapters::oip
