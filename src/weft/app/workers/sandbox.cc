#include "weft/app/workers/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

#include "weft/app/workers/limits.h"
#include "weft/app/workers/sanitizer.h"
#include "weft/app/workers/system_calls.h"
#include "weft/net/child_spawn.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "bwrap";
/// How SageMaker names the one machine of a job.
constexpr std::string_view kHost = "algo-1";

/// What of /etc programs need: how to find libraries, certificates, time zones, alternatives.
constexpr auto kSettings = std::to_array<std::string_view>(
    {"ld.so.cache", "ld.so.conf",      "ld.so.conf.d", "alternatives", "ssl",
     "pki",         "ca-certificates", "localtime",    "timezone",     "nsswitch.conf",
     "protocols",   "services",        "mime.types",   "fonts",        "python3",
     "python3.11",  "python3.12",      "python3.13",   "python3.14",   "matplotlibrc"});
/// Those of the network.
constexpr auto kNetworkSettings =
    std::to_array<std::string_view>({"resolv.conf", "host.conf", "gai.conf", "hosts"});

/// What of /proc tells root where the kernel has its things, and who has which keys.
constexpr auto kProcHidden = std::to_array<std::string_view>(
    {"kcore", "keys", "kpagecount", "kpageflags", "kpagecgroup", "slabinfo", "vmallocinfo",
     "pagetypeinfo", "timer_list", "sched_debug", "latency_stats", "kallsyms", "iomem", "ioports"});

/// One program's options, which bubblewrap reads from a descriptor: what is on a command line
/// everybody on the machine can see.
class Options {
 public:
  template <class... Words>
  void add(const Words&... words) {
    ((text_ += std::string_view(words), text_ += '\0'), ...);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Result<File> in_memory(std::string_view bytes) {
  File out(::memfd_create("weft", MFD_CLOEXEC));
  if (out.descriptor() < 0) return fail(file_error("make", "a file in memory", errno));
  WEFT_CHECK(out.write(bytes, "a file in memory"));
  ::lseek(out.descriptor(), 0, SEEK_SET);
  return out;
}

/// The system's programs and libraries, where this machine has them.
void show_system(Options& options) {
  options.add("--ro-bind", "/usr", "/usr");
  for (const std::string_view name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const fs::path path = fs::path("/") / name;
    std::error_code none;
    if (fs::is_symlink(path, none)) {
      options.add("--symlink", fs::read_symlink(path, none).native(), path.native());
    } else if (fs::is_directory(path, none)) {
      options.add("--ro-bind", path.native(), path.native());
    }
  }
}

/// What of /proc is the whole machine's and can be written. Root may without a capability, so a hub
/// that is root would hand the machine to its programs (`kernel.core_pattern` runs what it names).
std::vector<std::string> machine_settings() {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().native();
    const auto status = each->symlink_status(error);
    constexpr auto kWrites =
        fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    const bool writes = (status.permissions() & kWrites) != fs::perms::none;
    const bool process = name.front() >= '0' && name.front() <= '9';
    if (fs::is_directory(status) ? !process : fs::is_regular_file(status) && writes)
      out.push_back(each->path().native());
  }
  return out;
}

void add_proc(Options& options, const SandboxForm& form) {
  options.add("--proc", "/proc");
  for (const std::string& path : form.settings) options.add("--ro-bind", path, path);
  for (const std::string_view name : kProcHidden) {
    const std::string path = std::format("/proc/{}", name);
    if (::access(path.c_str(), F_OK) == 0) options.add("--ro-bind", "/dev/null", path);
  }
}

void add_form(Options& options, const SandboxForm& form, bool network) {
  options.add("--unshare-all", "--unshare-user", "--new-session", "--die-with-parent", "--clearenv",
              "--cap-drop", "ALL", "--hostname", kHost);
  if (form.no_namespaces) options.add("--disable-userns");
  if (network) options.add("--share-net");
  if (form.own_proc) {
    add_proc(options, form);
  } else {
    options.add("--tmpfs", "/proc");
  }
}

/// What it can write without a bind: in memory, so never more than it may have of that.
void add_scratch(Options& options, std::uint64_t memory_bytes) {
  const std::string size = std::to_string(memory_bytes);
  options.add("--dev", "/dev");
  for (const std::string_view folder : {"/dev/shm", "/tmp"}) {
    if (memory_bytes > 0) options.add("--size", size);
    options.add("--perms", "1777", "--tmpfs", folder);
  }
  options.add("--remount-ro", "/dev", "--dir", "/var", "--symlink", "/tmp", "/var/tmp", "--dir",
              "/run");
}

/// What everything is done with: options and the descriptors they name.
class Builder {
 public:
  explicit Builder(SandboxCommand& out) : out_(out) {}

