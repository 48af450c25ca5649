// weft-affinity: builds the table of affinities from schema-guided dialogues, and writes what
// `weft router eval` reads from them.
#include <fstream>
#include <print>
#include <string>

#include "weft/dialogue/training/affinity/encoder.h"
#include "weft/dialogue/training/affinity/sgd.h"

namespace weft::dialogue {
namespace {

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) return fail(Reason::invalid_argument, "`" + path + "` cannot be written");
  return {};
}

Result<void> train(const std::string& schema, const std::string& dialogues,
                   const std::string& wordnet, const std::string& table) {
  WEFT_TRY(const auto skills, read_sgd_skills(schema));
  WEFT_TRY(const auto said, read_sgd_sayings(dialogues));
  WEFT_TRY(const auto definitions, read_wordnet(wordnet));
  WEFT_TRY(const auto parts, train_affinity(skills, said, definitions));
  const std::string bytes = write_affinity(parts);
  WEFT_CHECK(write_file(table, bytes));
  std::println("{} words, {} with affinities, {} bytes", parts.words.size(), parts.paired.size(),
               bytes.size());
  return {};
}

json::object schema_of(const RoutedSkill& skill) {
  json::object properties;
  for (const RoutedParameter& parameter : skill.parameters) {
    json::object property{{"type", "string"}, {"description", parameter.description}};
    if (!parameter.choices.empty())
      property["enum"] = json::array(parameter.choices.begin(), parameter.choices.end());
    properties[parameter.name] = std::move(property);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

Result<void> write_files(const std::string& schema, const std::string& dialogues,
                         const std::string& skills_file, const std::string& queries_file) {
  WEFT_TRY(const auto skills, read_sgd_skills(schema));
  WEFT_TRY(const auto said, read_sgd_sayings(dialogues));
  std::string lines;
  for (const RoutedSkill& skill : skills) {
    const json::object line{{"id", skill.id},
                            {"name", skill.name},
                            {"description", skill.description},
                            {"schema", schema_of(skill)}};
    lines += json::write(line) + "\n";
  }
  WEFT_CHECK(write_file(skills_file, lines));
  lines.clear();
  for (const IntentTurn& turn : said.intents)
    lines += json::write(json::object{{"text", turn.text}, {"gold", turn.skill}}) + "\n";
  return write_file(queries_file, lines);
}

constexpr std::string_view kUsage =
    "usage: weft-affinity train SCHEMA.json DIALOGUES_DIR WORDNET_DIR TABLE.bin\n"
    "       weft-affinity files SCHEMA.json DIALOGUES_DIR SKILLS.jsonl QUERIES.jsonl";

int run(std::span<char*> words) {
  const std::vector<std::string> args(words.begin(), words.end());
  Result<void> done;
  if (args.size() == 6 && args[1] == "train") {
    done = train(args[2], args[3], args[4], args[5]);
  } else if (args.size() == 6 && args[1] == "files") {
    done = write_files(args[2], args[3], args[4], args[5]);
  } else {
    std::println(stderr, "{}", kUsage);
    return 2;
  }
  if (done) return 0;
  std::println(stderr, "error: {}", done.error().message);
  return 1;
}

}  // namespace
}  // namespace weft::dialogue

int main(int count, char** words) {
  return weft::dialogue::run({words, static_cast<std::size_t>(count)});
}
