#include "weft/app/running.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <format>
#include <future>
#include <thread>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/common/front.h"
#include "weft/app/concierge_service.h"
#include "weft/app/grpc_programs.h"
#include "weft/app/memory_watch.h"
#include "weft/app/ml_services.h"
#include "weft/app/process.h"
#include "weft/app/watchdog.h"
#include "weft/app/workers/workers.h"
#include "weft/base/on_loop.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/net/descriptors.h"
#include "weft/store/sqlite/store.h"

namespace weft::app {
namespace {

/// Of a machine with little of it the hub takes up to half, until it has so much.
constexpr std::uint64_t kMemoryWanted = 256ULL << 20;

std::string shown_host(const std::string& host) {
  const std::string name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host;
  return name.contains(':') ? std::format("[{}]", name) : name;
}

/// Members in the order in which they may be needed by those below: the loops outlive the store,
/// the store the hub.
class RunningHub final : public Running {
 public:
  RunningHub(Config config, Running::Settle settle)
      : config_(std::move(config)),
        settle_(std::move(settle)),
        loops_(config_.threads, net::Loops::Background::one),
        watchdog_(loops_),
        memory_(config_.memory_bytes),
        clients_(std::in_place, loops_, net::ClientLimits()) {}

  ~RunningHub() override { drain(Milliseconds(0)); }

  Result<void> start() {
    store::sqlite::Options options;
    options.directory = config_.data;
    WEFT_TRY(store_, store::sqlite::Store::open(std::move(options)));
    hub_ = std::make_unique<hub::Hub>(hub::Hub::Parts{.clock = clock_,
                                                      .random = random_,
                                                      .tables = store_->tables(),
                                                      .journal = store_->journal()});
    WEFT_TRY(ml_, MlServices::create({.loops = loops_,
                                      .clock = clock_,
                                      .random = random_,
                                      .tables = store_->tables(),
                                      .hub = *hub_,
                                      .folder = std::filesystem::absolute(config_.data) / "ml",
                                      .config = config_.ml}));
    concierge_ = ConciergeService::create({.hub = *hub_,
                                           .tables = store_->tables(),
                                           .background = loops_.background().executor(),
                                           .config = config_.concierge});
    make_environment();
    WEFT_CHECK(loops_.start());
    WEFT_CHECK(wait(hub_->keys().load()));
    WEFT_CHECK(wait(concierge_->start()));
    WEFT_CHECK(wait(ml_->start()));
    background_ = std::make_unique<TaskGroup>(loops_.at(0).executor());
    grpc_ = std::make_unique<GrpcPrograms>(GrpcPrograms::Parts{
        .executor = loops_.at(0).executor(), .libexec = find_libexec(), .data = config_.data});
    WEFT_CHECK(listen());
    if (config_.grpc_port) WEFT_CHECK(open_grpc_door());
    boost::asio::post(loops_.at(0).executor(), [this] { background_->spawn(join_all()); });
    return {};
  }

  std::string url() const override { return environment_->listen_url; }
  std::string socket_path() const override { return (config_.data / "weft.sock").string(); }
  std::string grpc_address() const override { return grpc_address_; }

  void reload() override {
    boost::asio::post(loops_.at(0).executor(), [this] { background_->spawn(reload_and_log()); });
  }

  bool look() override {
    watchdog_.look();
    return watchdog_.ready();
  }

  void drain(Milliseconds grace) override {
    if (drained_) return;
    drained_ = true;
    if (loops_.running()) hub_->tasks().expect_stop();
    // All close their doors first; what runs shares one grace.
    const SteadyTime until = clock_.steady() + grace;
    for (auto& server : servers_) server->stop_accepting();
    for (auto& server : servers_) {
      const auto left = std::chrono::ceil<Milliseconds>(until - clock_.steady());
      server->drain(std::max(left, Milliseconds(0)));
    }
    // First, since what begins in the background may wait for a store elsewhere.
    const bool trains = loops_.running() && ml_;
    auto jobs = trains ? begin(ml_->end_jobs()) : std::future<void>();
    if (background_) wait(background_->join());
    if (loops_.running()) wait(hub_->tasks().stop());
    // What runs to the last may be asking a solution by it.
    if (grpc_ && loops_.running()) wait(grpc_->end());
    if (trains) {
      jobs.get();
      wait(ml_->drain());
    }
    servers_.clear();
    grpc_.reset();
    joiner_.reset();
    loops_.stop();
    ml_.reset();
    hub_.reset();
    concierge_.reset();
    store_.reset();
  }

 private:
  template <class T>
  std::future<T> begin(Awaitable<T> work) {
    return boost::asio::co_spawn(loops_.at(0).executor(), std::move(work), boost::asio::use_future);
  }
  template <class T>
  T wait(Awaitable<T> work) {
    return begin(std::move(work)).get();
  }

