#include "spy.h"

namespace weft::pairs {
namespace {

class SpiedStream final : public hub::EventStream {
 public:
  SpiedStream(std::unique_ptr<hub::EventStream> inner, std::shared_ptr<Spied> spied)
      : inner_(std::move(inner)), spied_(std::move(spied)) {}

  Awaitable<model::Event> next() override {
    model::Event event = co_await inner_->next();
    spied_->add(event);
    co_return event;
  }
  void cancel(Error why) override { inner_->cancel(std::move(why)); }
  Result<void> answer(model::Answers answers) override {
    return inner_->answer(std::move(answers));
  }
  void detach(BeforeStart before_start) override { inner_->detach(std::move(before_start)); }
  Reach reach() const override { return inner_->reach(); }

 private:
  std::unique_ptr<hub::EventStream> inner_;
  std::shared_ptr<Spied> spied_;
};

class SpiedService final : public hub::Service {
 public:
  SpiedService(std::shared_ptr<hub::Service> inner, std::shared_ptr<Spied> spied)
      : inner_(std::move(inner)), spied_(std::move(spied)) {}

  std::unique_ptr<hub::EventStream> start(std::shared_ptr<const model::Call> call,
                                          hub::CallContext context) override {
    spied_->begin(*call);
    return std::make_unique<SpiedStream>(inner_->start(std::move(call), std::move(context)),
                                         spied_);
  }
  std::unique_ptr<hub::EventStream> reattach(std::shared_ptr<const model::Call> call,
                                             model::Accepted accepted,
                                             hub::CallContext context) override {
    return inner_->reattach(std::move(call), std::move(accepted), std::move(context));
  }
  Awaitable<Result<std::shared_ptr<const model::Solution>>> refresh(
      hub::CallContext context) override {
    return inner_->refresh(std::move(context));
  }

 private:
  std::shared_ptr<hub::Service> inner_;
  std::shared_ptr<Spied> spied_;
};

}  // namespace

void Spied::clear() {
  const std::scoped_lock lock(mutex_);
  look_ = Look();
}

void Spied::begin(const model::Call& call) {
  const std::scoped_lock lock(mutex_);
  look_ = Look{call, {}};
}

void Spied::add(const model::Event& event) {
  const std::scoped_lock lock(mutex_);
  look_.events.push_back(event);
}

Spied::Look Spied::look() const {
  const std::scoped_lock lock(mutex_);
  return look_;
}

std::shared_ptr<const hub::Entry> spied_entry(const hub::Entry& entry,
                                              std::shared_ptr<Spied> spied) {
  auto service = std::make_shared<SpiedService>(entry.service, std::move(spied));
  return hub::make_entry(*entry.solution, std::move(service), entry.request, entry.found_by);
}

}  // namespace weft::pairs
