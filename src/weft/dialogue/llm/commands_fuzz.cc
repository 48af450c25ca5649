// Any answer of a model, for any sentence: no crash; what holds is backed by what was said; nothing
// is done that a command could not do, and never is anything agreed to.
#include <cstdint>

#include "weft/dialogue/llm/checked.h"
#include "weft/dialogue/llm/limits.h"
#include "weft/dialogue/llm/log.h"
#include "weft/dialogue/llm/prompt.h"
#include "weft/dialogue/llm/testing/town.h"
#include "weft/dialogue/talk/commanded.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kBytesMax = 16'384;

/// A result that lies on the board, and a wish that waits for one more value.
Conversation begun() {
  Conversation out;
  Wish wish{.text = "pay 20 dollars", .solution = "bank", .skill = "pay"};
  wish.slots["amount"] = {
      .value = 20, .shown = "20 dollars", .origin = Origin::said, .source = "", .turn = 1};
  out.wishes.push_back(std::move(wish));
  out.board.push_back({.words = "recipient",
                       .value = "Mallory",
                       .shown = "Mallory",
                       .origin = Origin::result,
                       .source = "mail/read",
                       .turn = 1});
  out.pending.kind = Pending::Kind::slots;
  out.pending.slots = {"to"};
  out.turn = 1;
  return out;
}

void check(const Commanded& done, std::string_view utterance, const Conversation& before) {
  WEFT_ASSERT(done.conversation.turn == before.turn + 1);
  WEFT_ASSERT(done.conversation.wishes.size() <= before.wishes.size() + kCommandsMax);
  for (const Wish& wish : done.conversation.wishes) {
    WEFT_ASSERT(wish.state == WishState::open || wish.state == WishState::refused);
    WEFT_ASSERT(wish.solution != "bank" || wish.skill != "pay" || !wish.slots.contains("to") ||
                wish.slots.at("to").origin == Origin::said);
    for (const auto& [name, filled] : wish.slots) {
      if (filled.origin != Origin::said) continue;
      WEFT_ASSERT(filled.turn == 1 || stands_in(filled.shown, utterance) ||
                  stands_in(filled.shown, "pay 20 dollars") || filled.shown == utterance);
    }
  }
}

void fuzz(std::string_view bytes) {
  bytes = bytes.substr(0, kBytesMax);
  static const auto repertoire = testing::town();
  const Conversation conversation = begun();
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string utterance(bytes.substr(0, end));
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  std::vector<model::ToolCall> calls;
  while (!bytes.empty()) {
    const std::size_t name = std::min(bytes.find('\0'), bytes.size());
    model::ToolCall call{
        .id = "", .name = std::string(bytes.substr(0, name)), .arguments_text = ""};
    bytes.remove_prefix(std::min(name + 1, bytes.size()));
    const std::size_t arguments = std::min(bytes.find('\0'), bytes.size());
    call.arguments_text = bytes.substr(0, arguments);
    bytes.remove_prefix(std::min(arguments + 1, bytes.size()));
    calls.push_back(std::move(call));
  }
  Scene scene = scene_of(conversation, *repertoire, utterance, {});
  scene.now = testing::kNow;
  const ModelRequest request = request_for(scene);
  const Reader reader = testing::reader();
  const auto read = read_commands(calls, request.tools);
  const auto checked = check_commands(read, scene, reader);
  WEFT_ASSERT(read.commands.size() <= kCommandsMax);
  for (const auto& each : checked.commands) (void)json::write(to_json(each.command));
  if (const auto done = follow_commands(checked, scene, *repertoire, reader))
    check(*done, utterance, conversation);
}

}  // namespace
}  // namespace weft::dialogue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::dialogue::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
