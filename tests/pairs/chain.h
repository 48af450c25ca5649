// Three hubs in a row: the first calls the second in protocol P, the second the third in protocol
// Q, and the third holds a scripted solution. What goes in and what comes out are canonical, so the
// laws can be checked with no other oracle. Owned by the test.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "play.h"
#include "spy.h"
#include "tap.h"
#include "weft/adapters/common/adapter.h"
#include "weft/adapters/common/front.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::pairs {

/// A whole hub on a port of its own, with its store in memory.
class TestHub {
 public:
  TestHub(net::Loops& loops, net::HttpClients& clients);
  ~TestHub();
  hub::Hub& hub() { return *hub_; }
  const std::string& url() const { return environment_->listen_url; }
  void add(std::shared_ptr<const hub::Entry> entry);
  /// Joins what speaks `protocol` at the URL, as `name`.
  Result<hub::JoinReport> join(std::string url, std::string protocol, std::string name);
  /// Calls that it has begun and not seen the end of.
  std::uint32_t running() const;
  /// From now on what the solution's client gives is noted.
  void spy(const std::string& solution, std::shared_ptr<Spied> spied);
  Tap& tap() { return tap_; }

 private:
  net::Loops& loops_;
  SystemClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  Tap tap_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<adapters::Environment> environment_;
  std::unique_ptr<hub::Joiner> joiner_;
  std::unique_ptr<net::HttpServer> server_;
};

/// When a call is given up: after so many events, before or while the next one is waited for, with
/// cancel() or by dropping the stream.
struct GiveUp {
  int after_events = 0;
  bool while_waiting = false;
  bool by_dropping = false;
};

/// One crossing: a hub's door of the protocol, and the next hub's client of it. Where a hub passes
/// the bytes through, door and client of two hubs are one crossing.
struct Hop {
  std::string protocol;
  /// Of the skill that the door serves.
  model::Shape shape = model::Shape::invoke;
  bool streams = false;
  /// Whether the door had something to tell before the end.
  bool begun = false;
  /// What the door's hub had for an answer, and what the client gave its own hub.
  model::End sent{model::Output{}, {}};
  model::End came{model::Output{}, {}};
  /// Whether the End, where it has turns of its own, says what came as deltas.
  bool end_agrees = true;
  /// What the door and the client reported as lost.
  std::vector<model::Loss> losses;
  /// What the door answered, for people who look for a fault: until the chain's next call.
  const Tap* wire = nullptr;
};

/// What the caller at the near end was told, and each crossing on the way there.
struct Told {
  std::vector<model::Event> events;
  /// Empty when the call did not reach the solution.
  std::vector<Hop> hops;
  /// Whether the call was given up where it was to be: not when it had fewer events.
  bool gave_up = false;
  std::int64_t ended_after_ms = 0;
  const model::End& end() const { return std::get<model::End>(events.back().body); }
};

/// The whole answer of a stream.
model::End folded(const std::vector<model::Event>& events);

class Chain {
 public:
  /// `skills` are those of the scripted solution; its own when there are none.
  Chain(std::string caller_protocol, std::string solution_protocol,
        std::vector<model::Skill> skills = {});
  ~Chain();
  /// Why the chain could not be made; empty when it was.
  const std::string& broken() const { return broken_; }
  /// Whether the second hub hands the bytes on as they are (design.md §4).
  bool passes_through() const { return middle_ == nullptr; }
  Stage& stage() { return stage_; }
  TestHub& first() { return *first_; }
  TestHub& second() { return *second_; }
  /// Calls that any of the hubs still counts.
  std::uint32_t running() const;

  /// A call of the skill with arguments, in the form that both protocols have for it.
  model::Call with_args(const std::string& skill, json::object args, model::Reply reply) const;
  /// A call of a skill that converses, with plain words.
  model::Call with_words(const std::string& skill, std::string words, model::Reply reply) const;

  /// A call by a name that is shown at the near end (of a model: at the second hub).
  model::Call by_name(const std::string& name) const;

  /// `on_ask` answers questions.
  using OnAsk = std::function<model::Answers(const model::Ask&)>;
  Told tell(model::Call call, OnAsk on_ask = {});
  Told tell(model::Call call, GiveUp give_up);

 private:
  model::Call base(const std::string& skill, model::Reply reply) const;
  Awaitable<Told> drive(model::Call call, OnAsk on_ask, std::optional<GiveUp> give_up);
  Told run(model::Call call, OnAsk on_ask, std::optional<GiveUp> give_up);
  std::vector<Hop> hops() const;
  Hop far_hop() const;
  Hop near_hop(bool whole) const;
  void watch();

  std::string caller_protocol_;
  std::string solution_protocol_;
  Stage stage_;
  std::shared_ptr<Spied> near_ = std::make_shared<Spied>();
  /// Empty where the second hub passes the bytes through.
  std::shared_ptr<Spied> middle_;
  net::Loops loops_;
  net::HttpClients clients_;
  std::unique_ptr<TestHub> first_;
  std::unique_ptr<TestHub> second_;
  std::unique_ptr<TestHub> third_;
  std::string broken_;
};

/// The URL at which a hub shows its solution `name` in a protocol.
std::string door(const TestHub& hub, const std::string& protocol, const std::string& name);

}  // namespace weft::pairs
