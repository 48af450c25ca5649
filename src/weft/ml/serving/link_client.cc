#include "weft/ml/serving/link_client.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <format>

namespace weft::ml {
namespace {

using wire::WorkerFrame;
using wire::WorkerFrameKind;

/// What a frame takes besides its texts (wire/worker_frames.h).
constexpr std::size_t kFrameHead = 24;
constexpr std::size_t kSlotsMin = 64;

std::size_t bytes_of(const WorkerFrame& frame) {
  return kFrameHead + frame.type.size() + frame.accept.size() + frame.attributes.size() +
         frame.body.size();
}

}  // namespace

std::uint32_t WorkerLoad::all() const {
  std::uint32_t out = 0;
  for (const Count& each : counts_) out += each.running.load(std::memory_order_relaxed);
  return out;
}

SteadyTime WorkerLoad::waited_until() const {
  SteadyTime out;
  for (const Count& each : counts_) out = std::max(out, each.until.load(std::memory_order_relaxed));
  return out;
}

LinkClient::LinkClient(Parts parts)
    : executor_(parts.executor),
      loop_(parts.loop),
      link_(std::move(parts.link)),
      load_(std::move(parts.load)),
      log_stream_(std::move(parts.log_stream)),
      lost_(std::move(parts.lost)),
      changed_(executor_),
      idle_(executor_),
      slots_(kSlotsMin),
      pulse_pause_(parts.pulse),
      silent_max_(parts.silent_max) {}

LinkClient::~LinkClient() { fail_all(broken("")); }

Error LinkClient::broken(std::string_view how) const {
  return make_error(Reason::solution_failed,
                    std::format("the connection to the model's program ended{}; its log stream: {}",
                                how, log_stream_));
}

Awaitable<Result<std::string>> LinkClient::ready(SteadyTime deadline) {
  const auto self = shared_from_this();
  bool late = false;
  const Timer timer = run_at(executor_, deadline, [&] {
    late = true;
    changed_.notify();
  });
  if (link_) link_->listen(*this);
  while (state_ == State::starting && !refused_ && !late) co_await changed_.wait();
  if (refused_) co_return fail(Reason::solution_failed, said_);
  if (state_ == State::ready) co_return std::move(said_);
  if (state_ == State::closed) co_return fail(Reason::solution_failed, "");
  co_return fail(Reason::deadline,
                 std::format("it was not ready within {} s",
                             std::chrono::floor<std::chrono::seconds>(kModelReadyMax).count()));
}

Awaitable<> LinkClient::idle(SteadyTime until) {
  const auto self = shared_from_this();
  bool late = false;
  const Timer timer = run_at(executor_, until, [&] {
    late = true;
    idle_.notify();
  });
  while (running_ > 0 && !late) co_await idle_.wait();
}

void LinkClient::close(const Error& why) {
  state_ = State::closed;
  lost_ = nullptr;
  let_go();
  fail_all(why);
  // From now on it can be dropped on any loop.
  sweeper_.cancel();
  pulse_.cancel();
  changed_.notify();
}

void LinkClient::lose(std::string hangs) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  let_go();
  // How the program ended is told soon; who waits gets to know it.
  if (running_ > 0)
    forget_ = run_after(executor_, kWorkerEndTold, [this] { fail_all(broken("")); });
  changed_.notify();
  if (auto lost = std::exchange(lost_, nullptr)) lost(std::move(hangs));
}

/// Not at once: it may be what calls.
void LinkClient::let_go() {
  out_.clear();
  if (!link_) return;
  auto self = weak_from_this().lock();
  boost::asio::post(executor_, [self = std::move(self), link = std::move(link_)] {});
}

void LinkClient::fail_all(const Error& why) {
  forget_.cancel();
  for (Slot& slot : slots_) {
    LinkCall* const call = slot.call;
    if (call == nullptr) continue;
    drop(*call, /*tell_worker=*/false);
    call->fail_with(why);
  }
}

void LinkClient::on_bytes(std::string_view bytes) {
  const auto self = shared_from_this();
  if (state_ == State::closed || bytes.empty()) return;
  std::memcpy(reader_.space(bytes.size()), bytes.data(), bytes.size());
  reader_.took(bytes.size());
  unread_ += bytes.size();
  while (state_ != State::closed) {
    auto frame = reader_.next();
    if (!frame) {
      let_go();
      fail_all(broken(std::format(": {}", frame.error().message)));
      return lose("");
    }
    if (!*frame) return;
    const bool last = (unread_ -= bytes_of(**frame)) == 0;
    large_ = large_ || bytes_of(**frame) > kLinkBufferBytesKept;
    take(**frame);
    if (!last || !large_) continue;
    reader_ = wire::WorkerFrameReader(kWorkerFrameBytesMax);
    large_ = false;
    return;
  }
}

