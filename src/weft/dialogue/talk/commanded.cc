#include "weft/dialogue/talk/commanded.h"

#include <algorithm>
#include <set>

#include "weft/base/text.h"
#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::dialogue {
namespace {

using Kind = Command::Kind;

class Follower {
 public:
  Follower(const Scene& scene, const Repertoire& repertoire, const Reader& reader)
      : scene_(scene), repertoire_(repertoire), reader_(reader), c_(*scene.conversation) {
    ++c_.turn;
  }

  std::optional<Commanded> follow(const CheckedCommands& checked) {
    for (const CheckedCommand& each : checked.commands) {
      if (each.command.kind == Kind::ask) asked_for_.insert(each.command.slot);
    }
    // By their places in what was: first what keeps these.
    for (const CheckedCommand& each : checked.commands) change(each);
    const bool starts = std::ranges::any_of(checked.commands, [](const CheckedCommand& each) {
      return each.command.kind == Kind::start;
    });
    for (const CheckedCommand& each : checked.commands) {
      // Who begins it with its values has chosen, too.
      if (!starts || each.command.kind != Kind::choose) answer(each.command);
    }
    open_all(checked);
    if (!opened_ && !changed_) turn_away(checked);
    if (!opened_ && !changed_) return std::nullopt;
    return Commanded{.conversation = std::move(c_), .told = std::move(told_)};
  }

 private:
  std::string title_of(const Wish& wish) const {
    const KnownSkill* skill = repertoire_.find(wish.name());
    return skill != nullptr ? skill->title : wish.skill;
  }

  void tell(std::string_view phrase, std::string_view what) {
    told_.push_back(filled(phrase, {what}));
    changed_ = true;
  }

  void note(const BackedValue& value) {
    if (value.filled.origin != Origin::said) return;
    c_.board.push_back({.words = readable(value.slot),
                        .value = value.filled.value,
                        .shown = value.filled.shown,
                        .origin = Origin::said,
                        .source = "",
                        .turn = c_.turn});
    if (c_.board.size() > kBoardNotesMax) c_.board.erase(c_.board.begin());
  }

  void put(Wish& wish, const std::vector<BackedValue>& values) {
    for (const BackedValue& each : values) {
      if (asked_for_.contains(each.slot)) continue;
      wish.slots[each.slot] = each.filled;
      wish.tries = 0;
      changed_ = true;
      note(each);
    }
  }

  void change(const CheckedCommand& checked) {
    if (checked.command.kind == Kind::cancel) {
      Wish& wish = c_.wishes[checked.wish];
      wish.state = WishState::refused;
      tell(reader_.phrases.cancelled, title_of(wish));
    } else if (checked.command.kind == Kind::set || checked.command.kind == Kind::correct) {
      put(c_.wishes[checked.wish], checked.values);
    }
    if (changed_) c_.pending = {};
  }

  void answer(const Command& command) {
    const Pending asked = scene_.conversation->pending;
    const bool yes = command.kind == Kind::affirm;
    if (command.kind == Kind::choose) {
      choose(asked, static_cast<std::size_t>(command.index - 1));
    } else if (!yes && command.kind != Kind::deny) {
      return;
    } else if (asked.kind == Pending::Kind::slots) {
      decide(asked, yes);
    } else if (yes && asked.skills.size() == 1) {
      choose(asked, 0);
    } else if (!yes) {
      c_.pending = {};
      tell(reader_.phrases.cancelled, asked.heard);
    }
  }

  void choose(const Pending& asked, std::size_t index) {
    const KnownSkill* skill = repertoire_.find(asked.skills[index]);
    if (skill == nullptr) return;
    open(*skill, asked.heard, {}, {});
  }

  /// A slot of yes or no.
  void decide(const Pending& asked, bool yes) {
    Wish* wish = c_.current();
    const KnownSkill* skill = wish == nullptr ? nullptr : repertoire_.find(wish->name());
    if (skill == nullptr || scene_.utterance.contains('?')) return;
    // For what changes something a model's word is no answer of the person's.
    const Act act = read_reply(reader_.phrases.reply, scene_.utterance).act;
    if (skill->risky && act != (yes ? Act::affirm : Act::negate)) return;
    for (const std::string& name : asked.slots) {
      const Slot* slot = skill->slot(name);
      if (slot == nullptr || slot->kind != SlotKind::boolean) continue;
      c_.pending = {};
      return put(*wish, {{.slot = name,
                          .filled = {.value = yes,
                                     .shown = std::string(scene_.utterance),
                                     .origin = Origin::said,
                                     .source = "",
                                     .turn = c_.turn}}});
    }
  }

