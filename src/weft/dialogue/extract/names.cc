// Names: runs of words with capitals.
#include "weft/dialogue/extract/reading.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kNameTokensMax = 12;
constexpr std::size_t kRegionBytesMax = 3;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool opens_sentence(const Text& text, std::size_t i) {
  if (i == 0) return true;
  for (const char mark : {'.', '!', '?', ':', ';', '"', '('}) {
    if (text.is_mark(i - 1, mark)) return true;
  }
  return text.is_mark(i - 1, '-') && !text.glued(i);
}

bool is_name(const Text& text, std::size_t i) {
  return text.is(i, TokenKind::word) && text[i].capital;
}

/// Past one more word of the name, over "of", "&", a hyphen or the stop of an initial; `i` when it
/// ends here.
std::size_t next_word(const Text& text, std::size_t i) {
  if (is_name(text, i)) return i + 1;
  const bool stop =
      text.is_mark(i, '.') && text.glued(i) && i > 0 &&
      (text[i - 1].end - text[i - 1].begin == 1 || text.find(i - 1, Sense::name_title) != nullptr);
  if (stop && is_name(text, i + 1)) return i + 2;
  const bool hyphen = text.is_mark(i, '-') && text.glued(i) && text.glued(i + 1);
  if (hyphen && text.is(i + 1, TokenKind::word)) return i + 2;
  std::size_t j = i;
  while (text.find(j, Sense::joins_names) != nullptr && j < i + 2) ++j;
  return j > i && is_name(text, j) ? j + 1 : i;
}

}  // namespace

void find_names(Reading& reading) {
  const Text& text = reading.text;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_name(text, i)) {
      ++i;
      continue;
    }
    const bool opening = opens_sentence(text, i);
    std::size_t first = i;
    // Words that open the sentence, and "I" wherever it stands.
    while (is_name(text, first) && text.find(first, Sense::no_name) != nullptr &&
           (opening || text.find(first, Sense::never_name) != nullptr))
      ++first;
    if (!is_name(text, first)) {
      i = first;
      continue;
    }
    std::size_t last = first + 1;
    while (last - first < kNameTokensMax) {
      const std::size_t next = next_word(text, last);
      if (next == last) break;
      last = next;
    }
    if (last == first + 1 && text.find(first, Sense::weekday) != nullptr) {
      i = last;
      continue;
    }
    const auto add = [&](std::size_t from, std::size_t to) {
      const std::size_t begin = text[from].begin;
      const std::string_view shown = text.raw().substr(begin, text[to - 1].end - begin);
      reading.add(ValueType::name, from, to, std::string(shown));
    };
    if (first > i && text.find(first - 1, Sense::definite) != nullptr) add(first - 1, last);
    add(first, last);
    // "Anna and Bob" may be two.
    std::size_t part = first;
    for (std::size_t j = first; j < last; ++j) {
      if (text.find(j, Sense::conjunction) == nullptr) continue;
      if (part < j) add(part, j);
      part = j + 1;
    }
    if (part != first && part < last) add(part, last);
    // "Gate 12"
    if (text.is(last, TokenKind::digits) && !text.glued(last)) add(first, last + 1);
    // "Springfield, IL"
    const std::string_view region = text.shown(last + 1);
    const bool place = text.is_mark(last, ',') && text.glued(last) && is_name(text, last + 1) &&
                       region.size() <= kRegionBytesMax && region == upper(region);
    if (place) add(first, last + 2);
    i = last;
  }
}

}  // namespace weft::dialogue
