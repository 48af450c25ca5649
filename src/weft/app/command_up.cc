#include <malloc.h>
#include <signal.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <print>

#include "weft/app/commands.h"
#include "weft/app/config.h"
#include "weft/app/running.h"
#include "weft/app/service_manager.h"

namespace weft::app {
namespace {

constexpr Milliseconds kDrainGrace{30'000};
constexpr timespec kWatchEvery{.tv_sec = 1, .tv_nsec = 0};

Result<void> listen_at(const std::string& text, Config& config) {
  const auto colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) {
    return fail(Reason::invalid_argument,
                std::format("--listen wants HOST:PORT or PORT, not `{}`", text));
  }
  config.port = number;
  if (colon == std::string::npos || colon == 0) return {};
  config.host = text.substr(0, colon);
  if (config.host.starts_with('[') && config.host.ends_with(']')) {
    config.host = config.host.substr(1, config.host.size() - 2);
  }
  return {};
}

std::optional<log::Level> level_of(const std::string& word) {
  if (word == "debug") return log::Level::debug;
  if (word == "info") return log::Level::info;
  if (word == "warn") return log::Level::warn;
  if (word == "error") return log::Level::error;
  if (word == "off") return log::Level::off;
  return std::nullopt;
}

/// What the command line says goes over what the file says.
Result<void> settle(const UpOptions& options, Config& config) {
  if (!options.data.empty()) config.data = options.data;
  if (options.threads) config.threads = *options.threads;
  if (const auto level = level_of(options.log)) config.log_level = *level;
  return options.listen.empty() ? Result<void>() : listen_at(options.listen, config);
}

/// The configuration with the command line over it; faults are printed.
std::optional<Config> settle_config(const UpOptions& options, const Printer& printer, Exit& exit) {
  Config config;
  std::string file = options.config;
  std::error_code unseen;
  if (file.empty() && std::filesystem::exists("weft.yaml", unseen)) file = "weft.yaml";
  if (!file.empty()) {
    ConfigReading reading = load_config(file);
    if (!reading.faults.empty()) {
      exit = run_check(file, printer.as_json());
      return std::nullopt;
    }
    config = std::move(reading.config);
  }
  if (const auto fit = settle(options, config); !fit) {
    exit = printer.error(fit.error(), "", Exit::usage);
    return std::nullopt;
  }
  return config;
}

void print_banner(const Printer& printer, const Running& hub, const Config& config) {
  const std::string url = hub.url();
  printer.line(std::format("weft {}   data {}   config {}", WEFT_VERSION, config.data.string(),
                           config.file.empty() ? "none (defaults)" : config.file));
  printer.line(std::format("OpenAI     {0}/v1      MCP   {0}/mcp", url));
  printer.line(std::format("A2A        {0}/a2a     REST  {0}/api/openapi.json", url));
  printer.line(std::format("SageMaker  {0}         OIP   {0}/v2", url));
  if (!hub.grpc_address().empty()) printer.line(std::format("OIP gRPC   {}", hub.grpc_address()));
  printer.line(std::format("admin      {}", hub.socket_path()));
  printer.line("Try        weft add URL, then weft call NAME/SKILL");
  json::object document;
  document["version"] = WEFT_VERSION;
  document["url"] = url;
  document["admin"] = "unix:" + hub.socket_path();
  if (!hub.grpc_address().empty()) document["grpc"] = hub.grpc_address();
  document["data"] = config.data.string();
  printer.document(std::move(document));
  std::fflush(stdout);
}

std::filesystem::file_time_type changed_at(const std::string& file) {
  std::error_code error;
  return std::filesystem::last_write_time(file, error);
}

/// Signals end or reload the hub; between them the loops and the file are watched.
void serve(Running& hub, const Config& config, const sigset_t& signals,
           const ServiceManager& manager) {
  auto seen = config.file.empty() ? std::filesystem::file_time_type() : changed_at(config.file);
  while (true) {
    const int signal = ::sigtimedwait(&signals, nullptr, &kWatchEvery);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (hub.look()) manager.alive();
    if (config.file.empty()) continue;
    const auto now = changed_at(config.file);
    if (signal == SIGHUP || now != seen) {
      seen = now;
      hub.reload();
    }
  }
}

}  // namespace

Exit run_up(const UpOptions& options) {
  const Printer printer(options.json);
  Exit exit = Exit::done;
  auto config = settle_config(options, printer, exit);
  if (!config) return exit;
  log::set_level(config->log_level);
  // A hub holds small things for long: few arenas, and freed pages go back.
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  // Before any thread starts, so that all of them inherit it.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow is a full disk: the write says so.
  ::signal(SIGXFSZ, SIG_IGN);
  const ServiceManager manager;
  // Checked above: the same options fit again.
  auto hub = Running::start(*config, [&options](Config& next) { (void)settle(options, next); });
  if (!hub) return printer.error(hub.error(), "", Exit::failed);
  print_banner(printer, **hub, *config);
  manager.ready();
  serve(**hub, *config, signals, manager);
  manager.stopping();
  log::info("ending: running calls get {} s", kDrainGrace.count() / 1000);
  // A second signal ends at once.
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*hub)->drain(kDrainGrace);
  return Exit::done;
}

}  // namespace weft::app
