// weft-slots: learns the weights of slot filling from SGD, and measures them.
//   weft-slots train SCHEMA DIALOGUES WEIGHTS [EVERY [ROUNDS]]
//   weft-slots fill  SCHEMA DIALOGUES WEIGHTS TRAINED_SCHEMA [EVERY [oracle|complain]]
#include <cstdio>
#include <cstdlib>
#include <print>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/dialogue/replay/finish.h"
#include "weft/dialogue/training/slots/training.h"

namespace weft::dialogue {
namespace {

constexpr unsigned kBits = 22;
constexpr std::size_t kWeightsBytesMax = 64U << 20;

struct Arguments {
  std::vector<std::string> all;
  std::size_t number(std::size_t at, std::size_t otherwise) const {
    return at < all.size() ? std::strtoul(all[at].c_str(), nullptr, 10) : otherwise;
  }
};

Result<void> train(const Arguments& arguments) {
  const auto& a = arguments.all;
  WEFT_TRY(std::vector<Form> forms, read_sgd_schema(a[1]));
  const SgdServices services(std::move(forms), english_vocabulary());
  WEFT_TRY(const auto files, sgd_files_of(a[2]));
  const std::size_t every = arguments.number(4, 1);
  std::vector<SgdDialogue> dialogues;
  for (std::size_t at = 0; at < files.size(); at += every) {
    WEFT_TRY(std::vector<SgdDialogue> some, read_sgd_dialogues(files[at]));
    for (SgdDialogue& each : some) dialogues.push_back(std::move(each));
  }
  // In no order that means anything, always the same one.
  std::uint64_t random = 20;
  for (std::size_t at = dialogues.size(); at > 1; --at) {
    random = mix(random, at);
    std::swap(dialogues[at - 1], dialogues[random % at]);
  }
  SlotsTraining training(services, english_vocabulary(), kBits, {}, {});
  const std::size_t rounds = arguments.number(5, 2);
  for (std::size_t round = 0; round < 2; ++round) {
    for (const SgdDialogue& each : dialogues) training.learn_acts(each);
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const SgdDialogue& each : dialogues) training.learn_slots(each);
    std::println(stderr, "round {} of {} dialogues", round + 1, dialogues.size());
  }
  const std::string bytes = training.finish().write();
  std::println(stderr, "{} bytes", bytes.size());
  return write_file(a[3], bytes);
}

Result<void> fill(const Arguments& arguments) {
  const auto& a = arguments.all;
  WEFT_TRY(std::vector<Form> forms, read_sgd_schema(a[1]));
  const SgdServices services(std::move(forms), english_vocabulary());
  WEFT_TRY(const auto files, sgd_files_of(a[2]));
  WEFT_TRY(const std::string bytes, read_file(a[3], kWeightsBytesMax));
  WEFT_TRY(const LinearModel model, LinearModel::read(bytes));
  WEFT_TRY(const std::vector<Form> trained, read_sgd_schema(a[4]));
  FillOptions options;
  for (const Form& form : trained) options.seen.insert(form.name);
  options.oracle = a.size() > 6 && a[6] == "oracle";
  if (a.size() > 6 && a[6] == "complain")
    options.complain = [](const std::string& line) { std::println(stderr, "{}", line); };
  FillReplay replay(model, services, english_vocabulary(), options);
  const std::size_t every = arguments.number(5, 1);
  for (std::size_t at = 0; at < files.size(); at += every) {
    WEFT_TRY(const std::vector<SgdDialogue> dialogues, read_sgd_dialogues(files[at]));
    for (const SgdDialogue& each : dialogues) replay.add(each);
  }
  std::println("{}", json::write_pretty(to_json(replay.report())));
  return {};
}

Result<void> finish(const Arguments& arguments) {
  const auto& a = arguments.all;
  WEFT_TRY(std::vector<Form> forms, read_sgd_schema(a[1]));
  const SgdServices services(std::move(forms), english_vocabulary());
  WEFT_TRY(const auto files, sgd_files_of(a[2]));
  WEFT_TRY(const std::string bytes, read_file(a[3], kWeightsBytesMax));
  WEFT_TRY(const LinearModel model, LinearModel::read(bytes));
  const Complain complain = [](const std::string& line) { std::println(stderr, "{}", line); };
  FinishReplay replay(model, services, english_vocabulary(), choose_by_model(model), {}, complain);
  const std::size_t every = arguments.number(4, 1);
  for (std::size_t at = 0; at < files.size(); at += every) {
    WEFT_TRY(const std::vector<SgdDialogue> dialogues, read_sgd_dialogues(files[at]));
    for (const SgdDialogue& each : dialogues) replay.add(each);
  }
  std::println("{}", json::write_pretty(to_json(replay.report())));
  return {};
}

int run(int count, char** words) {
  Arguments arguments;
  arguments.all.assign(words + 1, words + count);
  const auto& a = arguments.all;
  if (a.size() < 4 || (a[0] != "train" && a[0] != "finish" && (a[0] != "fill" || a.size() < 5))) {
    std::println(stderr,
                 "usage: weft-slots train SCHEMA DIALOGUES WEIGHTS [EVERY [ROUNDS]]\n"
                 "       weft-slots fill SCHEMA DIALOGUES WEIGHTS TRAINED_SCHEMA "
                 "[EVERY [oracle|complain]]");
    return 2;
  }
  const Result<void> done = a[0] == "train"    ? train(arguments)
                            : a[0] == "finish" ? finish(arguments)
                                               : fill(arguments);
  if (done) return 0;
  std::println(stderr, "error: {}", done.error().message);
  return 1;
}

}  // namespace
}  // namespace weft::dialogue

int main(int count, char** words) { return weft::dialogue::run(count, words); }
