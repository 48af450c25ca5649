// What store/objects.h asks for, each as requests to the store. Owned by RemoteObjects; any of its
// loops. Errors: those of remote_objects.h.
//
// `reads`: whether end_reading() ends it, or, where it is part of a change, end_writing().
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/adapters/sagemaker/remote/client.h"
#include "weft/store/objects.h"

namespace weft::adapters::sagemaker::remote {

// Buckets (buckets.cc)
Awaitable<Result<std::vector<store::BucketInfo>>> buckets(Client& client);
/// Its time of making is not known: 0.
Awaitable<Result<std::optional<store::BucketInfo>>> bucket(Client& client, std::string name,
                                                           bool reads);
Awaitable<Result<void>> make_bucket(Client& client, std::string name);
Awaitable<Result<void>> remove_bucket(Client& client, std::string name);
/// What a 404 means that has no words: the bucket is missing, or (nothing) only the object.
Awaitable<Result<void>> check_bucket(Client& client, std::string name, bool reads);
/// Whether an answer says that the object is not there. Errors: the bucket is not; any other answer
/// that is not good.
Awaitable<Result<bool>> is_missing(Client& client, Answer answer, std::string bucket, bool reads);

// Objects (objects.cc)
Awaitable<Result<std::optional<store::ObjectInfo>>> head(Client& client, std::string bucket,
                                                         std::string key, bool reads);
Awaitable<Result<bool>> remove(Client& client, std::string bucket, std::string key);
Awaitable<Result<store::ObjectPage>> list(Client& client, std::string bucket,
                                          store::ObjectQuery query);

// Writing (put.cc): in one request up to `whole_max`, else in parts, which are taken away again
// when it fails.
Awaitable<Result<store::ObjectInfo>> put(Client& client, std::string bucket, std::string key,
                                         Body body, store::ObjectMeta meta,
                                         std::uint64_t whole_max);
std::unique_ptr<store::ObjectWriter> object_writer(Client& client, std::string bucket,
                                                   std::string key);
std::unique_ptr<store::ObjectWriter> part_writer(Client& client, std::string bucket,
                                                 std::string key, std::string upload, int number);

// Uploads in parts (uploads.cc)
Awaitable<Result<std::string>> begin_upload(Client& client, std::string bucket, std::string key,
                                            store::ObjectMeta meta);
/// Its ETag.
Awaitable<Result<std::string>> put_part(Client& client, std::string bucket, std::string key,
                                        std::string upload, int number,
                                        std::shared_ptr<const Body> body);
Awaitable<Result<std::vector<store::PartInfo>>> parts(Client& client, std::string bucket,
                                                      std::string key, std::string upload);
Awaitable<Result<store::ObjectInfo>> complete_upload(
    Client& client, std::string bucket, std::string key, std::string upload,
    std::vector<std::pair<int, std::string>> parts);
Awaitable<Result<void>> abort_upload(Client& client, std::string bucket, std::string key,
                                     std::string upload);
Awaitable<Result<std::vector<store::UploadInfo>>> uploads(Client& client, std::string bucket,
                                                          std::string prefix);

// Reading (reader.cc)
/// Null when there is none.
Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open_reader(Client& client,
                                                                    std::string bucket,
                                                                    std::string key);
/// Which object it has to be; without an ETag whichever is there.
struct Version {
  std::string etag;
  std::uint64_t size = 0;  ///< bytes of the whole
};
/// Asks for the bytes from `offset`, `size` of them (0: all that follow). Errors: changed() when it
/// is another object by now.
Awaitable<Result<Opened>> open_piece(Client& client, std::string bucket, std::string key,
                                     Version version, std::uint64_t offset, std::uint64_t size);

// Files (files.cc)
Awaitable<Result<bool>> fetch(Client& client, std::string bucket, std::string key,
                              std::filesystem::path to);
Awaitable<Result<store::ObjectInfo>> take(Client& client, std::filesystem::path from,
                                          std::string bucket, std::string key,
                                          store::ObjectMeta meta);

}  // namespace weft::adapters::sagemaker::remote
