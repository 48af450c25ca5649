// Names to addresses. The system's look-up blocks, for many seconds when nobody answers it: so it
// runs on a few threads that exist only while there is something to ask, once a name, and whoever
// waits may leave. Shared by the clients of all loops; any thread.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/net/wake.h"

namespace weft::net {

using Addresses = std::vector<boost::asio::ip::address>;
/// Finds the addresses of a name, however long that takes. Called on any thread.
using LookUp = std::function<Result<Addresses>(const std::string& name)>;

/// Asks the system (getaddrinfo).
Result<Addresses> system_look_up(const std::string& name);
/// What needs no question: an address in digits, and what is below `localhost` (RFC 6761, 6.3).
std::optional<Addresses> addresses_without_question(std::string_view host);

class Resolver {
 public:
  class Question;
  explicit Resolver(LookUp look_up = system_look_up);
  /// Asks, unless it is being asked already or was just now. `wake` is told by the executor's loop,
  /// whose thread this is, when the question is answered.
  [[nodiscard]] Question ask(std::string name, Executor executor, Wake& wake, SteadyTime now);

 private:
  struct Gate;
  struct Waiter;
  struct State;
  class Gates;
  /// Also held by the threads: a look-up that nobody waits for ends after this is gone.
  std::shared_ptr<State> state_;
};

/// One who waits for an answer, and may go before it comes. One loop.
class Resolver::Question {
 public:
  ~Question();
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  bool answered() const;
  /// Of an answered one.
  const Result<Addresses>& answer() const;

 private:
  friend class Resolver;
  Question(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter, std::string name);
  std::shared_ptr<State> state_;
  std::shared_ptr<Waiter> waiter_;
  std::string name_;
};

}  // namespace weft::net
