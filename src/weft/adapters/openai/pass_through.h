// The hot path: an OpenAI caller at an OpenAI-compatible solution. The bytes pass; the model's
// name, the credentials and the headers change; admission, limits and the error words stay. Owned
// by adapters/openai; runs on the exchange's loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/openai/client.h"
#include "weft/adapters/openai/scan.h"
#include "weft/hub/names.h"

namespace weft::adapters::openai {

struct Passage {
  std::shared_ptr<const hub::Entry> entry;
  const model::Skill* skill = nullptr;
  std::shared_ptr<OpenAiService> service;
  /// The upstream's name of the model.
  std::string model;
  std::string_view path;
  std::string body;
  Scanned scanned;
};

/// No coroutine of its own.
Awaitable<> pass_through(Environment& environment, Request& request, Passage passage);

/// Holds back the piece of an event stream that is no whole event yet. Pure.
class WholeEvents {
 public:
  /// The bytes that may go out now: a view into `piece` where nothing was held back, else into a
  /// buffer of its own that lives until the next call. Errors when one event outgrows its limit.
  Result<std::string_view> feed(std::string_view piece);
  /// Whether the last whole event was `data: [DONE]`.
  bool done() const { return done_; }

 private:
  void note_end(std::string_view out);
  std::string held_;
  std::string out_;
  bool done_ = false;
};

}  // namespace weft::adapters::openai