  /// In the order in which they were said; whatever depends on another the engine finds itself.
  void open_all(const CheckedCommands& checked) {
    std::vector<const CheckedCommand*> starts;
    for (const CheckedCommand& each : checked.commands) {
      if (each.command.kind == Kind::start) starts.push_back(&each);
    }
    std::ranges::stable_sort(starts, {}, &CheckedCommand::place);
    for (const CheckedCommand* each : starts) {
      const KnownSkill* skill = repertoire_.find(each->command.skill);
      if (skill == nullptr) continue;
      open(*skill, starts.size() == 1 ? asked_text() : each->command.evidence, each->values,
           each->refused);
    }
  }

  /// What a wish that is the only one is made of.
  std::string asked_text() const {
    if (!scene_.offers()) return std::string(beginning_of(scene_.utterance, kUtteranceBytesMax));
    std::string out = scene_.conversation->pending.heard;
    out.append(", ").append(beginning_of(scene_.utterance, kUtteranceBytesMax));
    return out;
  }

  void open(const KnownSkill& skill, std::string text, const std::vector<BackedValue>& values,
            const std::vector<std::string>& refused) {
    if (!opened_) make_room();
    opened_ = true;
    if (c_.wishes.size() >= kWishesMax) return;
    Wish wish;
    wish.text = std::move(text);
    wish.solution = skill.solution;
    wish.skill = skill.skill;
    put(wish, values);
    fill_rest(wish, skill, refused);
    c_.wishes.insert(c_.wishes.begin() + static_cast<std::ptrdiff_t>(next_++), std::move(wish));
  }

  /// What interrupts a question stands before it; with anything else, what is over is told, and its
  /// values stay on the board.
  void make_room() {
    c_.pending = {};
    if (scene_.conversation->pending.kind == Pending::Kind::slots) {
      const Wish* current = c_.current();
      next_ = current == nullptr ? c_.wishes.size()
                                 : static_cast<std::size_t>(current - c_.wishes.data());
      return;
    }
    std::erase_if(c_.wishes, [](const Wish& each) { return is_over(each.state); });
    c_.declined.clear();
    next_ = c_.wishes.size();
  }

  /// What the model left out is filled as without it, but for what has to be asked for.
  void fill_rest(Wish& wish, const KnownSkill& skill, const std::vector<std::string>& refused) {
    const auto known = wish.slots;
    const auto values = reader_.extract(wish.text, reader_.now);
    const std::string text = wish.text;
    auto names = fill(wish, skill,
                      {.text = text, .values = values, .turn = c_.turn, .asked = {}, .opens = true},
                      reader_.phrases);
    for (const std::string& name : names) {
      const Filled& found = wish.slots.at(name);
      const bool used_up = std::ranges::any_of(known, [&](const auto& each) {
        return stands_in(found.shown, each.second.shown) ||
               stands_in(each.second.shown, found.shown);
      });
      if (used_up || std::ranges::contains(refused, name) || asked_for_.contains(name)) {
        wish.slots.erase(name);
      } else {
        note({.slot = name, .filled = found});
      }
    }
  }

  /// Nothing was begun: one of these says why.
  void turn_away(const CheckedCommands& checked) {
    for (const CheckedCommand& each : checked.commands) {
      switch (each.command.kind) {
        case Kind::clarify: return ask_which(each.command.skills);
        case Kind::human: {
          told_.emplace_back(reader_.phrases.human);
          changed_ = true;
          return;
        }
        case Kind::none: return decline();
        default: break;
      }
    }
  }

  void ask_which(const std::vector<std::string>& names) {
    const Pending before = scene_.conversation->pending;
    c_.pending = {.kind = Pending::Kind::skill,
                  .slots = {},
                  .skills = names,
                  .text = "",
                  .heard = scene_.offers() ? before.heard : std::string(scene_.utterance)};
    std::string lines;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const KnownSkill* skill = repertoire_.find(names[i]);
      if (i > 0) lines += '\n';
      lines.append("  ").append(std::to_string(i + 1)).append(". ");
      lines += skill != nullptr ? skill->title : names[i];
    }
    c_.pending.text = filled(reader_.phrases.which_skill, {lines});
    changed_ = true;
  }

  /// Not while a question waits: that is asked again.
  void decline() {
    if (scene_.conversation->pending.kind == Pending::Kind::slots) return;
    std::erase_if(c_.wishes, [](const Wish& each) { return is_over(each.state); });
    const std::string said(scene_.offers() ? scene_.conversation->pending.heard
                                           : std::string(scene_.utterance));
    c_.pending = {};
    c_.declined = {said};
    tell(reader_.phrases.cannot_at_all, said);
  }

  const Scene& scene_;
  const Repertoire& repertoire_;
  const Reader& reader_;
  Conversation c_;
  std::vector<std::string> told_;
  std::set<std::string> asked_for_;
  std::size_t next_ = 0;  ///< where the next wish is put
  bool opened_ = false;
  bool changed_ = false;
};

}  // namespace

std::optional<Commanded> follow_commands(const CheckedCommands& checked, const Scene& scene,
                                         const Repertoire& repertoire, const Reader& reader) {
  return Follower(scene, repertoire, reader).follow(checked);
}

}  // namespace weft::dialogue