  void make_environment() {
    environment_ = std::make_unique<adapters::Environment>(
        adapters::Environment{.hub = *hub_,
                              .joiner = nullptr,
                              .clients = *clients_,
                              .ml = &ml_->api(),
                              .training = &concierge_->training(),
                              .listen_url = "",
                              .public_url = config_.public_url,
                              .data_directory = "",
                              .config_file = config_.file,
                              .reload = [this] { return reload_on_loop(); },
                              .ready = [this] { return watchdog_.ready(); },
                              .grpc_bridge = [this] { return grpc_->bridge(); },
                              .memory = memory_.level(),
                              .keys_required = config_.front.keys_required});
    environment_->data_directory = std::filesystem::absolute(config_.data).string();
    table_ = adapters::all_adapters();
    std::vector<std::unique_ptr<hub::Protocol>> protocols;
    for (const auto& adapter : table_) {
      if (adapter.protocol) protocols.push_back(adapter.protocol(*environment_));
    }
    joiner_ = std::make_unique<hub::Joiner>(*hub_, store_->tables(), std::move(protocols));
    environment_->joiner = joiner_.get();
  }

  Result<void> listen() {
    std::vector<adapters::Route> routes;
    for (const auto& adapter : table_) {
      if (!adapter.routes) continue;
      for (auto& route : adapter.routes(*environment_)) routes.push_back(std::move(route));
    }
    adapters::FrontConfig front = config_.front;
    front.hosts.push_back(shown_host(config_.host));
    if (const auto shown = parse_url(config_.public_url))
      front.hosts.push_back(shown_host(shown->host));
    const net::Handler handler =
        adapters::make_front(*environment_, std::move(routes), std::move(front));
    net::ServerLimits limits;
    limits.connections_max = net::connections_for(net::raise_descriptor_limit());
    limits.memory = memory_.level();
    // The socket first: who finds the port open finds the socket there.
    net::ListenAddress socket{.host = "", .port = 0, .unix_path = socket_path()};
    // Who looks after the hub is let in when memory is out: it may be what helps.
    net::ServerLimits always = limits;
    always.memory = nullptr;
    WEFT_TRY(auto admin,
             net::HttpServer::create(loops_, std::move(socket), std::nullopt, always, handler));
    net::ListenAddress tcp{.host = config_.host, .port = config_.port, .unix_path = ""};
    WEFT_TRY(auto server,
             net::HttpServer::create(loops_, std::move(tcp), config_.tls, limits, handler));
    environment_->listen_url = std::format("{}://{}:{}", config_.tls ? "https" : "http",
                                           shown_host(config_.host), server->port());
    if (config_.public_url.empty() && !config_.tls && !config_.front.hosts.empty() &&
        config_.front.keys_required) {
      log::warn(
          "callers that came as {} are shown http:// addresses; where a proxy ends TLS, set "
          "`listen.public_url` to the https:// one, or keys may travel in the clear",
          config_.front.hosts.front());
    }
    servers_.push_back(std::move(server));
    servers_.push_back(std::move(admin));
    if (config_.grpc_port) {
      net::ListenAddress door{.host = "",
                              .port = 0,
                              .unix_path = GrpcPrograms::door_socket(config_.data).string(),
                              .hands_on = true};
      WEFT_TRY(auto beside,
               net::HttpServer::create(loops_, std::move(door), std::nullopt, limits, handler));
      servers_.push_back(std::move(beside));
    }
    for (auto& each : servers_) each->start();
    return {};
  }

  Result<void> open_grpc_door() {
    WEFT_TRY(const int port, wait(grpc_->open_door({.host = config_.host,
                                                    .port = *config_.grpc_port,
                                                    .hub_port = servers_.front()->port(),
                                                    .tls = config_.tls})));
    grpc_address_ = std::format("{}:{}", shown_host(config_.host), port);
    return {};
  }

  /// Models load while all else goes on.
  void reconcile_models() {
    auto models = config_.models;
    background_->spawn(ml_->reconcile(std::move(models), background_->token()));
  }

  Awaitable<> join_all() {
    const Executor executor = loops_.at(0).executor();
    if (auto restored = co_await joiner_->restore(); !restored) {
      log::error("what had joined before could not be read: {}", restored.error().message);
    }
    // Each task waits for its own solution, none for the slowest.
    if (auto recovered = co_await hub_->tasks().recover(executor); !recovered) {
      log::error("the tasks of the hub's last life could not be read: {}",
                 recovered.error().message);
    }
    reconcile_models();
    auto configured = config_.solutions;
    co_await joiner_->reconcile(std::move(configured), executor, background_->token());
    co_await joiner_->keep_fresh(executor, background_->token());
  }

