#include "weft/app/workers/sandbox.h"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <format>

#include "weft/app/workers/testing.h"

namespace weft::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Sandbox : public testing::InSandbox {};

/// Something of the machine's own that listens, for the time of a test.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.descriptor(), 8), 0);
    ::getsockname(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }

 private:
  File socket_;
  int port_ = 0;
};

TEST_F(Sandbox, AProgramSeesItsOwnFilesAlone) {
  write("secret", "canary");
  write("given/rows", "one two");
  const auto outcome = run(shell(std::format(R"(
    cat /data/rows; echo
    cat {0}/secret
    ls -A {0}
    echo x > /data/new; echo x > /data/rows; rm -f /data/rows
    echo x > /new; echo x > /etc/new; echo x > /usr/new; echo x > /dev/new; echo x > /proc/new
    cat /etc/shadow
    echo fine > result; echo fine > /tmp/own; cat /tmp/own; pwd
    echo /*
    wc -l < /etc/passwd
  )",
                                             folder_.string())));
  EXPECT_EQ(outcome.end.exit_code, 0);
  const std::string text = outcome.text();
  EXPECT_THAT(text, HasSubstr("one two\n"));
  EXPECT_THAT(text, HasSubstr("fine\n/opt/ml\n"));
  EXPECT_FALSE(text.contains("canary"));
  EXPECT_EQ(read("own/result"), "fine\n");
  EXPECT_EQ(read("given/rows"), "one two");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "given/new"));
  EXPECT_EQ(std::ranges::count_if(outcome.log,
                                  [](const auto& line) {
                                    return line.contains("cannot create") ||
                                           line.contains("cannot remove");
                                  }),
            8)
      << text;
  EXPECT_THAT(text, HasSubstr("cat: /etc/shadow: No such file or directory"));
  for (const std::string name : {"/home", "/root", "/sys", "/boot", "/srv", "/mnt", "/work"})
    EXPECT_FALSE(text.contains(" " + name)) << text;
  // One user, whoever else there is on the machine.
  EXPECT_EQ(outcome.log.back(), "1");
}

TEST_F(Sandbox, LinksDoNotLeadOut) {
  write("secret", "canary");
  std::filesystem::create_symlink(folder_ / "secret", folder_ / "own/link");
  const auto outcome = run(shell("cat link; cat ../../../../../../../../etc/shadow"));
  EXPECT_EQ(std::ranges::count_if(outcome.log,
                                  [](const auto& line) { return line.contains("No such file"); }),
            2)
      << outcome.text();
}

TEST_F(Sandbox, AProgramHasNoNetworkUnlessItIsGivenOne) {
  const Listener listener;
  // And where clouds tell secrets.
  const std::string ask = std::format(R"(
import socket
for host, port in (("127.0.0.1", {0}), ("169.254.169.254", 80)):
    try:
        socket.create_connection((host, port), 1).close()
        print("connected", host)
    except OSError as refused:
        print("refused")
)",
                                      listener.port());
  const auto without = run(python(ask));
  EXPECT_THAT(without.log, ElementsAre("refused", "refused"));
  auto spec = python(std::format(R"(
import socket
socket.create_connection(("127.0.0.1", {0}), 5).close()
print("connected")
)",
                                 listener.port()));
  spec.network = true;
  EXPECT_THAT(run(spec).log, ElementsAre("connected"));
}

TEST_F(Sandbox, ItsOwnLoopbackWorks) {
  const auto outcome = run(python(R"(
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print(socket.gethostname(), socket.gethostbyname(socket.gethostname()))
)"));
  EXPECT_THAT(outcome.log, ElementsAre("algo-1 127.0.0.1"));
}

TEST_F(Sandbox, TheEnvironmentIsWhatItWasGiven) {
  ::setenv("WEFT_TEST_SECRET", "canary", 1);
  auto spec = program("/usr/bin/env", {});
  spec.environment = {{"SM_MODEL_DIR", "/opt/ml/model"}, {"LANG", "C"}, {"EMPTY", ""}};
  spec.threads = 1;
  const auto outcome = run(spec);
  EXPECT_THAT(
      outcome.log,
      UnorderedElementsAre("PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C",
                           "PWD=/opt/ml", "SM_MODEL_DIR=/opt/ml/model",
                           "EMPTY=", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1",
                           "MKL_NUM_THREADS=1", "BLIS_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1",
                           "NUMEXPR_MAX_THREADS=1", "RAYON_NUM_THREADS=1", "GOMP_SPINCOUNT=10000"));
}

TEST_F(Sandbox, OnlyGivenDescriptorsAreOpen) {
  const File kept(::dup(0));
  auto spec = python(R"(
import os
for number in range(256):
    try:
        os.fstat(number)
        print(number)
    except OSError:
        pass
print(os.read(0, 10))
)");
  spec.links = 2;
  const auto outcome = run(spec);
  EXPECT_THAT(outcome.log, ElementsAre("0", "1", "2", "3", "4", "b''"));
}

TEST_F(Sandbox, AWrongSpecIsRefusedByName) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    const auto why = [&](const ml::WorkerSpec& spec) {
      const auto worker = workers_->start(loop.executor(), spec);
      return worker ? std::string("started") : worker.error().message;
    };
    EXPECT_THAT(why(program("nosuch", {})), HasSubstr("weft-worker-nosuch is missing"));
    EXPECT_THAT(why(program("../sh", {})), HasSubstr("`../sh` is no program"));
    auto nowhere = shell("true");
    nowhere.binds.push_back({.from = folder_ / "nowhere", .to = "/x", .writable = false});
    EXPECT_THAT(why(nowhere), HasSubstr("nowhere is not there"));
    auto odd = shell("true");
    odd.environment = {{"A=B", "c"}};
    EXPECT_THAT(why(odd), HasSubstr("holds what none can hold"));
    co_return;
  });
  const auto missing = run(program("/nowhere/at/all", {}));
  EXPECT_EQ(missing.end.exit_code, 127);
  EXPECT_THAT(missing.text(), HasSubstr("/nowhere/at/all: not found"));
}

TEST_F(Sandbox, SaysWhatIsMissingWhenThereIsNone) {
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", folder_.c_str(), 1);
  const auto none = find_sandbox();
  const SandboxReport report = look_at_sandbox();
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().reason, Reason::unavailable);
  EXPECT_EQ(none.error().message,
            "bubblewrap, the sandbox of models' programs, is not installed; apt-get install "
            "bubblewrap");
  EXPECT_FALSE(report.usable);
  EXPECT_EQ(report.remedy, "apt-get install bubblewrap");

  // One that cannot do it says so itself.
  write("bwrap",
        "#!/bin/sh\n[ \"$1\" = --version ] && echo bubblewrap 9.9 && exit\n"
        "echo bwrap: No permissions to create a new namespace >&2; exit 1\n");
  std::filesystem::permissions(folder_ / "bwrap", std::filesystem::perms::owner_all);
  ::setenv("PATH", (folder_.string() + ":" + path).c_str(), 1);
  const auto unable = find_sandbox();
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(unable.has_value());
  EXPECT_THAT(
      unable.error().message,
      HasSubstr("no sandbox can be made (bwrap: No permissions to create a new namespace)"));
  const SandboxReport here = look_at_sandbox();
  EXPECT_TRUE(here.usable) << here.sandbox;
  EXPECT_THAT(here.sandbox, HasSubstr("bubblewrap "));
  EXPECT_THAT(here.limits, HasSubstr("memory by "));
}

}  // namespace
}  // namespace weft::app
