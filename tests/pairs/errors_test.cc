// Law 1 over all pairs: an error arrives with its code and reason, or as its adapter's table says;
// its words name the solution, and the wait it asks for is kept.
#include "weft/adapters/a2a/errors.h"
#include "pairs.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/server.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_reader.h"

namespace weft::pairs {
namespace {

constexpr std::string_view kWords = "the script failed as it was told";
constexpr std::chrono::milliseconds kWait{7'000};

/// When the error comes: as the answer, as a stream's first event, or in its middle.
enum class When : std::uint8_t { unary, at_once, midway };

std::vector<Reason> all_reasons() {
  std::vector<Reason> out;
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i)
    out.push_back(static_cast<Reason>(i));
  return out;
}

// ---- what the adapters' tables say, by their own functions

Error through_openai(const Error& sent) {
  const json::value body(adapters::openai::error_json(sent));
  return adapters::openai::error_from_json(*adapters::openai::error_object(body),
                                           adapters::openai::openai_status(sent));
}

Error through_mcp(const Error& sent) {
  using namespace adapters::mcp;
  if (!told_as_result(sent)) return error_of(rpc_error_of(sent));
  return output_of(error_result_of(sent, Era::modern)).error();
}

Error through_a2a(const Error& sent) {
  return adapters::a2a::from_jsonrpc(adapters::a2a::to_jsonrpc(adapters::a2a::Fault(sent)));
}

Error through_openapi(const Error& sent) {
  return adapters::openapi::read_problem(adapters::openapi::problem_json(sent, 0)).value();
}

/// An answer with 401 or 403 that is no refusal complains about weft's own credentials: chat's and
/// REST's clients believe the status (their READMEs, Errors). A stream has no status midway.
bool of_credentials(const Hop& hop, Reason reason) {
  const bool by_status = hop.protocol == "openai" || hop.protocol == "openapi";
  const bool midway = hop.streams && hop.begun;
  return by_status && !midway &&
         (reason == Reason::unauthenticated || reason == Reason::permission_denied);
}

Error across(const Hop& hop, const Error& sent, bool passed) {
  if (of_credentials(hop, sent.reason)) return make_error(Reason::unavailable, sent.message);
  if (hop.protocol == "mcp") return through_mcp(sent);
  if (hop.protocol == "a2a") return through_a2a(sent);
  if (hop.protocol == "openapi") return through_openapi(sent);
  // A hub that passes chat through reads an error and says it again.
  return passed ? through_openai(through_openai(sent)) : through_openai(sent);
}

/// In the middle of a stream chat and REST say an error in a frame; the wait is a header's
/// (protocols.md §14.5, rate_limited: +Retry-After).
bool carries_wait(const Hop& hop) {
  const bool midway = hop.streams && hop.begun;
  return !midway || hop.protocol == "mcp" || hop.protocol == "a2a";
}

// ---- the law

class Errors : public OverPairs {
 protected:
  Told fail_with(Reason reason, When when) {
    Error error = make_error(reason, std::string(kWords));
    error.retry_after = kWait;
    Play play{.events = {}, .outcome = fail(error), .waits = false};
    if (when == When::midway) play.events.push_back({model::Delta{.text = "so far "}});
    chain_.stage().set(std::move(play));
    const auto reply = when == When::unary ? model::Reply::unary : model::Reply::stream;
    return chain_.tell(chain_.with_args("play", {{"run", 1}}, reply));
  }

  /// So that a solution that failed three times in a row is not taken for down.
  void succeed() {
    chain_.stage().set({});
    (void)chain_.tell(chain_.with_args("play", {{"run", 1}}, model::Reply::unary));
  }

  void check(const Hop& hop, Reason reason, When when) {
    ASSERT_FALSE(hop.sent.outcome);
    const Error& sent = hop.sent.outcome.error();
    ASSERT_FALSE(hop.came.outcome);
    const Error& came = hop.came.outcome.error();
    const Error told = across(hop, sent, chain_.passes_through());
    const std::string where =
        std::format("{} ({}): {}", hop.protocol, static_cast<int>(when), to_string(reason));
    EXPECT_EQ(to_string(came.reason), to_string(told.reason)) << where << "\n" << came.message;
    EXPECT_EQ(to_string(came.code), to_string(told.code)) << where;
    EXPECT_EQ(came.retryable, told.retryable) << where;
    EXPECT_NE(came.message.find(kWords), std::string::npos) << where << "\n" << came.message;
    const auto wait = carries_wait(hop) ? sent.retry_after : std::nullopt;
    EXPECT_EQ(came.retry_after, wait) << where;
  }
};

TEST_P(Errors, ArriveAsSentOrAsTheTablesSay) {
  for (const Reason reason : all_reasons()) {
    for (const When when : {When::unary, When::at_once, When::midway}) {
      const Told told = fail_with(reason, when);
      for (const Hop& hop : told.hops) check(hop, reason, when);
      ASSERT_FALSE(told.end().outcome) << to_string(reason);
      const Error& error = told.end().outcome.error();
      EXPECT_EQ(error.solution, "far") << to_string(reason);
      EXPECT_TRUE(error.message.starts_with("solution \"far\": ")) << error.message;
    }
    if (reason == Reason::unavailable || reason == Reason::deadline) succeed();
  }
}

TEST_P(Errors, RefusalsAreNoOutage) {
  for (int i = 0; i < 5; ++i) {
    chain_.stage().set({.events = {}, .outcome = fail(Reason::refused, "no"), .waits = false});
    (void)chain_.tell(chain_.with_args("play", {{"run", 1}}, model::Reply::unary));
  }
  chain_.stage().set({});
  const Told told = chain_.tell(chain_.with_args("play", {{"run", 1}}, model::Reply::unary));
  EXPECT_TRUE(told.end().outcome) << told.end().outcome.error().message;
}

INSTANTIATE_TEST_SUITE_P(All, Errors, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
