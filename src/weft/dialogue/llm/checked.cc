#include "weft/dialogue/llm/checked.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::dialogue {
namespace {

using Kind = Command::Kind;

class Judge {
 public:
  Judge(const Scene& scene, const Reader& reader, CheckedCommands& out)
      : scene_(scene), reader_(reader), out_(out) {}

  void judge(const Command& command) {
    CheckedCommand checked;
    checked.command = command;
    auto done = look(checked);
    if (!done) {
      out_.faults.push_back(std::format("{}: {}", to_string(command.kind), done.error().message));
      return;
    }
    out_.commands.push_back(std::move(checked));
  }

 private:
  Result<void> look(CheckedCommand& checked) {
    switch (checked.command.kind) {
      case Kind::start: return start(checked);
      case Kind::set:
      case Kind::correct: return change(checked);
      case Kind::choose: return choose(checked.command);
      case Kind::clarify: return clarify(checked.command);
      case Kind::ask: return ask(checked.command);
      case Kind::affirm:
      case Kind::deny: return answer();
      case Kind::cancel: return task(checked);
      case Kind::human:
      case Kind::none: return {};
    }
    return {};
  }

  static Result<void> wrong(std::string what) {
    return fail(Reason::invalid_argument, std::move(what));
  }

  /// Whose words a start may rest on: what is said now, and what a question about skills is about.
  bool asks_now(const std::string& words) const {
    return stands_in(words, scene_.utterance) ||
           (scene_.offers() && stands_in(words, scene_.conversation->pending.heard));
  }

  bool said_ever(const std::string& words) const {
    if (asks_now(words)) return true;
    for (const Exchange& each : scene_.turns) {
      if (each.by_person && stands_in(words, each.text)) return true;
    }
    return std::ranges::any_of(scene_.conversation->wishes, [&](const Wish& wish) {
      return wish.state == WishState::open && stands_in(words, wish.text);
    });
  }

  Result<void> start(CheckedCommand& checked) {
    const Command& command = checked.command;
    const KnownSkill* skill = scene_.skill(command.skill);
    if (skill == nullptr) return wrong(std::format("there is no skill `{}` here", command.skill));
    if (!asks_now(command.evidence)) {
      return wrong(std::format("“{}” is not what the person says now", command.evidence));
    }
    checked.place = place_of(command.evidence);
    for (const CommandValue& value : command.values) take(checked, *skill, value, false);
    return {};
  }

  /// Where the first word of these stands.
  std::size_t place_of(std::string_view words) const {
    const auto wanted = heard_words(words);
    const auto said = heard_words(scene_.utterance);
    const auto found = std::ranges::search(said, wanted, {}, &HeardWord::word, &HeardWord::word);
    return found.empty() ? 0 : found.front().begin;
  }

  Result<void> task(CheckedCommand& checked) const {
    const auto wish = scene_.task(checked.command.task);
    if (!wish) return wrong(std::format("there is no open task `{}`", checked.command.task));
    checked.wish = *wish;
    return {};
  }

  Result<void> change(CheckedCommand& checked) {
    WEFT_CHECK(task(checked));
    const Wish& wish = scene_.conversation->wishes[checked.wish];
    const KnownSkill* skill = scene_.skill(wish.name());
    if (skill == nullptr) return wrong("its skill is gone");
    const CommandValue& value = checked.command.values.front();
    // What is known is replaced by what is said now, and by nothing older.
    const bool replaces = checked.command.kind == Kind::correct || wish.slots.contains(value.slot);
    take(checked, *skill, value, replaces);
    if (checked.values.empty()) {
      std::string why = std::exchange(out_.faults.back(), "");
      out_.faults.pop_back();
      return wrong(std::move(why));
    }
    return {};
  }

  /// Keeps the value where it holds; else says why not.
  void take(CheckedCommand& checked, const KnownSkill& skill, const CommandValue& value,
            bool only_now) {
    auto backed = back(skill, value, only_now);
    if (backed) {
      checked.values.push_back(*std::move(backed));
    } else {
      checked.refused.push_back(value.slot);
      out_.faults.push_back(backed.error().message);
    }
  }

