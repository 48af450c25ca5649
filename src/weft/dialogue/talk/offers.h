// What a solution's answer leaves on the blackboard: each value, and the list to choose from. Owned
// by dialogue; pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/talk/conversation.h"

namespace weft::dialogue {

/// Notes what came of a wish. A list of several things takes the place of the one before.
void note_result(Conversation& conversation, const json::value& data, const std::string& source);
/// The oldest notes go beyond kBoardNotesMax.
void forget_oldest(std::vector<Note>& board);
/// The next of the list in words, kItemsTold at a time; empty when all were told.
std::string more_of(Offers& offers, const Phrases& phrases);

}  // namespace weft::dialogue
