#include "weft/wire/headers.h"

#include <algorithm>
#include <cstring>

namespace weft::wire {
namespace {

constexpr std::size_t kTextStart = 256;
constexpr std::size_t kFieldsStart = 8;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::size_t kWord = sizeof(std::uint64_t);

/// Eight characters, the capital letters of ASCII made small.
std::uint64_t lower_word(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t seven = word & (kOnes * 0x7f);
  const std::uint64_t from_a = seven + kOnes * (0x80 - 'A');
  const std::uint64_t past_z = seven + kOnes * (0x7f - 'Z');
  const std::uint64_t capital = (from_a ^ past_z) & ~word & (kOnes * 0x80);
  return word | capital >> 2;
}

bool same_word(const char* a, const char* b) {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  std::memcpy(&x, a, kWord);
  std::memcpy(&y, b, kWord);
  return x == y || lower_word(x) == lower_word(y);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() < kWord) {
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return x == y || lower(x) == lower(y); });
  }
  std::size_t at = 0;
  for (; at + kWord <= a.size(); at += kWord) {
    if (!same_word(a.data() + at, b.data() + at)) return false;
  }
  // The last eight, some of them once more.
  at = a.size() - kWord;
  return same_word(a.data() + at, b.data() + at);
}

const Headers::Slot* Headers::find(std::string_view name) const {
  // Most names differ in their length or their last letter.
  const char last = name.empty() ? '\0' : lower(name.back());
  for (const Slot& slot : slots_) {
    if (slot.name_size != name.size()) continue;
    if (!name.empty() && lower(text_[slot.name + slot.name_size - 1]) != last) continue;
    if (same_name(field(slot).first, name)) return &slot;
  }
  return nullptr;
}

void Headers::add(std::string_view name, std::string_view value) {
  const std::size_t at = text_.size();
  const std::size_t needed = at + name.size() + value.size();
  if (needed > text_.capacity()) {
    // What is added may lie in text_ itself: it is copied before that is let go.
    std::string grown;
    grown.reserve(std::max({needed, 2 * text_.capacity(), kTextStart}));
    grown.append(text_).append(name).append(value);
    text_ = std::move(grown);
  } else {
    text_.append(name).append(value);
  }
  if (slots_.capacity() == 0) slots_.reserve(kFieldsStart);
  slots_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(at + name.size()),
                    static_cast<std::uint32_t>(value.size())});
}

void Headers::set(std::string_view name, std::string_view value) {
  const Slot* first = find(name);
  if (first == nullptr) return add(name, value);
  const std::size_t at = static_cast<std::size_t>(first - slots_.data());
  const std::string kept(name);
  add(kept, value);
  slots_[at] = slots_.back();
  slots_.pop_back();
  const auto same = [&](const Slot& slot) { return same_name(field(slot).first, kept); };
  slots_.erase(
      std::remove_if(slots_.begin() + static_cast<std::ptrdiff_t>(at) + 1, slots_.end(), same),
      slots_.end());
}

void Headers::remove(std::string_view name) {
  std::erase_if(slots_, [&](const Slot& slot) { return same_name(field(slot).first, name); });
}

std::string_view Headers::get(std::string_view name) const {
  const Slot* slot = find(name);
  return slot == nullptr ? std::string_view() : field(*slot).second;
}

bool Headers::has(std::string_view name) const { return find(name) != nullptr; }

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      slots_, [&](const Slot& slot) { return same_name(field(slot).first, name); }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [field_name, value] : *this) {
    if (!same_name(field_name, name)) continue;
    std::string_view rest = value;
    while (true) {
      const auto comma = rest.find(',');
      if (same_name(trim(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

void Headers::clear() {
  text_.clear();
  slots_.clear();
}

}  // namespace weft::wire