  /// The settings that differ and that a running hub cannot change.
  std::string waiting_settings(const Config& next) const {
    std::string out;
    const auto note = [&](std::string_view name, bool differs) {
      if (differs) out += std::format("{}`{}`", out.empty() ? "" : ", ", name);
    };
    note("listen.host", next.host != config_.host);
    note("listen.port", next.port != config_.port);
    note("listen.grpc", next.grpc_port != config_.grpc_port);
    note("listen.hosts", next.front.hosts != config_.front.hosts);
    note("listen.origins", next.front.origins != config_.front.origins);
    const auto files = [](const std::optional<net::TlsServerConfig>& tls) {
      return tls ? std::vector{tls->certificate_file, tls->key_file, tls->client_ca_file}
                 : std::vector<std::string>();
    };
    note("listen.public_url", next.public_url != config_.public_url);
    note("listen.tls", files(next.tls) != files(config_.tls));
    note("keys.required", next.front.keys_required != config_.front.keys_required);
    note("data", next.data != config_.data);
    note("ml", next.ml != config_.ml);
    note("concierge", next.concierge != config_.concierge);
    note("memory", next.memory_bytes != 0 && next.memory_bytes != config_.memory_bytes);
    note("threads", next.threads != 0 && next.threads != config_.threads);
    return out;
  }

  Awaitable<> reload_and_log() {
    auto done = co_await reload_in_turn();
    if (done) {
      log::info("configuration read again: {}", *done);
    } else if (!background_->token().cancelled()) {
      log::error("{}", done.error().message);
    }
  }

  /// From any loop: the configuration belongs to the first.
  Awaitable<Result<std::string>> reload_on_loop() {
    auto reloading = reload_in_turn();
    co_return co_await on_loop(loops_.at(0).executor(), std::move(reloading));
  }

  /// One after the other, the last one the last.
  Awaitable<Result<std::string>> reload_in_turn() {
    if (config_.file.empty())
      co_return fail(Reason::unsupported, "this hub runs without a configuration file");
    const CancelToken ends = background_->token();
    while (reloading_) {
      const bool slept = co_await sleep_for(Milliseconds(10), ends);
      if (!slept) co_return fail(ends.why());
    }
    reloading_ = true;
    auto done = co_await reload_now(ends);
    reloading_ = false;
    co_return done;
  }

  Awaitable<Result<std::string>> reload_now(CancelToken ends) {
    ConfigReading reading = load_config(config_.file);
    if (!reading.faults.empty()) {
      const auto& first = reading.faults.front();
      co_return fail(
          Reason::invalid_argument,
          std::format(
              "{}:{}: {} {} (`weft check -c {}` shows all; the running configuration stays)",
              first.file, first.line, first.code, first.message, config_.file));
    }
    if (settle_) settle_(reading.config);
    const std::size_t count = reading.config.solutions.size();
    std::string words = std::format("{} solution{}", count, count == 1 ? "" : "s");
    if (const auto waits = waiting_settings(reading.config); !waits.empty()) {
      log::warn("{}: {} changed and takes effect at the next start", config_.file, waits);
      words += std::format("; {} takes effect at the next start", waits);
    }
    config_.solutions = std::move(reading.config.solutions);
    log::set_level(reading.config.log_level);
    config_.models = std::move(reading.config.models);
    reconcile_models();
    auto configured = config_.solutions;
    co_await joiner_->reconcile(std::move(configured), loops_.at(0).executor(), ends);
    co_return words;
  }

  Config config_;
  Settle settle_;
  SystemClock clock_;
  SystemRandom random_;
  net::Loops loops_;
  Watchdog watchdog_;
  MemoryWatch memory_;
  std::optional<net::HttpClients> clients_;
  std::unique_ptr<store::sqlite::Store> store_;
  std::unique_ptr<ConciergeService> concierge_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<MlServices> ml_;
  std::vector<adapters::Adapter> table_;
  std::unique_ptr<adapters::Environment> environment_;
  std::unique_ptr<hub::Joiner> joiner_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  std::string grpc_address_;
  std::unique_ptr<TaskGroup> background_;
  std::unique_ptr<GrpcPrograms> grpc_;
  bool drained_ = false;
  bool reloading_ = false;
};

}  // namespace

Result<std::unique_ptr<Running>> Running::start(Config config, Settle settle) {
  if (!is_loopback(config.host) && !config.front.keys_required) {
    return fail(
        Reason::permission_denied,
        std::format(
            "listening on {} reaches beyond this machine, and nothing would ask callers who they "
            "are; "
            "set `keys: {{required: true}}` in weft.yaml and make a key with `weft key new NAME`",
            config.host));
  }
  if (config.memory_bytes == 0) {
    const std::uint64_t all = machine_memory_bytes();
    config.memory_bytes = std::max(all / 4, std::min(kMemoryWanted, all / 2));
  }
  if (config.threads == 0) config.threads = std::max(1U, std::thread::hardware_concurrency());
  std::unique_ptr<RunningHub> hub;
  try {
    hub = std::make_unique<RunningHub>(std::move(config), std::move(settle));
  } catch (const boost::system::system_error& refused) {
    return fail(Reason::unavailable,
                std::format("the system gives nothing for a loop to wait on ({}): raise `ulimit "
                            "-n`, or run fewer loops (`--threads N`)",
                            refused.code().message()));
  }
  WEFT_CHECK(hub->start());
  return hub;
}

}  // namespace weft::app
