#include "weft/dialogue/talk/offers.h"

#include <algorithm>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/dialogue/talk/telling.h"

namespace weft::dialogue {
namespace {

class Noting {
 public:
  Noting(Conversation& conversation, const std::string& source)
      : conversation_(conversation), source_(source) {}

  void leaves(const json::value& value, const std::string& words, const std::string& holder) {
    if (conversation_.board.size() >= 2 * kBoardNotesMax) return;
    if (const auto* o = value.if_object()) {
      for (const auto& [name, member] : *o) {
        std::string own = words;
        if (!own.empty()) own += ' ';
        own += readable(name);
        leaves(member, own, readable(name));
      }
    } else if (const auto* list = value.if_array()) {
      if (list->size() == 1) leaves(list->front(), words, holder);
      if (list->size() > 1) offer(*list, holder);
    } else if (!value.is_null()) {
      note(value, words);
    }
  }

 private:
  void note(const json::value& value, const std::string& words) {
    std::string shown = value.is_string() ? std::string(value.get_string()) : json::write(value);
    if (shown.size() > kNoteBytesMax) return;
    conversation_.board.push_back({.words = words,
                                   .value = value,
                                   .shown = std::move(shown),
                                   .origin = Origin::result,
                                   .source = source_,
                                   .turn = conversation_.turn});
  }

  /// The first list of things is what is chosen from.
  void offer(const json::array& list, const std::string& holder) {
    if (offered_ || !list.front().is_object()) return;
    offered_ = true;
    Offers out{.source = source_, .holder = holder, .turn = conversation_.turn, .items = {}};
    for (const json::value& each : list) {
      if (out.items.size() >= kOffersMax) break;
      const auto* o = each.if_object();
      json::object item;
      if (o != nullptr) {
        for (const auto& [name, member] : *o) {
          if (item.size() < kOfferFieldsMax && !member.is_structured() &&
              json::write(member).size() <= kNoteBytesMax)
            item[name] = member;
        }
      }
      out.items.push_back(std::move(item));
    }
    out.told = std::min(out.items.size(), kItemsTold);
    conversation_.offers = std::move(out);
  }

  Conversation& conversation_;
  const std::string& source_;
  bool offered_ = false;
};

}  // namespace

void note_result(Conversation& conversation, const json::value& data, const std::string& source) {
  Noting(conversation, source).leaves(data, "", "");
  forget_oldest(conversation.board);
}

void forget_oldest(std::vector<Note>& board) {
  if (board.size() > kBoardNotesMax)
    board.erase(board.begin(), board.end() - static_cast<std::ptrdiff_t>(kBoardNotesMax));
}

std::string more_of(Offers& offers, const Phrases& phrases) {
  std::string out;
  const std::size_t end = std::min(offers.items.size(), offers.told + kItemsTold);
  for (std::size_t i = offers.told; i < end; ++i) {
    if (!out.empty()) out += '\n';
    out += "  ";
    out += std::to_string(i + 1);
    out += ". ";
    out += shown_fields(offers.items[i]);
  }
  offers.told = end;
  if (out.empty()) return out;
  if (end < offers.items.size())
    out += filled(phrases.still_more, {std::to_string(offers.items.size() - end)});
  return out;
}

}  // namespace weft::dialogue
