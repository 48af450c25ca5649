#include "weft/adapters/mcp/sessions.h"

#include <format>

namespace weft::adapters::mcp {

namespace {

constexpr std::size_t kSessionIdBytes = 20;
/// How often the idle ones are looked for without need.
constexpr std::size_t kSweepFrom = 64;

}  // namespace

Session::Session(SessionFacts facts)
    : facts_(std::move(facts)), general_(std::make_shared<Replay>("g")) {}

bool Session::is_of(const model::Principal& principal) const {
  return facts_.principal.name == principal.name && facts_.principal.key_id == principal.key_id;
}

bool Session::is_for(const model::Principal& principal, std::string_view mount) const {
  return is_of(principal) && facts_.mount == mount;
}

std::string Session::log_level() const {
  const std::lock_guard lock(mutex_);
  return log_level_;
}

void Session::set_log_level(std::string level) {
  const std::lock_guard lock(mutex_);
  log_level_ = std::move(level);
}

bool Session::began(const json::value& id, Executor executor,
                    std::shared_ptr<CancelSource> cancel) {
  const std::lock_guard lock(mutex_);
  if (running_.size() >= kRunningPerSessionMax) return false;
  return running_.emplace(json::write(id), Running{executor, cancel}).second;
}

void Session::ended(const json::value& id) {
  const std::lock_guard lock(mutex_);
  running_.erase(json::write(id));
}

void Session::cancel_on_its_loop(const Running& running, std::string why) {
  boost::asio::post(running.executor, [weak = running.cancel, why = std::move(why)] {
    if (auto source = weak.lock()) source->cancel(make_error(Reason::cancelled, why));
  });
}

void Session::cancel(const json::value& id) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(json::write(id));
  if (found != running_.end())
    cancel_on_its_loop(found->second, "the client cancelled the request");
}

void Session::close() {
  std::deque<std::shared_ptr<Replay>> streams;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, running] : running_) cancel_on_its_loop(running, "the session was ended");
    for (const auto& [id, answers] : expected_) {
      answers->close(make_error(Reason::cancelled, "the session was ended"));
    }
    streams = streams_;
  }
  for (const auto& stream : streams) stream->close();
  general_->close();
}

std::string Session::expect(std::shared_ptr<Answers> answers) {
  const std::lock_guard lock(mutex_);
  std::string id = std::format("weft-{}", next_request_++);
  expected_.emplace(id, std::move(answers));
  return id;
}

void Session::forget(std::string_view request_id) {
  const std::lock_guard lock(mutex_);
  const auto found = expected_.find(request_id);
  if (found != expected_.end()) expected_.erase(found);
}

bool Session::deliver(wire::JsonRpcResponse response) {
  if (!response.id.is_string()) return false;
  std::shared_ptr<Answers> answers;
  {
    const std::lock_guard lock(mutex_);
    const auto found = expected_.find(std::string_view(response.id.get_string()));
    if (found == expected_.end()) return false;
    answers = std::move(found->second);
    expected_.erase(found);
  }
  return answers->push(std::move(response));
}

std::shared_ptr<Replay> Session::new_stream() {
  const std::lock_guard lock(mutex_);
  auto stream = std::make_shared<Replay>(std::format("s{}", next_stream_++));
  streams_.push_back(stream);
  while (streams_.size() > kReplayStreamsMax) streams_.pop_front();
  return stream;
}

std::shared_ptr<Replay> Session::find_stream(std::string_view stream) const {
  if (stream == general_->stream()) return general_;
  const std::lock_guard lock(mutex_);
  for (const auto& kept : streams_) {
    if (kept->stream() == stream) return kept;
  }
  return nullptr;
}

Sessions::Sessions(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

namespace {

bool is_idle(const Session& session, std::int64_t now_ms) {
  return !session.in_use() && now_ms - session.used_ms() >= kSessionIdleMs;
}

/// A session while someone has it: used till then.
class Use {
 public:
  Use(std::shared_ptr<Session> session, const Clock& clock)
      : session_(std::move(session)), clock_(clock) {
    session_->touch(clock_.unix_ms());
    session_->enter();
  }
  ~Use() {
    session_->touch(clock_.unix_ms());
    session_->leave();
  }
  Use(const Use&) = delete;
  Session* session() const { return session_.get(); }

 private:
  std::shared_ptr<Session> session_;
  const Clock& clock_;
};

}  // namespace

Result<std::shared_ptr<Session>> Sessions::create(SessionFacts facts) {
  facts.id = random_hex(kSessionIdBytes, random_);
  auto session = std::make_shared<Session>(std::move(facts));
  const std::int64_t now = clock_.unix_ms();
  session->touch(now);
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kSweepFrom) sweep(now);
  WEFT_CHECK(make_room(session->facts().principal));
  sessions_.emplace(session->facts().id, session);
  return session;
}

void Sessions::sweep(std::int64_t now_ms) {
  std::erase_if(sessions_, [&](const auto& entry) {
    if (!is_idle(*entry.second, now_ms)) return false;
    entry.second->close();
    return true;
  });
}

Result<void> Sessions::make_room(const model::Principal& principal) {
  const auto longer_left = [&](Table::iterator a, Table::iterator b) {
    return b == sessions_.end() || a->second->used_ms() < b->second->used_ms();
  };
  std::size_t own = 0;
  auto oldest = sessions_.end();
  auto oldest_own = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    const bool is_own = it->second->is_of(principal);
    own += is_own ? 1 : 0;
    if (it->second->in_use()) continue;
    if (longer_left(it, oldest)) oldest = it;
    if (is_own && longer_left(it, oldest_own)) oldest_own = it;
  }
  const bool share_is_full = own >= kSessionsPerKeyMax;
  if (!share_is_full && sessions_.size() < kSessionsMax) return {};
  const auto gives_way = share_is_full || oldest_own != sessions_.end() ? oldest_own : oldest;
  if (gives_way == sessions_.end()) {
    return fail(Reason::rate_limited,
                std::format("{} MCP sessions are in use already; end one with DELETE",
                            share_is_full ? own : sessions_.size()));
  }
  gives_way->second->close();
  sessions_.erase(gives_way);
  return {};
}

std::shared_ptr<Session> Sessions::find(std::string_view id, const model::Principal& principal,
                                        std::string_view mount) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second->is_for(principal, mount)) return nullptr;
  if (is_idle(*found->second, clock_.unix_ms())) {
    found->second->close();
    sessions_.erase(found);
    return nullptr;
  }
  auto use = std::make_shared<Use>(found->second, clock_);
  return {use, use->session()};
}

void Sessions::remove(std::string_view id) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    session = found->second;
    sessions_.erase(found);
  }
  session->close();
}

std::vector<std::shared_ptr<Session>> Sessions::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Session>> list;
  list.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) list.push_back(session);
  return list;
}

std::size_t Sessions::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace weft::adapters::mcp
