// Questions of a bank's customers in 77 kinds, where the data is at hand: the fastText program's
// model byte for byte, and its figures.
#include <gtest/gtest.h>

#include <cctype>

#include "weft/ml/algorithms/blazingtext/engine/testing.h"

namespace weft::ml::blazingtext {
namespace {

namespace fs = std::filesystem;
const fs::path kData = fs::path(WEFT_SOURCE) / "../shared/data/banking77";

/// `text,category` as fastText reads it: lower case, marks apart from words.
std::string texts_of(const fs::path& file) {
  const std::string csv = read_file(file, 1 << 24).value_or("");
  std::string out;
  std::string text;
  bool quoted = false;
  for (std::size_t at = csv.find('\n') + 1; at < csv.size(); ++at) {
    const char c = csv[at];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      const auto end = std::min(csv.find('\n', at), csv.size());
      std::string label = csv.substr(at + 1, end - at - 1);
      if (label.ends_with('\r')) label.pop_back();
      out += std::format("__label__{} {}\n", label, text);
      text.clear();
      at = end;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c == ' ' || c == '\n' || c == '\r') {
      text += ' ';
    } else {
      text += std::format(" {} ", c);
    }
  }
  return out;
}

double after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  return at == text.npos ? -1 : std::stod(std::string(text.substr(at + name.size())));
}

TEST(BlazingtextFigures, QuestionsToABank) {
  if (!fs::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  Job job({{"vector_dim", "20"}, {"epochs", "40"}, {"word_ngrams", "2"}, {"buckets", "50000"}});
  const fs::path train = job.text("train", texts_of(kData / "train.csv"));
  const fs::path validation = job.text("validation", texts_of(kData / "test.csv"));
  ::testing::internal::CaptureStdout();
  const std::string why = job.why();
  const std::string log = ::testing::internal::GetCapturedStdout();
  ASSERT_EQ(why, "");
  EXPECT_TRUE(log.contains("Number of labels: 77\n"));
  EXPECT_EQ(after(log, "Number of train examples: "), 10'003);
  EXPECT_EQ(after(log, "Number of validation examples: "), 3'080);
  EXPECT_GT(after(log, "#validation_accuracy: "), 0.8);
  const std::string theirs = job.folder.path() / "theirs";
  if (!program({"supervised", "-input", train, "-output", theirs, "-dim", "20", "-epoch", "40",
                "-wordNgrams", "2", "-bucket", "50000", "-lr", "0.5", "-thread", "1"}))
    FAIL() << "the program fasttext does not run";
  EXPECT_TRUE(job.model("model.bin") == read_file(theirs + ".bin", 1 << 26).value_or("?"));
  const auto said = program({"test", theirs + ".bin", validation});
  ASSERT_TRUE(said.has_value());
  EXPECT_NEAR(after(*said, "P@1\t"), after(log, "#validation_accuracy: "), 0.0006);
}

}  // namespace
}  // namespace weft::ml::blazingtext
