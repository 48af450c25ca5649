#include "weft/app/workers/system_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace weft::app {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned kArchitecture = 0;
#endif
/// Of x86-64: the calls of its 32-bit variant carry this bit.
constexpr unsigned kOtherCalls = 0x40000000U;

constexpr auto kRefused = std::to_array<unsigned>({
    // Looking into others, and running code in the kernel.
    SYS_ptrace,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    // Keys are not kept apart by namespaces.
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    // Another view of files than the one given.
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_open_by_handle_at,
    // The machine itself.
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_syslog,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
#endif
});
constexpr auto kUnknown =
    std::to_array<unsigned>({SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register});

/// The rest knows no namespaces (those of virtual machines and their hosts for one) or no limits.
constexpr auto kFamilies = std::to_array<unsigned>({AF_UNIX, AF_INET, AF_INET6, AF_NETLINK});

constexpr sock_filter statement(unsigned code, unsigned value) {
  return {static_cast<__u16>(code), 0, 0, value};
}
constexpr sock_filter when(unsigned test, unsigned value, unsigned char skip_if,
                           unsigned char skip_else) {
  return {static_cast<__u16>(BPF_JMP | test | BPF_K), skip_if, skip_else, value};
}
constexpr sock_filter answer(unsigned what) { return statement(BPF_RET | BPF_K, what); }

}  // namespace

std::string system_call_filter() {
  if (kArchitecture == 0) return "";
  const sock_filter refuse = answer(SECCOMP_RET_ERRNO | EPERM);
  const sock_filter unknown = answer(SECCOMP_RET_ERRNO | ENOSYS);
  std::vector<sock_filter> out{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      when(BPF_JEQ, kArchitecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      when(BPF_JGE, kOtherCalls, 0, 1),
      unknown,
  };
  for (const unsigned each : kRefused) {
    out.push_back(when(BPF_JEQ, each, 0, 1));
    out.push_back(refuse);
  }
  for (const unsigned each : kUnknown) {
    out.push_back(when(BPF_JEQ, each, 0, 1));
    out.push_back(unknown);
  }
  // The lower half of the first argument, on machines that keep it first.
  out.push_back(when(BPF_JEQ, SYS_socket, 0, kFamilies.size() + 2));
  out.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    const auto to_allow = static_cast<unsigned char>(kFamilies.size() - i);
    out.push_back(when(BPF_JEQ, kFamilies[i], to_allow, 0));
  }
  out.push_back(answer(SECCOMP_RET_ERRNO | EAFNOSUPPORT));
  out.push_back(answer(SECCOMP_RET_ALLOW));
  return {reinterpret_cast<const char*>(out.data()), out.size() * sizeof(sock_filter)};
}

}  // namespace weft::app
