// What a language's words mean to extraction: a table of phrases, and nothing else. Owned by
// dialogue; immutable, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weft::dialogue {

/// What a phrase may stand for. A phrase has as many senses as it has rows.
enum class Sense : std::uint8_t {
  // Numbers
  cardinal,        ///< value: 0..99
  magnitude,       ///< value: 100, 1000, …
  abbreviated,     ///< value: the magnitude of a letter after digits ("k")
  dozen,           ///< value: how many
  part,            ///< value: 0.5, 0.25
  parts,           ///< the plural of a part
  ordinal,         ///< value
  ordinal_suffix,  ///< glued to digits
  ordinals,        ///< the plural of an ordinal, as in fractions
  article,         ///< "a", "an"
  definite,        ///< "the"
  pointing,        ///< before "one", makes it no number ("this", "which")
  minus,
  point,   ///< between the whole and its decimals
  over,    ///< numerator over denominator
  out_of,  ///< numerator out of denominator
  conjunction,
  percent,
  percent_of,  ///< before the number
  relative,    ///< name: `end-1`, `current+1`
  // Units
  currency,        ///< name: ISO 4217 or words; value: 1, or below 1 for the part of a larger one
  currency_glued,  ///< the same, where nothing but itself stands between its signs ("A$")
  currency_alone,  ///< may be named without an amount
  money_prefix,    ///< only before the number
  unit,            ///< name
  unit_alone,      ///< may be named without an amount
  // Calendar
  month,    ///< value: 1..12
  weekday,  ///< value: 1 (Monday)..7
  day_ref,  ///< value: days from today
  shift,    ///< value: -1 "last", 0 "this", +1 "next"; name `coming`: 0 of a weekday, +1 of a span
  span,     ///< name: the letters of ISO 8601 ("D", "TH"), or "BD", "WE"; value: how many
  few,      ///< value: how many it stands for
  half_span,     ///< "half" of a span
  whole,         ///< "all", before a span
  another,       ///< one more, before a span
  ago,           ///< after a duration
  from_now,      ///< after a duration
  after_ref,     ///< between a duration and a day ("from", "after")
  before_ref,    ///< between a duration and a day
  within,        ///< before a duration: until it has passed
  beginning,     ///< between a span or a duration and its first day
  of,            ///< "of", "in": between a day and its month
  on,            ///< before a date; value 0: before a day of the month alone, too
  at,            ///< before a time
  part_of_day,   ///< value: hours FROM * 100 + TO; name says when a bare hour belongs to it
  day_and_part,  ///< the same, of this day ("tonight")
  clock,         ///< value: hour * 100 + minute ("noon")
  meridiem,      ///< value: 0 or 12
  oclock,
  about,      ///< glued after an hour ("ish")
  past,       ///< minutes past an hour
  to,         ///< minutes to an hour
  hour_mark,  ///< between hours and minutes ("7h01")
  season,     ///< value: first month
  holiday,    ///< value: month * 100 + day
  edge,       ///< value: 0 early, 1 middle, 2 late; before a period
  now,
  day_end,
  // Ranges
  from,     ///< opens a range
  between,  ///< opens a range closed by a conjunction
  until,    ///< between the ends of a range
  since,    ///< opens a range without an end
  before,   ///< opens a range without a beginning
  // Names
  joins_names,  ///< may stand in the middle of a name ("of")
  no_name,      ///< never opens a name, though the sentence does with a capital
  never_name,   ///< no name, wherever it stands with its capital
  name_title,   ///< its full stop does not end the name ("Dr.")
};

struct Phrase {
  std::string_view
      text;  ///< lower case, one space between words; with a capital: in that case only
  Sense sense = Sense::cardinal;
  double value = 0;
  std::string_view name = {};
};

struct Language {
  std::string_view code;  ///< ISO 639-1
  std::span<const std::span<const Phrase>> tables;
  std::string_view plural;  ///< what units and currencies may end in
};

}  // namespace weft::dialogue