  /// The number that these bytes can be read from.
  Result<std::string> data(std::string_view bytes) {
    WEFT_TRY(File file, in_memory(bytes));
    out_.command.descriptors.push_back(file.descriptor());
    out_.held.push_back(std::move(file));
    return std::to_string(2 + out_.command.descriptors.size());
  }
  Result<void> file(std::string_view bytes, std::string_view path) {
    WEFT_TRY(const std::string number, data(bytes));
    options.add("--ro-bind-data", number, path);
    return {};
  }
  Result<void> add_settings(bool network) {
    for (const std::string_view name : kSettings) show_setting(name);
    if (network) {
      for (const std::string_view name : kNetworkSettings) show_setting(name);
    } else {
      WEFT_CHECK(file(std::format("127.0.0.1 localhost {}\n", kHost), "/etc/hosts"));
    }
    const auto uid = ::geteuid();
    const auto gid = ::getegid();
    WEFT_CHECK(file(std::format("weft:x:{}:{}::/tmp:/bin/sh\n", uid, gid), "/etc/passwd"));
    return file(std::format("weft:x:{}:\n", gid), "/etc/group");
  }
  Result<void> add_filter() {
    const std::string filter = system_call_filter(Refusals::silent);
    if (filter.empty()) return {};
    WEFT_TRY(const std::string number, data(filter));
    options.add("--seccomp", number);
    return {};
  }

  Options options;

 private:
  void show_setting(std::string_view name) {
    const std::string path = std::format("/etc/{}", name);
    options.add("--ro-bind-try", path, path);
  }

  SandboxCommand& out_;
};

/// The command up to the program's own arguments. What its own environment is, people inside can
/// read.
Result<void> finish(SandboxCommand& out, Builder& builder, const SandboxForm& form) {
  if (!form.own_proc) builder.options.add("--remount-ro", "/proc");
  builder.options.add("--remount-ro", "/");
  WEFT_TRY(const std::string number, builder.data(builder.options.text()));
  out.command.arguments = {kProgram, "--args", number, "--"};
  out.command.directory = "/";
  out.command.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                             {"HOME", "/tmp"},
                             {"LANG", "C.UTF-8"},
                             {"TMPDIR", "/tmp"}};
  return {};
}

bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-' ||
           each == '_';
  });
}

Result<void> check_installed(const fs::path& file) {
  if (::access(file.c_str(), X_OK) == 0) return {};
  return fail(Reason::unavailable,
              std::format("the program {} is missing{}install weft's workers, or say where they "
                          "are",
                          file.native(), kRemedyMark));
}

Result<void> check_own(const fs::path& libexec, std::string_view name) {
  if (is_plain(name)) return check_installed(libexec / std::format("weft-worker-{}", name));
  return fail(Reason::invalid_argument,
              std::format("`{}` is no program: a worker's name, or an absolute path", name));
}

