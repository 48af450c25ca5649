#include "weft/adapters/sagemaker/runtime/part_stream.h"

#include <algorithm>

#include "weft/adapters/sagemaker/runtime/limits.h"
#include "weft/wire/aws_events.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

void append_part(std::string& out, std::string_view bytes) {
  wire::AwsEvent event;
  event.headers = {{":message-type", "event"},
                   {":event-type", "PayloadPart"},
                   {":content-type", "application/octet-stream"}};
  event.payload = bytes;
  wire::write_aws_event(out, event);
}

}  // namespace

Awaitable<Result<void>> PartStream::begin() {
  wire::ResponseHead head;
  head.headers = std::move(headers_);
  head.headers.set("Content-Type", "application/vnd.amazon.eventstream");
  co_return co_await exchange_.start(std::move(head));
}

Awaitable<Result<void>> PartStream::send(std::string bytes) {
  if (bytes.empty()) co_return Result<void>();
  if (!started()) WEFT_CO_CHECK(co_await begin());
  std::string_view rest = bytes;
  std::string frame;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, kPartBytesMax);
    rest.remove_prefix(part.size());
    frame.clear();
    append_part(frame, part);
    WEFT_CO_CHECK(co_await exchange_.write(frame));
  }
  co_return Result<void>();
}

Awaitable<Result<void>> PartStream::finish() {
  if (!started()) WEFT_CO_CHECK(co_await begin());
  co_return co_await exchange_.finish();
}

Awaitable<> PartStream::fail(const RuntimeError& error) {
  std::string frame;
  append_exception(frame, error);
  auto written = co_await exchange_.write(frame);
  if (written) (void)co_await exchange_.finish();
}

}  // namespace weft::adapters::sagemaker::runtime
