#include "weft/ml/worker/run_program.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <format>
#include <fstream>

#include "weft/ml/worker/model_files.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::worker {
namespace {

int run(std::vector<std::string> words, const Engine& engine) {
  words.insert(words.begin(), "weft-worker-test");
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  return run_program(arguments, engine);
}

/// Says how many threads it was given.
class Host final : public ModelHost {
 public:
  explicit Host(int threads) : threads_(threads) {}
  std::string about() const override { return std::format("{{\"threads\":{}}}", threads_); }
  void answer(std::span<const Request>, std::span<Reply>) override {}

 private:
  int threads_;
};

/// What the hub hears when the program with this configuration ends.
wire::WorkerFrameKind heard(const std::string& config, const Engine& engine, int& exit_code,
                            std::string& body) {
  store::testing::TemporaryDirectory root;
  std::ofstream(root.path() / "config.json") << config;
  std::array<int, 2> ends{};
  WEFT_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  ::shutdown(ends[0], SHUT_WR);
  exit_code =
      run({"serve", "--root", root.path(), "--link-fd", std::format("{}", ends[1])}, engine);
  wire::WorkerFrameReader reader(1 << 20);
  char* space = reader.space(4096);
  const auto got = ::recv(ends[0], space, reader.space_size(), MSG_DONTWAIT);
  WEFT_ASSERT(got > 0);
  reader.took(static_cast<std::size_t>(got));
  const auto frame = reader.next();
  WEFT_ASSERT(frame && *frame);
  body = (*frame)->body;
  const auto kind = (*frame)->kind;
  for (const int end : ends) ::close(end);
  return kind;
}

constexpr Engine kGood{.train = nullptr,
                       .load = [](const ServingView& view) -> Result<std::unique_ptr<ModelHost>> {
                         return std::make_unique<Host>(view.threads);
                       }};
constexpr Engine kBroken{.train = nullptr,
                         .load = [](const ServingView&) -> Result<std::unique_ptr<ModelHost>> {
                           return fail(Reason::invalid_argument, "the model is damaged");
                         }};

TEST(WorkerProgram, ServesUntilTheHubIsGone) {
  int exit_code = -1;
  std::string body;
  EXPECT_EQ(heard(R"({"threads":3})", kGood, exit_code, body), wire::WorkerFrameKind::ready);
  EXPECT_EQ(body, R"({"threads":3})");
  EXPECT_EQ(exit_code, 0);
}

TEST(WorkerProgram, SaysWhyItDoesNotServe) {
  int exit_code = -1;
  std::string body;
  EXPECT_EQ(heard("{}", kBroken, exit_code, body), wire::WorkerFrameKind::failed);
  EXPECT_EQ(body, "the model is damaged");
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(heard("{", kGood, exit_code, body), wire::WorkerFrameKind::failed);
  EXPECT_TRUE(body.contains("not JSON")) << body;
}

TEST(WorkerProgram, AnEngineThatTrainsNothingSaysSo) {
  EXPECT_EQ(run({"train", "--root", "/nowhere"}, kGood), 2);
  EXPECT_EQ(run({"dance"}, kGood), 2);
}

TEST(WorkerModelFiles, TheFilesRightInTheFolder) {
  store::testing::TemporaryDirectory folder;
  EXPECT_EQ(model_files(folder.path(), "there is none").error().message, "there is none");
  EXPECT_EQ(model_files(folder.path() / "missing", "there is none").error().message,
            "there is none");
  std::filesystem::create_directory(folder.path() / "inside");
  for (const char* name : {"b", "a", ".hidden", "inside/c"})
    std::ofstream(folder.path() / name) << 1;
  const auto files = model_files(folder.path(), "there is none");
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(*files, (std::vector<std::filesystem::path>{folder.path() / "a", folder.path() / "b"}));
}

}  // namespace
}  // namespace weft::ml::worker
