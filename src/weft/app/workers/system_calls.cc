#include "weft/app/workers/system_calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
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

struct Refused {
  unsigned number;
  RefusedCall call;
};
constexpr auto kRefused = std::to_array<Refused>({
    // Looking into others, and running code in the kernel.
    {SYS_ptrace, {"ptrace", EPERM}},
    {SYS_bpf, {"bpf", EPERM}},
    {SYS_perf_event_open, {"perf_event_open", EPERM}},
    {SYS_userfaultfd, {"userfaultfd", EPERM}},
    // Keys are not kept apart by namespaces.
    {SYS_add_key, {"add_key", EPERM}},
    {SYS_request_key, {"request_key", EPERM}},
    {SYS_keyctl, {"keyctl", EPERM}},
    // Another view of files than the one given.
    {SYS_mount, {"mount", EPERM}},
    {SYS_umount2, {"umount2", EPERM}},
    {SYS_pivot_root, {"pivot_root", EPERM}},
    {SYS_chroot, {"chroot", EPERM}},
    {SYS_unshare, {"unshare", EPERM}},
    {SYS_setns, {"setns", EPERM}},
    {SYS_open_tree, {"open_tree", EPERM}},
    {SYS_move_mount, {"move_mount", EPERM}},
    {SYS_fsopen, {"fsopen", EPERM}},
    {SYS_fsconfig, {"fsconfig", EPERM}},
    {SYS_fsmount, {"fsmount", EPERM}},
    {SYS_fspick, {"fspick", EPERM}},
    {SYS_mount_setattr, {"mount_setattr", EPERM}},
    {SYS_open_by_handle_at, {"open_by_handle_at", EPERM}},
    // The machine itself.
    {SYS_init_module, {"init_module", EPERM}},
    {SYS_finit_module, {"finit_module", EPERM}},
    {SYS_delete_module, {"delete_module", EPERM}},
    {SYS_kexec_load, {"kexec_load", EPERM}},
    {SYS_kexec_file_load, {"kexec_file_load", EPERM}},
    {SYS_reboot, {"reboot", EPERM}},
    {SYS_swapon, {"swapon", EPERM}},
    {SYS_swapoff, {"swapoff", EPERM}},
    {SYS_syslog, {"syslog", EPERM}},
    {SYS_acct, {"acct", EPERM}},
    {SYS_quotactl, {"quotactl", EPERM}},
    {SYS_settimeofday, {"settimeofday", EPERM}},
    {SYS_clock_settime, {"clock_settime", EPERM}},
    {SYS_clock_adjtime, {"clock_adjtime", EPERM}},
    {SYS_adjtimex, {"adjtimex", EPERM}},
    {SYS_sethostname, {"sethostname", EPERM}},
    {SYS_setdomainname, {"setdomainname", EPERM}},
#if defined(__x86_64__)
    {SYS_iopl, {"iopl", EPERM}},
    {SYS_ioperm, {"ioperm", EPERM}},
#endif
    // Libraries take another way without.
    {SYS_io_uring_setup, {"io_uring_setup", ENOSYS}},
    {SYS_io_uring_enter, {"io_uring_enter", ENOSYS}},
    {SYS_io_uring_register, {"io_uring_register", ENOSYS}},
});
/// The two that are looked at more closely.
constexpr RefusedCall kNamespaces{"clone with new namespaces", EPERM};
constexpr RefusedCall kOtherSocket{"socket of another family", EAFNOSUPPORT};
constexpr unsigned kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

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

std::string system_call_filter(Refusals refusals) {
  if (kArchitecture == 0) return "";
  const auto refuse = [&](const RefusedCall& call) {
    return refusals == Refusals::told
               ? answer(SECCOMP_RET_USER_NOTIF)
               : answer(SECCOMP_RET_ERRNO | static_cast<unsigned>(call.error));
  };
  // The lower half of the first argument, on machines that keep it first.
  constexpr sock_filter kFirst = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args));
  std::vector<sock_filter> out{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      when(BPF_JEQ, kArchitecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      when(BPF_JGE, kOtherCalls, 0, 1),
      answer(SECCOMP_RET_ERRNO | ENOSYS),
      // Its flags are in memory, which a filter cannot read; libraries then take the older one.
      when(BPF_JEQ, SYS_clone3, 0, 1),
      answer(SECCOMP_RET_ERRNO | ENOSYS),
  };
  for (const Refused& each : kRefused) {
    out.push_back(when(BPF_JEQ, each.number, 0, 1));
    out.push_back(refuse(each.call));
  }
  out.push_back(when(BPF_JEQ, SYS_clone, 0, 4));
  out.push_back(kFirst);
  out.push_back(when(BPF_JSET, kNewNamespaces, 0, 1));
  out.push_back(refuse(kNamespaces));
  out.push_back(answer(SECCOMP_RET_ALLOW));
  out.push_back(when(BPF_JEQ, SYS_socket, 0, kFamilies.size() + 2));
  out.push_back(kFirst);
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    const auto to_allow = static_cast<unsigned char>(kFamilies.size() - i);
    out.push_back(when(BPF_JEQ, kFamilies[i], to_allow, 0));
  }
  out.push_back(refuse(kOtherSocket));
  out.push_back(answer(SECCOMP_RET_ALLOW));
  return {reinterpret_cast<const char*>(out.data()), out.size() * sizeof(sock_filter)};
}

RefusedCall refused_call(int number) {
  if (number == SYS_clone) return kNamespaces;
  if (number == SYS_socket) return kOtherSocket;
  const auto* const at =
      std::ranges::find(kRefused, static_cast<unsigned>(number), &Refused::number);
  return at == kRefused.end() ? RefusedCall{"another", EPERM} : at->call;
}

}  // namespace weft::app