void LinkClient::take(const WorkerFrame& frame) {
  heard_ = true;
  switch (frame.kind) {
    case WorkerFrameKind::ready:
    case WorkerFrameKind::failed:
      if (state_ != State::starting) return;
      said_ = frame.body;
      refused_ = frame.kind == WorkerFrameKind::failed;
      if (!refused_) state_ = State::ready;
      return changed_.notify();
    case WorkerFrameKind::reply:
      if (const Slot* slot = find(frame.id)) slot->call->take_reply(frame);
      return;
    case WorkerFrameKind::part:
      if (const Slot* slot = find(frame.id)) slot->call->take_part(frame);
      return;
    case WorkerFrameKind::invoke:
    case WorkerFrameKind::infer:
    case WorkerFrameKind::cancel:
    case WorkerFrameKind::ping:          // said to workers only
    case WorkerFrameKind::pong: return;  // that it was heard is all
  }
}

LinkClient::Slot* LinkClient::find(std::uint32_t id) {
  Slot& slot = slots_[id & (slots_.size() - 1)];
  return slot.call != nullptr && slot.id == id ? &slot : nullptr;
}

void LinkClient::grow() {
  // Ids that differ in fewer bits differ in more: no two meet.
  std::vector<Slot> larger(slots_.size() * 2);
  for (const Slot& slot : slots_) {
    if (slot.call != nullptr) larger[slot.id & (larger.size() - 1)] = slot;
  }
  slots_ = std::move(larger);
}

Result<void> LinkClient::begin(LinkCall& call, const Invocation& invocation) {
  if (!usable()) return fail(Reason::unavailable, "the model's program has just ended; try again");
  if (running_ >= kCallsPerLinkMax || out_.size() + link_->unsent_bytes() > kLinkUnsentBytesMax) {
    return fail(Reason::rate_limited,
                std::format("{} requests wait for the model's program, which is as many as can be",
                            running_));
  }
  WorkerFrame frame{.kind = invocation.tensors ? WorkerFrameKind::infer : WorkerFrameKind::invoke,
                    .type = invocation.type,
                    .accept = invocation.accept,
                    .attributes = invocation.attributes,
                    .body = invocation.body};
  if (bytes_of(frame) > kWorkerFrameBytesMax) {
    return fail(Reason::too_large, std::format("a request of {} bytes is more than the {} that a "
                                               "model can be sent",
                                               bytes_of(frame), kWorkerFrameBytesMax));
  }
  if (running_ * 2 >= slots_.size()) grow();
  // A late answer finds nobody: an id comes again only after all others.
  while (next_id_ == 0 || slots_[next_id_ & (slots_.size() - 1)].call != nullptr) ++next_id_;
  frame.id = next_id_++;
  slots_[frame.id & (slots_.size() - 1)] = {.id = frame.id, .call = &call};
  call.id_ = frame.id;
  call.link_ = this;
  load_->set(loop_, ++running_);
  add(frame);
  if (!std::exchange(feeling_, true)) {
    heard_ = false;
    feel_pulse();
  }
  return {};
}

void LinkClient::drop(LinkCall& call, bool tell_worker) {
  Slot* const slot = find(call.id_);
  WEFT_ASSERT(slot != nullptr);
  slot->call = nullptr;
  call.link_ = nullptr;
  load_->set(loop_, --running_);
  if (running_ == 0) idle_.notify();
  if (!tell_worker || !usable()) return;
  add({.kind = WorkerFrameKind::cancel,
       .id = call.id_,
       .type = "",
       .accept = "",
       .attributes = "",
       .body = ""});
}

void LinkClient::add(const WorkerFrame& frame) {
  wire::write_frame(out_, frame);
  if (std::exchange(flushing_, true)) return;
  boost::asio::post(executor_, [self = shared_from_this()] { self->flush(); });
}

void LinkClient::flush() {
  flushing_ = false;
  if (link_ && !out_.empty()) link_->send(out_);
  if (out_.capacity() > kLinkBufferBytesKept) {
    out_ = std::string();
  } else {
    out_.clear();
  }
}

/// Deadlines are nearly always lifted in time: one look at all calls when the earliest may have
/// passed costs less than a timer for each.
void LinkClient::watch(SteadyTime deadline) {
  if (deadline >= next_sweep_) return;
  next_sweep_ = deadline;
  sweeper_ = run_at(executor_, deadline, [this] { sweep(); });
}

void LinkClient::sweep() {
  const SteadyTime now = std::chrono::steady_clock::now();
  next_sweep_ = SteadyTime::max();
  SteadyTime next = SteadyTime::max();
  for (const Slot& slot : slots_) {
    LinkCall* const call = slot.call;
    if (call == nullptr) continue;
    if (call->deadline_ > now) {
      next = std::min(next, call->deadline_);
    } else {
      call->stop(make_error(Reason::deadline, "the model did not answer in time"));
    }
  }
  if (next != SteadyTime::max()) watch(next);
}

void LinkClient::feel_pulse() {
  pulse_ = run_after(executor_, pulse_pause_, [this] { on_pulse(); });
}

