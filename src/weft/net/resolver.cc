#include "weft/net/resolver.h"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <netdb.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <format>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "weft/net/limits.h"
#include "weft/wire/http.h"

namespace weft::net {

/// The way back to a loop, for threads that may outlive it. Any thread.
struct Resolver::Gate {
  explicit Gate(Executor executor_in) : executor(executor_in) {}
  void tell(const std::shared_ptr<Waiter>& waiter, const Result<Addresses>& answer);

  std::mutex mutex;
  bool open = true;
  Executor executor;
};

/// The gate of a loop, closed when the loop goes.
class Resolver::Gates final : public boost::asio::execution_context::service {
 public:
  using key_type = Gates;
  static boost::asio::execution_context::id id;

  explicit Gates(boost::asio::execution_context& context)
      : service(context),
        gate(
            std::make_shared<Gate>(static_cast<boost::asio::io_context&>(context).get_executor())) {
  }
  static std::shared_ptr<Gate> of(Executor executor) {
    return boost::asio::use_service<Gates>(
               static_cast<boost::asio::io_context&>(executor.context()))
        .gate;
  }

  const std::shared_ptr<Gate> gate;

 private:
  void shutdown() override {
    const std::lock_guard lock(gate->mutex);
    gate->open = false;
  }
};

boost::asio::execution_context::id Resolver::Gates::id;

/// All but the gate is its loop's thread's.
struct Resolver::Waiter {
  const std::shared_ptr<Gate> gate;
  Wake* wake;
  std::optional<Result<Addresses>> answer;
};

void Resolver::Gate::tell(const std::shared_ptr<Waiter>& waiter, const Result<Addresses>& answer) {
  const std::lock_guard lock(mutex);
  if (!open) return;
  boost::asio::post(executor, [waiter, answer] {
    waiter->answer = answer;
    if (waiter->wake != nullptr) waiter->wake->now();
  });
}

struct Resolver::State : std::enable_shared_from_this<State> {
  struct Name {
    std::vector<std::shared_ptr<Waiter>> waiters;
    bool asked = false;  ///< in the queue, or a thread is at it
    std::optional<Result<Addresses>> answer;
    SteadyTime until;  ///< so long it is kept
  };

  explicit State(LookUp look_up_in) : look_up(std::move(look_up_in)) {}
  void ask(const std::string& name, std::shared_ptr<Waiter> waiter, SteadyTime now);
  void leave(const std::string& name, const std::shared_ptr<Waiter>& waiter);

  const LookUp look_up;

 private:
  // Under the mutex.
  void start_thread();
  void settle(const std::string& name, const Result<Addresses>& answer);
  void work();

  std::mutex mutex_;
  std::map<std::string, Name> names_;
  /// Names that no thread has taken yet; each has somebody who waits for it.
  std::deque<std::string> queue_;
  std::size_t threads_ = 0;
};

void Resolver::State::ask(const std::string& name, std::shared_ptr<Waiter> waiter, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (names_.size() >= kNamesKept) {
    std::erase_if(names_, [&](const auto& entry) {
      return entry.second.answer && entry.second.until <= now;
    });
  }
  Name& entry = names_[name];
  if (entry.answer && now < entry.until) {
    waiter->answer = entry.answer;
    return;
  }
  entry.answer.reset();
  entry.waiters.push_back(std::move(waiter));
  if (std::exchange(entry.asked, true)) return;
  queue_.push_back(name);
  start_thread();
}

void Resolver::State::leave(const std::string& name, const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(name);
  if (found == names_.end()) return;
  std::erase(found->second.waiters, waiter);
  // What a thread is at goes on; what is not begun is not begun for nobody.
  if (found->second.waiters.empty() && std::erase(queue_, name) > 0) names_.erase(found);
}

void Resolver::State::start_thread() {
  if (threads_ >= kLookUpThreadsMax) return;
  try {
    std::thread([state = shared_from_this()] {
      pthread_setname_np(pthread_self(), "weft-names");
      state->work();
    }).detach();
    ++threads_;
  } catch (const std::system_error& refused) {
    if (threads_ > 0) return;
    const Result<Addresses> none = fail(
        Reason::unavailable,
        std::format("the system gives no thread to ask for it ({})", refused.code().message()));
    for (const std::string& name : std::exchange(queue_, {})) settle(name, none);
  }
}

void Resolver::State::work() {
  std::unique_lock lock(mutex_);
  while (!queue_.empty()) {
    const std::string name = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const Result<Addresses> answer = look_up(name);
    lock.lock();
    settle(name, answer);
  }
  --threads_;
}

void Resolver::State::settle(const std::string& name, const Result<Addresses>& answer) {
  const auto found = names_.find(name);
  WEFT_ASSERT(found != names_.end());
  Name& entry = found->second;
  const auto waiters = std::exchange(entry.waiters, {});
  if (answer && !waiters.empty()) {
    names_.erase(found);
  } else {
    entry.asked = false;
    entry.answer = answer;
    entry.until = std::chrono::steady_clock::now() + (answer ? kLateNameTime : kFailedNameTime);
  }
  for (const auto& waiter : waiters) waiter->gate->tell(waiter, answer);
}

Resolver::Resolver(LookUp look_up) : state_(std::make_shared<State>(std::move(look_up))) {}

Resolver::Question Resolver::ask(std::string name, Executor executor, Wake& wake, SteadyTime now) {
  auto waiter = std::make_shared<Waiter>(Gates::of(executor), &wake);
  state_->ask(name, waiter, now);
  return {state_, std::move(waiter), std::move(name)};
}

Resolver::Question::Question(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter,
                             std::string name)
    : state_(std::move(state)), waiter_(std::move(waiter)), name_(std::move(name)) {}

Resolver::Question::~Question() {
  waiter_->wake = nullptr;
  if (!waiter_->answer) state_->leave(name_, waiter_);
}

bool Resolver::Question::answered() const { return waiter_->answer.has_value(); }

const Result<Addresses>& Resolver::Question::answer() const { return *waiter_->answer; }

std::optional<Addresses> addresses_without_question(std::string_view host) {
  boost::system::error_code no_literal;
  const auto literal = boost::asio::ip::make_address(host, no_literal);
  if (!no_literal) return Addresses{literal};
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!wire::same_name(host.substr(host.rfind('.') + 1), "localhost")) return std::nullopt;
  // In the order that the system gives them in where it knows both.
  return Addresses{boost::asio::ip::address_v6::loopback(),
                   boost::asio::ip::address_v4::loopback()};
}

Result<Addresses> system_look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int bad = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (bad != 0) {
    return fail(Reason::unavailable,
                bad == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(bad));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  Addresses out;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    boost::asio::ip::tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    out.push_back(endpoint.address());
  }
  return out;
}

}  // namespace weft::net
