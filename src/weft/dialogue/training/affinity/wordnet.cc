#include "weft/dialogue/training/affinity/wordnet.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>

namespace weft::dialogue {
namespace {

constexpr std::array<std::string_view, 4> kParts{"noun", "verb", "adj", "adv"};
constexpr std::size_t kWordsTaken = 6;
constexpr std::size_t kWordsRepeated = 3;
constexpr std::size_t kLinksTaken = 4;
constexpr std::size_t kUseBytesMin = 8;
/// More general, related in form, similar, caused, entailed.
constexpr std::string_view kLinks = "@&+*>^";

struct Entry {
  std::vector<std::string> words;
  std::vector<std::string> links;  ///< keys of others
  std::string gloss;
};

/// `wndb(5WN)`: offset, file, type, words in hex, (word, id)…, links, (sign, offset, type, place)….
struct Line {
  std::string key;
  Entry entry;
};

std::string key_of(char type, std::string_view offset) {
  return std::format("{}{}", type == 's' ? 'a' : type, offset);
}

bool read_count(const std::string& text, int base, std::size_t& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out, base).ec == std::errc{};
}

std::optional<Line> parse(const std::string& line) {
  const std::size_t bar = line.find(" | ");
  if (bar == std::string::npos) return std::nullopt;
  std::istringstream in(line.substr(0, bar));
  std::string offset;
  std::string file;
  std::string type;
  std::string number;
  std::size_t count = 0;
  in >> offset >> file >> type >> number;
  if (type.empty() || !read_count(number, 16, count)) return std::nullopt;
  Line out{.key = key_of(type[0], offset), .entry = {}};
  for (std::size_t i = 0; i < count; ++i) {
    std::string word;
    std::string id;
    in >> word >> id;
    word.resize(std::min(word.find('('), word.size()));
    std::ranges::replace(word, '_', ' ');
    out.entry.words.push_back(std::move(word));
  }
  in >> number;
  if (!in || !read_count(number, 10, count)) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    std::string sign;
    std::string place;
    in >> sign >> offset >> type >> place;
    if (!in) return std::nullopt;
    if (kLinks.contains(sign)) out.entry.links.push_back(key_of(type[0], offset));
  }
  out.entry.gloss = line.substr(bar + 3);
  std::ranges::replace(out.entry.gloss, '"', ' ');
  return out;
}

using Entries = std::map<std::string, Entry>;

Result<void> read_part(const std::filesystem::path& file, Entries& out) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Reason::invalid_argument, std::format("`{}` cannot be read", file.string()));
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("  ")) continue;
    auto parsed = parse(line);
    if (!parsed)
      return fail(Reason::invalid_argument,
                  std::format("`{}` has a line that is no entry: {}", file.string(), line));
    out.insert_or_assign(std::move(parsed->key), std::move(parsed->entry));
  }
  return {};
}

bool is_name(const Entry& entry) {
  const char first = entry.words.empty() || entry.words[0].empty() ? 'A' : entry.words[0][0];
  return first >= 'A' && first <= 'Z';
}

void add(const Entry& entry, const Entries& all, Definitions& out) {
  std::string text;
  const auto add_words = [&](std::size_t count) {
    for (std::size_t i = 0; i < std::min(count, entry.words.size()); ++i)
      text += entry.words[i] + " ";
  };
  std::istringstream gloss(entry.gloss);
  std::string part;
  std::getline(gloss, part, ';');
  add_words(kWordsTaken);
  text += part + " ";
  add_words(kWordsRepeated);
  for (std::size_t i = 0; i < std::min(kLinksTaken, entry.links.size()); ++i) {
    const auto at = all.find(entry.links[i]);
    if (at != all.end() && !at->second.words.empty()) text += at->second.words[0] + " ";
  }
  out.entries.push_back(std::move(text));
  while (std::getline(gloss, part, ';')) {
    if (part.size() >= kUseBytesMin) out.uses.push_back(part);
  }
}

}  // namespace

Result<Definitions> read_wordnet(const std::filesystem::path& folder) {
  Entries entries;
  for (const std::string_view part : kParts)
    WEFT_CHECK(read_part(folder / std::format("data.{}", part), entries));
  Definitions out;
  for (const auto& [key, entry] : entries) {
    if (!is_name(entry)) add(entry, entries, out);
  }
  return out;
}

}  // namespace weft::dialogue