void add_environment(Options& options, const ml::WorkerSpec& spec, bool own) {
  const std::string threads = std::to_string(std::max(spec.threads, 1));
  const auto set = [&](std::string_view name, std::string_view value) {
    options.add("--setenv", name, value);
  };
  set("PATH", "/usr/local/bin:/usr/bin:/bin");
  set("HOME", "/tmp");
  set("LANG", "C.UTF-8");
  for (const std::string_view name :
       {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS", "RAYON_NUM_THREADS"})
    set(name, threads);
  // Threads that wait for each other turn only for a moment: with other jobs beside them they would
  // take the processors from those they wait for.
  set("GOMP_SPINCOUNT", "10000");
  if (kSanitized && own) set(kSanitizerVariable, kSanitizerOptions);
  for (const auto& [name, value] : spec.environment) set(name, value);
}

Result<void> add_binds(Options& options, const ml::WorkerSpec& spec) {
  for (const ml::Bind& bind : spec.binds) {
    std::error_code none;
    if (!fs::exists(bind.from, none)) {
      return fail(Reason::invalid_argument,
                  std::format("{} is not there, and the program was to see it as {}",
                              bind.from.native(), bind.to.native()));
    }
    options.add(bind.writable ? "--bind" : "--ro-bind", bind.from.native(), bind.to.native());
  }
  return {};
}

bool holds_nul(const ml::WorkerSpec& spec) {
  const auto bad = [](std::string_view text) { return text.contains('\0'); };
  return bad(spec.program) || std::ranges::any_of(spec.arguments, bad) ||
         std::ranges::any_of(spec.environment, [&](const auto& each) {
           return each.first.empty() || each.first.contains('=') || bad(each.first) ||
                  bad(each.second);
         });
}

struct Tried {
  bool works = false;
  std::string said;  ///< its first line
};

/// Runs it to its end, at most kProbeTime.
Tried try_out(net::ChildCommand command) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return {.works = false, .said = file_error("make", "a pipe", errno).message};
  const File lifeline(ends[0]);
  const File alive(ends[1]);
  command.lifeline = lifeline.descriptor();
  auto spawned = net::spawn(command);
  if (!spawned) return {.works = false, .said = spawned.error().message};
  const std::array<File, 3> held{File(spawned->input), File(spawned->output),
                                 File(spawned->pid_fd)};
  pollfd ended{.fd = spawned->pid_fd, .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(kProbeTime.count())) <= 0) ::kill(-spawned->pid, SIGKILL);
  int status = 0;
  ::waitpid(spawned->pid, &status, 0);
  std::array<char, 1024> block{};
  const ssize_t count = ::read(spawned->output, block.data(), block.size());
  const std::string_view text(block.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return {.works = WIFEXITED(status) && WEXITSTATUS(status) == 0,
          .said = std::string(text.substr(0, text.find('\n')))};
}

Result<Tried> try_form(const SandboxForm& form) {
  SandboxCommand out;
  Builder builder(out);
  show_system(builder.options);
  add_form(builder.options, form, false);
  add_scratch(builder.options, 1U << 20);
  WEFT_CHECK(builder.add_settings(false));
  WEFT_CHECK(builder.add_filter());
  WEFT_CHECK(finish(out, builder, form));
  out.command.joined = true;
  out.command.arguments.insert(out.command.arguments.end(), {"/bin/sh", "-c", ":"});
  return try_out(std::move(out.command));
}

std::string setting(const char* path) {
  const File file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 32> block{};
  const ssize_t count = file.descriptor() < 0 ? 0 : ::read(file.descriptor(), block.data(), 32);
  const std::string_view text(block.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return std::string(text.substr(0, text.find('\n')));
}

/// What a machine that lets nobody make namespaces wants to be told.
std::string remedy() {
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  if (setting("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "as root: sysctl -w kernel.unprivileged_userns_clone=1";
  if (setting("/proc/sys/user/max_user_namespaces") == "0")
    return "as root: sysctl -w user.max_user_namespaces=10000";
  return "user namespaces must be allowed (in a container: `--security-opt seccomp=unconfined "
         "--security-opt apparmor=unconfined`, or `--privileged`)";
}

}  // namespace

std::string SandboxForm::str() const {
  return std::format("bubblewrap {}, {}{}", version,
                     own_proc ? "with a /proc of its own" : "with an empty /proc",
                     no_namespaces ? "" : ", programs may make namespaces in turn");
}

Result<SandboxForm> find_sandbox() {
  net::ChildCommand ask;
  ask.arguments = {kProgram, "--version"};
  ask.joined = true;
  const Tried version = try_out(std::move(ask));
  if (!version.works) {
    return fail(Reason::unavailable,
                std::format("bubblewrap, the sandbox of models' programs, is not installed{}"
                            "apt-get install bubblewrap",
                            kRemedyMark));
  }
  SandboxForm form;
  form.settings = machine_settings();
  form.version = version.said.substr(version.said.rfind(' ') + 1);
  std::string said;
  for (const bool no_namespaces : {true, false}) {
    for (const bool own_proc : {true, false}) {
      form.own_proc = own_proc;
      form.no_namespaces = no_namespaces;
      WEFT_TRY(const Tried tried, try_form(form));
      if (tried.works) return form;
      said = tried.said;
    }
  }
  return fail(Reason::unavailable,
              std::format("no sandbox can be made ({}){}{}", said, kRemedyMark, remedy()));
}

Result<SandboxCommand> sandbox_command(const SandboxForm& form, const SandboxView& view,
                                       const ml::WorkerSpec& spec, int gate,
                                       std::span<const File> links) {
  if (holds_nul(spec))
    return fail(Reason::invalid_argument, "an argument or a variable holds what none can hold");
  const bool own = !spec.program.starts_with('/');
  const fs::path gate_program = view.libexec / kGate;
  WEFT_CHECK(check_installed(gate_program));
  if (own) WEFT_CHECK(check_own(view.libexec, spec.program));
  SandboxCommand out;
  for (const File& link : links) out.command.descriptors.push_back(link.descriptor());
  Builder builder(out);
  Options& options = builder.options;
  show_system(options);
  add_form(options, form, spec.network);
  add_scratch(options, spec.memory_bytes);
  WEFT_CHECK(builder.add_settings(spec.network));
  for (const fs::path& path : view.shown) options.add("--ro-bind", path.native(), path.native());
  options.add("--ro-bind", gate_program.native(), kGateInside);
  if (own) options.add("--ro-bind", view.libexec.native(), kLibexecInside);
  WEFT_CHECK(add_binds(options, spec));
  add_environment(options, spec, own);
  // The sanitizer reads its options where the system would have them.
  if (kSanitized && own && !form.own_proc)
    WEFT_CHECK(builder.file(std::format("{}={}{}", kSanitizerVariable, kSanitizerOptions, '\0'),
                            "/proc/self/environ"));
  options.add("--chdir", spec.directory.empty() ? "/" : spec.directory.native());
  WEFT_CHECK(finish(out, builder, form));
  out.command.input = gate;
  // Without a network of the machine's it sees none of its sockets in the first place.
  out.command.own_abstract_sockets = spec.network;
  auto& words = out.command.arguments;
  words.emplace_back(kGateInside);
  words.push_back(own ? std::format("{}/weft-worker-{}", kLibexecInside, spec.program)
                      : spec.program);
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  return out;
}

}  // namespace weft::app
