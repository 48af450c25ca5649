// Reading an operation's answer: whole, as a stream of events or lines, or as a job to be polled.
// Owned by adapters/openapi; on the call's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/hub/producer.h"
#include "weft/net/http_client.h"

namespace weft::adapters::openapi {

/// Sends a GET to a URL of the service with the call's credentials.
using Get = std::move_only_function<Awaitable<Result<std::unique_ptr<net::ClientResponse>>>(Url)>;

/// The outcome of a response that is no job: a 2xx answer, or its error.
Awaitable<Result<model::Output>> read_answer(net::ClientResponse& response, hub::Emitter& out);
/// Whether the response says `202` and where the job is.
bool is_job(const wire::ResponseHead& head);
/// Asks for the job at `location` until it is over. `first` is how long to wait before the first
/// time.
Awaitable<Result<model::Output>> poll_job(Url location, Milliseconds first, hub::Emitter& out,
                                          Get get);
/// What Retry-After asks for, at most kPollWaitMax; else `otherwise`.
Milliseconds wait_of(const wire::ResponseHead& head, Milliseconds otherwise);

/// What a job document says of itself: still running, failed, or done. Pure.
enum class JobState : std::uint8_t { running, failed, done };
JobState job_state(int status, std::string_view body);
/// The text of one event or line of a stream: its `delta` or `text` where it is JSON with one, else
/// itself and a line end. Pure.
std::string stream_text(std::string_view data);

}  // namespace weft::adapters::openapi
