#include "tap.h"

#include <algorithm>
#include <format>

#include "weft/base/json.h"

namespace weft::pairs {
namespace {

/// An exchange whose answer is noted on its way.
class Tapped final : public net::Exchange {
 public:
  Tapped(Tap& tap, net::Exchange& inner) : tap_(tap), inner_(inner) {}

  const wire::RequestHead& head() const override { return inner_.head(); }
  std::string_view peer() const override { return inner_.peer(); }
  bool over_unix_socket() const override { return inner_.over_unix_socket(); }
  bool over_tls() const override { return inner_.over_tls(); }
  Executor executor() override { return inner_.executor(); }
  CancelToken gone() const override { return inner_.gone(); }
  CancelToken draining() const override { return inner_.draining(); }
  Awaitable<Result<std::string>> read_body(std::size_t bytes_max) override {
    return inner_.read_body(bytes_max);
  }
  std::optional<Result<std::string>> body_at_hand(std::size_t bytes_max) override {
    return inner_.body_at_hand(bytes_max);
  }
  Awaitable<Result<std::string_view>> read_some() override { return inner_.read_some(); }
  Result<void> respond(wire::ResponseHead head, std::string_view body) override {
    note(head);
    tap_.add(at_, body);
    return inner_.respond(std::move(head), body);
  }
  Awaitable<Result<void>> start(wire::ResponseHead head) override {
    note(head);
    return inner_.start(std::move(head));
  }
  Awaitable<Result<void>> write(std::string_view piece) override {
    tap_.add(at_, piece);
    return inner_.write(piece);
  }
  Awaitable<Result<void>> finish() override { return inner_.finish(); }
  bool started() const override { return inner_.started(); }

 private:
  void note(const wire::ResponseHead& answer) {
    at_ = tap_.begin(
        {.request = std::format("{} {} -> {}", head().method, head().path(), answer.status),
         .loss_header = std::string(answer.headers.get("Weft-Loss")),
         .body = {}});
  }

  Tap& tap_;
  net::Exchange& inner_;
  std::size_t at_ = 0;
};

Awaitable<> tapped(Tap& tap, const net::Handler& handler, net::Exchange& exchange) {
  Tapped noted(tap, exchange);
  co_await handler(noted);
}

/// One item of model::summary(): `path from>to kind`.
model::Loss loss_of_line(std::string_view line) {
  model::Loss loss;
  loss.path = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(loss.path.size() + 1, line.size()));
  loss.from = line.substr(0, line.find('>'));
  line.remove_prefix(std::min(loss.from.size() + 1, line.size()));
  loss.to = line.substr(0, line.rfind(' '));
  return loss;
}

void read_summary(std::string_view text, std::vector<model::Loss>& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find("; "), text.size());
    out.push_back(loss_of_line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
}

bool is_loss_key(std::string_view key) {
  return key == "weft/loss" || key == "weft.loss" || key == "losses";
}

void read_list(const json::value& list, std::vector<model::Loss>& out) {
  if (!list.is_array()) return;
  for (const json::value& item : list.get_array()) {
    if (!item.is_object()) continue;
    const json::object& o = item.get_object();
    model::Loss loss;
    loss.path = json::string_at(o, "path");
    loss.from = json::string_at(o, "from");
    loss.to = json::string_at(o, "to");
    out.push_back(std::move(loss));
  }
}

void read_document(const json::value& document, std::vector<model::Loss>& out) {
  if (const auto* list = document.if_array()) {
    for (const json::value& item : *list) read_document(item, out);
  }
  const auto* o = document.if_object();
  if (o == nullptr) return;
  for (const auto& [key, value] : *o) {
    if (is_loss_key(key)) {
      read_list(value, out);
    } else {
      read_document(value, out);
    }
  }
}

void read_stream(std::string_view body, std::vector<model::Loss>& out) {
  constexpr std::string_view kComment = ": weft-loss ";
  constexpr std::string_view kData = "data:";
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.starts_with(kComment)) read_summary(line.substr(kComment.size()), out);
    if (!line.starts_with(kData)) continue;
    const auto document = json::parse(line.substr(kData.size()));
    if (document) read_document(*document, out);
  }
}

}  // namespace

net::Handler Tap::on(net::Handler handler) {
  auto kept = std::make_shared<const net::Handler>(std::move(handler));
  return [this, kept](net::Exchange& exchange) { return tapped(*this, *kept, exchange); };
}

void Tap::clear() {
  const std::scoped_lock lock(mutex_);
  // Streams that are still open go on to write where they began.
  for (std::size_t i = first_; i < answers_.size(); ++i) answers_[i] = Answer();
  first_ = answers_.size();
}

std::size_t Tap::begin(Answer answer) {
  const std::scoped_lock lock(mutex_);
  answers_.push_back(std::move(answer));
  return answers_.size() - 1;
}

void Tap::add(std::size_t at, std::string_view piece) {
  const std::scoped_lock lock(mutex_);
  answers_[at].body += piece;
}

std::vector<model::Loss> Tap::losses() const {
  const std::scoped_lock lock(mutex_);
  std::vector<model::Loss> out;
  for (std::size_t i = first_; i < answers_.size(); ++i) {
    for (auto& loss : losses_in(answers_[i])) out.push_back(std::move(loss));
  }
  return out;
}

std::string Tap::transcript() const {
  const std::scoped_lock lock(mutex_);
  std::string out;
  for (std::size_t i = first_; i < answers_.size(); ++i) {
    const Answer& answer = answers_[i];
    out += std::format("  {} [{}]\n    {}\n", answer.request, answer.loss_header, answer.body);
  }
  return out;
}

std::vector<model::Loss> losses_in(const Tap::Answer& answer) {
  std::vector<model::Loss> out;
  read_summary(answer.loss_header, out);
  if (const auto document = json::parse(answer.body)) {
    read_document(*document, out);
  } else {
    read_stream(answer.body, out);
  }
  return out;
}

}  // namespace weft::pairs