/// A worker that was asked and says nothing may be at work, or hang: only what it does with a ping
/// can tell, and that only in the end. Callers that gave up have left no trace to go by.
void LinkClient::on_pulse() {
  feeling_ = state_ == State::ready;
  if (!feeling_) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (std::exchange(heard_, false)) {
    pinged_.reset();
    load_->wait_until(loop_, SteadyTime());
    feeling_ = running_ > 0;
    if (feeling_) feel_pulse();
    return;
  }
  if (!pinged_) {
    pinged_ = now;
    pinged_at_ = next_id_;
  } else if (hangs(now)) {
    const auto self = shared_from_this();
    std::string why = std::format(
        "the model's program had said nothing for {} s though it was asked, and was "
        "ended; its log stream: {}",
        std::chrono::floor<std::chrono::seconds>(now - *pinged_).count(), log_stream_);
    feeling_ = false;
    fail_all(make_error(Reason::solution_failed, why));
    return lose(std::move(why));
  }
  add({.kind = WorkerFrameKind::ping, .type = "", .accept = "", .attributes = "", .body = ""});
  feel_pulse();
}

/// Not while somebody, on any loop, has given the worker more time than that for what it is at.
bool LinkClient::hangs(SteadyTime now) const {
  SteadyTime until;
  for (const Slot& slot : slots_) {
    const bool before = static_cast<std::int32_t>(slot.id - pinged_at_) < 0;
    if (slot.call != nullptr && before) until = std::max(until, slot.call->deadline_);
  }
  load_->wait_until(loop_, until);
  return now - *pinged_ >= silent_max_ && load_->waited_until() <= now;
}

Result<void> LinkCall::send(LinkClient& link, const Invocation& invocation, SteadyTime deadline,
                            const CancelToken& cancel, bool pieces) {
  if (cancel.cancelled()) return fail(cancel.why());
  executor_ = link.executor_;
  deadline_ = deadline;
  wants_pieces_ = pieces;
  WEFT_CHECK(link.begin(*this, invocation));
  link.watch(deadline);
  registration_ = cancel.on_cancel([this, &cancel] { stop(cancel.why()); });
  return {};
}

InvocationReply LinkCall::take_piece() {
  InvocationReply out;
  out.type = reply_.type;
  out.attributes = reply_.attributes;
  out.body = std::move(pieces_[next_piece_++]);
  pieces_bytes_ -= out.body.size();
  if (next_piece_ == pieces_.size()) {
    pieces_.clear();
    next_piece_ = 0;
  }
  return out;
}

Result<InvocationReply> LinkCall::result() {
  registration_ = CancelRegistration();
  if (error_) return fail(*std::move(error_));
  return std::move(reply_);
}

void LinkCall::wait_with(Resume waiter) {
  waiter_.emplace(std::move(waiter));
  if (done_ || has_piece()) wake_later();
}

void LinkCall::wake_now() {
  if (!waiter_) return;
  Resume waiter = *std::exchange(waiter_, std::nullopt);
  std::move(waiter)();
}

void LinkCall::wake_later() {
  if (!waiter_) return;
  Resume waiter = *std::exchange(waiter_, std::nullopt);
  boost::asio::post(*executor_, std::move(waiter));
}

void LinkCall::take_reply(const WorkerFrame& frame) {
  reply_.status = frame.status;
  reply_.type = frame.type;
  reply_.attributes = frame.attributes;
  if (reply_.body.empty()) {
    reply_.body = frame.body;
  } else {
    reply_.body += frame.body;
  }
  if (reply_.status >= 400) reply_.log_stream = link_->log_stream();
  link_->drop(*this, /*tell_worker=*/false);
  done_ = true;
  wake_now();  // it may be gone behind this
}

void LinkCall::take_part(const WorkerFrame& frame) {
  const std::size_t kept = wants_pieces_ ? pieces_bytes_ : reply_.body.size();
  const std::size_t most = wants_pieces_ ? kPiecesBytesMax : kWorkerFrameBytesMax;
  if (kept + frame.body.size() > most) {
    return stop(make_error(
        Reason::too_large,
        std::format("the model's answer was broken off: {} bytes of it were not taken yet, which "
                    "is as many as are kept; read faster, or ask for less",
                    kept)));
  }
  if (!wants_pieces_) {
    reply_.body += frame.body;
    return;
  }
  reply_.type = frame.type;
  reply_.attributes = frame.attributes;
  pieces_bytes_ += frame.body.size();
  pieces_.emplace_back(frame.body);
  wake_now();
}

void LinkCall::fail_with(Error why) {
  error_ = std::move(why);
  done_ = true;
  wake_later();
}

void LinkCall::stop(Error why) {
  if (link_ == nullptr) return;
  link_->drop(*this, /*tell_worker=*/true);
  fail_with(std::move(why));
}

}  // namespace weft::ml
