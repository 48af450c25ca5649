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

bool Session::is_for(const model::Principal& principal, std::string_view mount) const {
  return facts_.principal.name == principal.name && facts_.principal.key_id == principal.key_id &&
         facts_.mount == mount;
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

Result<std::shared_ptr<Session>> Sessions::create(SessionFacts facts) {
  facts.id = random_hex(kSessionIdBytes, random_);
  auto session = std::make_shared<Session>(std::move(facts));
  const std::int64_t now = clock_.unix_ms();
  session->touch(now);
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kSweepFrom) sweep(now);
  if (sessions_.size() >= kSessionsMax) {
    return fail(
        Reason::rate_limited,
        std::format("there are {} MCP sessions already; end one with DELETE", kSessionsMax));
  }
  sessions_.emplace(session->facts().id, session);
  return session;
}

void Sessions::sweep(std::int64_t now_ms) {
  std::erase_if(sessions_, [&](const auto& entry) {
    if (now_ms - entry.second->used_ms() < kSessionIdleMs) return false;
    entry.second->close();
    return true;
  });
}

std::shared_ptr<Session> Sessions::find(std::string_view id, const model::Principal& principal,
                                        std::string_view mount) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second->is_for(principal, mount)) return nullptr;
  const std::int64_t now = clock_.unix_ms();
  if (now - found->second->used_ms() >= kSessionIdleMs) {
    found->second->close();
    sessions_.erase(found);
    return nullptr;
  }
  found->second->touch(now);
  return found->second;
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