  Result<BackedValue> back(const KnownSkill& skill, const CommandValue& value, bool only_now) {
    const Slot* slot = skill.slot(value.slot);
    if (slot == nullptr) {
      return fail(Reason::invalid_argument,
                  std::format("`{}` has no parameter `{}`", skill.name(), value.slot));
    }
    json::value typed = value.value;
    // Some write all values as texts.
    if (typed.is_string()) {
      typed = Repertoire::typed(skill, *slot, typed.get_string());
    } else if (slot->kind == SlotKind::text || slot->kind == SlotKind::phone) {
      typed = json::value(json::write(typed));
    }
    WEFT_CHECK(check_fits(skill, *slot, typed));
    if (value.evidence.starts_with("@b")) return from_board(skill, *slot, value, typed, only_now);
    const bool said = only_now ? asks_now(value.evidence) : said_ever(value.evidence);
    if (!said) {
      return fail(Reason::invalid_argument,
                  std::format("`{}`: the person did not say “{}”; without its evidence the value "
                              "is left out",
                              slot->name, shortened(value.evidence, kNoteBytesMax)));
    }
    WEFT_CHECK(check_backed(*slot, typed, value.evidence, reader_, skill.risky));
    return BackedValue{.slot = slot->name,
                       .filled = {.value = std::move(typed),
                                  .shown = value.evidence,
                                  .origin = Origin::said,
                                  .source = "",
                                  .turn = scene_.conversation->turn + 1}};
  }

  /// What a solution's result says gives nothing that may change something.
  Result<BackedValue> from_board(const KnownSkill& skill, const Slot& slot,
                                 const CommandValue& value, const json::value& typed,
                                 bool only_now) const {
    const Note* note = scene_.note(value.evidence);
    if (note == nullptr) {
      return fail(Reason::invalid_argument,
                  std::format("`{}`: there is no `{}` on the board", slot.name, value.evidence));
    }
    if (only_now || (skill.risky && note->origin != Origin::said)) {
      return fail(Reason::invalid_argument,
                  std::format("`{}`: for this only the person's own words count", slot.name));
    }
    if (!same_value(note->value, typed) && !same_value(json::value(note->shown), typed)) {
      return fail(Reason::invalid_argument, std::format("`{}`: `{}` on the board is another value",
                                                        slot.name, value.evidence));
    }
    return BackedValue{
        .slot = slot.name,
        .filled = {.value = typed,
                   .shown = note->shown,
                   .origin = note->origin == Origin::said ? Origin::carried : note->origin,
                   .source = note->source,
                   .turn = note->turn}};
  }

  Result<void> choose(const Command& command) const {
    const auto count = static_cast<std::int64_t>(scene_.conversation->pending.skills.size());
    if (!scene_.offers() || command.offer != kOffer) return wrong("nothing is offered");
    if (command.index < 1 || command.index > count)
      return wrong(std::format("the offer has {} choices", count));
    return {};
  }

  Result<void> clarify(const Command& command) const {
    if (command.skills.size() < 2 || command.skills.size() > kSkillsOffered)
      return wrong(std::format("name two to {} skills", kSkillsOffered));
    for (const std::string& each : command.skills) {
      if (scene_.skill(each) == nullptr)
        return wrong(std::format("there is no skill `{}` here", each));
      if (std::ranges::count(command.skills, each) > 1) return wrong("a skill stands there twice");
    }
    return {};
  }

  Result<void> ask(const Command& command) const {
    if (command.slot.empty()) return wrong("it has no name");
    return {};
  }

  /// A yes that may decide something, and that is all: of consent the concierge hears elsewhere.
  Result<void> answer() const {
    const Pending& pending = scene_.conversation->pending;
    if (scene_.offers()) return {};
    if (pending.kind != Pending::Kind::slots) return wrong("no question waits");
    const Wish* wish = scene_.conversation->current();
    const KnownSkill* skill = wish == nullptr ? nullptr : scene_.skill(wish->name());
    const bool any = skill != nullptr && std::ranges::any_of(pending.slots, [&](const auto& name) {
                       const Slot* slot = skill->slot(name);
                       return slot != nullptr && slot->kind == SlotKind::boolean;
                     });
    if (!any) return wrong("the question that waits is no question for yes or no");
    return {};
  }

  const Scene& scene_;
  const Reader& reader_;
  CheckedCommands& out_;
};

}  // namespace

CheckedCommands check_commands(const ReadCommands& read, const Scene& scene, const Reader& reader) {
  CheckedCommands out;
  out.faults = read.faults;
  Judge judge(scene, reader, out);
  for (const Command& each : read.commands) judge.judge(each);
  return out;
}

}  // namespace weft::dialogue
