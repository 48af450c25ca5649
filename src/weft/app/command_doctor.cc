#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <iterator>

#include "weft/app/command_run.h"
#include "weft/app/config.h"
#include "weft/app/terminal.h"
#include "weft/app/workers/workers.h"

namespace weft::app {
namespace {

struct Finding {
  std::string what;
  bool ok = true;
  std::string said;
  std::string remedy;
};

constexpr std::uint64_t kFreeBytesWanted = 256ULL * 1024 * 1024;
constexpr rlim_t kFilesWanted = 4096;
/// The column of what was found.
constexpr std::size_t kSaidAt = 24;

Finding check_data(const std::string& data) {
  const std::filesystem::path path(data);
  // One that cannot be looked at is what access() complains of below.
  std::error_code unseen;
  const auto parent = std::filesystem::absolute(path, unseen).parent_path();
  const auto& place = std::filesystem::exists(path, unseen) || unseen ? path : parent;
  if (::access(place.c_str(), W_OK | X_OK) != 0) {
    return {.what = "data folder",
            .ok = false,
            .said = std::format("{} cannot be written", place.string()),
            .remedy = "run as its owner, or choose another with `weft up --data DIR`"};
  }
  struct statvfs space{};
  if (::statvfs(place.c_str(), &space) == 0) {
    const std::uint64_t bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    if (bytes < kFreeBytesWanted) {
      return {
          .what = "data folder",
          .ok = false,
          .said = std::format("only {} MiB are free at {}", bytes / 1024 / 1024, place.string()),
          .remedy = "free some space: durable tasks need it"};
    }
  }
  return {.what = "data folder",
          .ok = true,
          .said = std::format("{} can be written", place.string()),
          .remedy = ""};
}

Finding check_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // `weft up` takes as many as the user may have.
  if (limit.rlim_max < kFilesWanted) {
    return {.what = "open files",
            .ok = false,
            .said = std::format("at most {}", limit.rlim_max),
            .remedy = std::format("`ulimit -Hn {}` before `weft up`: each connection needs one",
                                  kFilesWanted)};
  }
  return {.what = "open files",
          .ok = true,
          .said = std::format("at most {}", limit.rlim_max),
          .remedy = ""};
}

Finding check_certificates() {
  const char* named = std::getenv("SSL_CERT_FILE");
  const char* usual = "/etc/ssl/certs/ca-certificates.crt";
  for (const char* place : {named, usual}) {
    if (place != nullptr && ::access(place, R_OK) == 0) {
      return {.what = "certificates", .ok = true, .said = place, .remedy = ""};
    }
  }
  return {.what = "certificates",
          .ok = false,
          .said = "no certificate authorities are installed",
          .remedy = "apt-get install ca-certificates, or https solutions cannot be reached"};
}

Finding check_config() {
  std::error_code unseen;
  if (!std::filesystem::exists("weft.yaml", unseen)) {
    return {
        .what = "weft.yaml", .ok = true, .said = "none here; the defaults are used", .remedy = ""};
  }
  const auto reading = load_config("weft.yaml");
  if (reading.faults.empty())
    return {.what = "weft.yaml", .ok = true, .said = "fine", .remedy = ""};
  return {.what = "weft.yaml",
          .ok = false,
          .said = std::format("{} faults", reading.faults.size()),
          .remedy = "`weft check` shows them"};
}

/// What models are trained and served in.
std::vector<Finding> check_sandbox() {
  SandboxReport report = look_at_sandbox();
  std::vector<Finding> out;
  out.push_back({.what = "sandbox",
                 .ok = report.usable,
                 .said = std::move(report.sandbox),
                 .remedy = std::move(report.remedy)});
  out.push_back({.what = "program limits",
                 .ok = true,
                 .said = std::move(report.limits),
                 .remedy = std::move(report.limits_remedy)});
  return out;
}

Awaitable<std::vector<Finding>> check_hub(AdminClient& admin) {
  std::vector<Finding> out;
  auto info = co_await admin.get("/admin/v1/info");
  if (!info) {
    out.push_back(
        {.what = "hub",
         .ok = false,
         .said = info.error().message,
         .remedy = "start one with `weft up`, or say where it is with --hub or WEFT_HUB"});
    co_return out;
  }
  const auto& o = info->as_object();
  out.push_back({.what = "hub",
                 .ok = true,
                 .said = std::format("{} runs at {}", json::string_at(o, "version"),
                                     json::string_at(o, "url")),
                 .remedy = ""});
  auto solutions = co_await admin.get("/admin/v1/solutions");
  if (!solutions) co_return out;
  const auto* list = json::array_at(solutions->as_object(), "solutions");
  if (list == nullptr) co_return out;
  for (const auto& item : *list) {
    const auto& s = item.as_object();
    const bool down = json::string_at(s, "health") == "down";
    const std::string why(json::string_at(s, "why"));
    out.push_back(
        {.what = std::format("solution {}", json::string_at(s, "id")),
         .ok = !down,
         .said = why.empty() ? std::format("{} at {}", json::string_at(s, "health"),
                                           json::string_at(s, "url"))
                             : why,
         .remedy = down ? "is it running? weft takes it up again as soon as it answers" : ""});
    for (auto& fault : unknown_approvals(s)) {
      out.push_back({.what = std::format("approval {}", json::string_at(s, "id")),
                     .ok = false,
                     .said = std::move(fault),
                     .remedy = std::format("mend `approval` in {}", json::string_at(s, "origin"))});
    }
  }
  co_return out;
}

Exit print(const Printer& printer, const std::vector<Finding>& findings) {
  bool ok = true;
  json::array rows;
  for (const auto& finding : findings) {
    ok = ok && finding.ok;
    printer.line(std::format("{}  {:<18} {}", finding.ok ? "ok " : "BAD", finding.what,
                             hanging(finding.said, kSaidAt)));
    if (!finding.remedy.empty()) printer.line(std::string(kSaidAt, ' ') + finding.remedy);
    json::object row;
    row["what"] = finding.what;
    row["ok"] = finding.ok;
    row["said"] = finding.said;
    row["remedy"] = finding.remedy;
    rows.push_back(std::move(row));
  }
  json::object document;
  document["ok"] = ok;
  document["findings"] = std::move(rows);
  printer.document(std::move(document));
  return ok ? Exit::done : Exit::failed;
}

}  // namespace

Exit run_doctor(const HubOptions& hub, const std::string& data) {
  return run_command(hub,
                     [&](AdminClient& admin, const Printer& printer) -> Awaitable<Result<Exit>> {
                       std::vector<Finding> findings{check_data(data), check_files(),
                                                     check_certificates(), check_config()};
                       std::ranges::move(check_sandbox(), std::back_inserter(findings));
                       for (auto& finding : co_await check_hub(admin))
                         findings.push_back(std::move(finding));
                       co_return print(printer, findings);
                     });
}

}  // namespace weft::app
