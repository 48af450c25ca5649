// What a translation has no place for, found by looking at what there was (protocols.md §14.4.11:
// loss is visible). Owned by adapters/common; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::adapters {

/// The kinds of content among parts. What a kind has beside its content (a file's name) counts only
/// where it is there.
struct Contents {
  bool text = false;
  /// Text with a media type of its own.
  bool typed_text = false;
  bool data = false;
  bool files = false;
  bool file_names = false;
  bool links = false;
  /// A link's name, size or media type.
  bool link_facts = false;
  bool tensors = false;
  bool tool_calls = false;
  bool tool_results = false;
  bool reasoning = false;
  /// What a model's thoughts carry for their own protocol.
  bool opaque = false;
  bool refusals = false;

  void add(const std::vector<model::Part>& parts);
  /// A file, a link or a tensor: what words cannot hold.
  bool media() const { return files || links || tensors; }
};
/// Of all turns; of all artifacts.
Contents turns_of(const model::Output& output);
Contents artifacts_of(const model::Output& output);

/// Notes the losses of one translation.
class LossNotes {
 public:
  explicit LossNotes(std::vector<model::Loss>& losses) : losses_(losses) {}
  /// Nothing is noted unless it was `there`.
  void dropped(bool there, std::string_view path, std::string_view what,
               std::string_view note = {});
  void approximated(bool there, std::string_view path, std::string_view what, std::string_view to,
                    std::string_view note = {});

 private:
  std::vector<model::Loss>& losses_;
};

/// Whether a part is nothing but the data once more, in words or as it is (protocols.md §14.4.2).
bool is_copy(const model::Part& part, const json::value& data);
/// What is lost where a structured result stands alone: all content that is no copy of it.
void note_beside(const model::Output& output, const json::value& data,
                 std::vector<model::Loss>& losses);

/// What of a call a solution is told beside its arguments.
struct CallRoom {
  /// The files and links of what is said.
  bool media = false;
};
/// Tools, settings and files of a call for a solution that has no place for them.
std::vector<model::Loss> losses_of_call(const model::Call& call, CallRoom room);

/// What another weft reported (model::to_json of losses); what is none of them is left out, and so
/// is what goes beyond kLossesReadMax.
std::vector<model::Loss> losses_from(const json::value* list);
inline constexpr std::size_t kLossesReadMax = 256;

/// Adds those that say nothing that is said already.
void add_losses(std::vector<model::Loss>& losses, std::vector<model::Loss> more);

}  // namespace weft::adapters
