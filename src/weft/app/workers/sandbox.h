// bubblewrap: which form of it works on this machine, and its command line for one program. Owned
// by app; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/file.h"
#include "weft/base/result.h"
#include "weft/ml/ports.h"
#include "weft/net/child.h"

namespace weft::app {

/// What bubblewrap can do here. Inside of another sandbox a /proc of its own cannot be had: the
/// program then finds an empty one.
struct SandboxForm {
  std::string version;                ///< `0.12.0`
  bool own_proc = false;              ///< /proc with its own processes
  bool no_namespaces = false;         ///< the program cannot make namespaces in turn
  std::vector<std::string> settings;  ///< what of /proc is the machine's, for reading alone
  std::string str() const;            ///< `bubblewrap 0.12.0, with a /proc of its own`
};

/// Tries them, the strictest first. Errors: Reason::unavailable with what is missing, and the
/// remedy behind kRemedyMark.
Result<SandboxForm> find_sandbox();
inline constexpr std::string_view kRemedyMark = "; ";

/// What of the machine a program sees.
struct SandboxView {
  std::filesystem::path libexec;
  std::vector<std::filesystem::path> shown;
};

/// What begins every program (gate/main.cc), in the folder of weft's own programs, and inside.
inline constexpr std::string_view kGate = "weft-gate";
inline constexpr std::string_view kGateInside = "/run/weft/gate";
/// Where the folder of weft's own programs is inside.
inline constexpr std::string_view kLibexecInside = "/run/weft/libexec";

/// A command that waits at its gate: it writes a line to its standard input (a socket), with what
/// tells of refused system calls (denials.h) where the kernel has that, and the program begins when
/// a line comes back; at its end nothing begins.
struct SandboxCommand {
  net::ChildCommand command;
  std::vector<File> held;  ///< open until the command was started
};

/// The sandbox follows the hub's death from the moment that the gate is open; until then the
/// command's lifeline is what it goes by.
/// `links` become descriptors kFirstLink and on. Errors: Reason::unavailable when the program of
/// ours does not exist; Reason::invalid_argument when a bind's source does not, or a name is none.
Result<SandboxCommand> sandbox_command(const SandboxForm& form, const SandboxView& view,
                                       const ml::WorkerSpec& spec, int gate,
                                       std::span<const File> links);

}  // namespace weft::app
