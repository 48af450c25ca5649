// Uploads in parts.
#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/operations.h"
#include "weft/base/hex.h"

namespace weft::adapters::sagemaker::remote {
namespace {

using Chosen = std::vector<std::pair<int, std::string>>;

Result<void> check_place(std::string_view bucket, std::string_view key) {
  if (!is_bucket_name(bucket)) return fail(no_bucket(bucket));
  return check_key(key);
}

/// What is wrong with a request about one upload.
std::unexpected<Error> refused(const Client& client, const Answer& answer,
                               const std::string& bucket, const std::string& upload) {
  const bool unknown =
      answer.fault.code == "NoSuchUpload" || (answer.status == 404 && answer.fault.code.empty());
  if (unknown) return fail(no_upload(upload));
  return client.refused(answer, bucket);
}

std::string parts_xml(const Chosen& parts) {
  std::string out(kXmlHead);
  {
    const XmlElement root(out, "CompleteMultipartUpload",
                          "http://s3.amazonaws.com/doc/2006-03-01/");
    for (const auto& [number, etag] : parts) {
      const XmlElement part(out, "Part");
      append_xml(out, "PartNumber", std::format("{}", number));
      append_xml(out, "ETag", std::format("\"{}\"", etag));
    }
  }
  return out;
}

/// The ETag that an object of these parts has where ETags are MD5s; empty where one is none.
std::string etag_of(const Chosen& parts) {
  constexpr std::size_t kDigits = 32;
  wire::Digest digest(wire::DigestKind::md5);
  for (const auto& [number, etag] : parts) {
    if (etag.size() != kDigits) return "";
    std::string bytes;
    for (std::size_t i = 0; i < kDigits; i += 2) {
      const std::string_view digits = std::string_view(etag).substr(i, 2);
      unsigned byte = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return "";
      bytes += static_cast<char>(byte);
    }
    digest.add(bytes);
  }
  const std::string out = digest.finish();
  return std::format("{}-{}", hex({reinterpret_cast<const std::uint8_t*>(out.data()), out.size()}),
                     parts.size());
}

Awaitable<Result<store::ObjectInfo>> completed(Client& client, std::string bucket,
                                               std::string key) {
  WEFT_CO_TRY(auto info, co_await head(client, std::move(bucket), key, /*reads=*/false));
  if (!info) co_return fail(changed(key));
  co_return *std::move(info);
}

}  // namespace

Awaitable<Result<std::string>> begin_upload(Client& client, std::string bucket, std::string key,
                                            store::ObjectMeta meta) {
  WEFT_CO_CHECK(check_place(bucket, key));
  Ask ask;
  ask.method = "POST";
  ask.bucket = bucket;
  ask.key = std::move(key);
  ask.parameters = {{"uploads", ""}};
  meta.checksums.clear();
  describe(ask.headers, meta);
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (!answer.good()) co_return client.refused(answer, bucket);
  co_return client.read(read_upload_id(answer.body));
}

Awaitable<Result<std::string>> put_part(Client& client, std::string bucket, std::string key,
                                        std::string upload, int number,
                                        std::shared_ptr<const Body> body) {
  WEFT_CO_CHECK(check_place(bucket, key));
  // Without an id it would be the object itself that is put.
  if (upload.empty()) co_return fail(no_upload(upload));
  Ask ask;
  ask.method = "PUT";
  ask.bucket = bucket;
  ask.key = std::move(key);
  ask.parameters = {{"partNumber", std::format("{}", number)}, {"uploadId", upload}};
  ask.body = std::move(body);
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (!answer.good()) co_return refused(client, answer, bucket, upload);
  std::string etag = bare_etag(answer.headers.get("ETag"));
  if (etag.empty()) co_return client.garbled("it says no ETag of a part");
  co_return etag;
}

Awaitable<Result<std::vector<store::PartInfo>>> parts(Client& client, std::string bucket,
                                                      std::string key, std::string upload) {
  WEFT_CO_CHECK(check_place(bucket, key));
  if (upload.empty()) co_return fail(no_upload(upload));
  std::vector<store::PartInfo> out;
  std::string after;
  for (int page = 0; page < kPagesMax; ++page) {
    Ask ask;
    ask.bucket = bucket;
    ask.key = key;
    ask.reads = true;
    ask.parameters = {{"uploadId", upload}, {"max-parts", std::format("{}", kListedMax)}};
    if (!after.empty()) ask.parameters.emplace_back("part-number-marker", after);
    WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
    if (!answer.good()) co_return refused(client, answer, bucket, upload);
    WEFT_CO_TRY(Parts found, client.read(read_parts(answer.body)));
    std::ranges::move(found.parts, std::back_inserter(out));
    if (found.next.empty()) {
      std::ranges::sort(out, {}, &store::PartInfo::number);
      co_return out;
    }
    if (found.next == after || out.size() > kEntriesMax) break;
    after = std::move(found.next);
  }
  co_return client.garbled("its list of parts does not end");
}

Awaitable<Result<store::ObjectInfo>> complete_upload(Client& client, std::string bucket,
                                                     std::string key, std::string upload,
                                                     Chosen parts) {
  WEFT_CO_CHECK(check_place(bucket, key));
  if (upload.empty()) co_return fail(no_upload(upload));
  if (parts.empty()) co_return fail(Reason::invalid_argument, "an object needs one part at least");
  Ask ask;
  ask.method = "POST";
  ask.bucket = bucket;
  ask.key = key;
  ask.parameters = {{"uploadId", upload}};
  ask.headers.add("Content-Type", "application/xml");
  ask.commits = true;
  ask.body = std::make_shared<const Body>(body_of(parts_xml(parts)));
  WEFT_CO_TRY(Answer answer, co_await client.call(std::move(ask)));
  // Its head may have come before the store knew.
  if (answer.good()) {
    if (Fault late = read_fault(answer.body); !late.code.empty()) {
      answer.status = 500;
      answer.fault = std::move(late);
    }
  }
  if (!answer.good()) {
    // An attempt before this one may have done it, unheard.
    const std::string wanted = answer.attempts > 1 ? etag_of(parts) : "";
    if (answer.fault.code == "NoSuchUpload" && !wanted.empty()) {
      WEFT_CO_TRY(auto there, co_await head(client, bucket, key, /*reads=*/false));
      if (there && there->etag == wanted) co_return *std::move(there);
    }
    co_return refused(client, answer, bucket, upload);
  }
  WEFT_CO_CHECK(client.read(read_completed(answer.body)));
  co_return co_await completed(client, std::move(bucket), std::move(key));
}

Awaitable<Result<void>> abort_upload(Client& client, std::string bucket, std::string key,
                                     std::string upload) {
  WEFT_CO_CHECK(check_place(bucket, key));
  // Without an id it would be the object that is removed.
  if (upload.empty()) co_return fail(no_upload(upload));
  Ask ask;
  ask.method = "DELETE";
  ask.bucket = bucket;
  ask.key = std::move(key);
  ask.parameters = {{"uploadId", upload}};
  WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
  if (answer.good()) co_return Result<void>();
  co_return refused(client, answer, bucket, upload);
}

Awaitable<Result<std::vector<store::UploadInfo>>> uploads(Client& client, std::string bucket,
                                                          std::string prefix) {
  if (!is_bucket_name(bucket)) co_return fail(no_bucket(bucket));
  std::vector<store::UploadInfo> out;
  std::string after_key;
  std::string after_id;
  for (int page = 0; page < kPagesMax; ++page) {
    Ask ask;
    ask.bucket = bucket;
    ask.reads = true;
    ask.parameters = {{"uploads", ""}, {"encoding-type", "url"}};
    ask.parameters.emplace_back("max-uploads", std::format("{}", kListedMax));
    if (!prefix.empty()) ask.parameters.emplace_back("prefix", prefix);
    if (!after_key.empty()) {
      ask.parameters.emplace_back("key-marker", after_key);
      ask.parameters.emplace_back("upload-id-marker", after_id);
    }
    WEFT_CO_TRY(const Answer answer, co_await client.call(std::move(ask)));
    if (!answer.good()) co_return client.refused(answer, bucket);
    WEFT_CO_TRY(Uploads found, client.read(read_uploads(answer.body)));
    for (store::UploadInfo& each : found.uploads) {
      if (each.key.starts_with(prefix)) out.push_back(std::move(each));
    }
    if (found.next_key.empty()) {
      std::ranges::sort(out, [](const store::UploadInfo& a, const store::UploadInfo& b) {
        return a.key != b.key ? a.key < b.key : a.begun_ms < b.begun_ms;
      });
      co_return out;
    }
    if ((found.next_key == after_key && found.next_id == after_id) || out.size() > kEntriesMax)
      break;
    after_key = std::move(found.next_key);
    after_id = std::move(found.next_id);
  }
  co_return fail(Reason::too_large,
                 std::format("the bucket `{}` holds more than {} uploads that were not completed; "
                             "abort what nobody goes on with",
                             bucket, kEntriesMax));
}

}  // namespace weft::adapters::sagemaker::remote
