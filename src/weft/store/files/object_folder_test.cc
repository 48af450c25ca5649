#include "weft/store/files/object_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "weft/store/files/object_meta.h"
#include "weft/store/testing/directory.h"
#include "weft/wire/digest.h"

namespace weft::store::files {
namespace {

namespace fs = std::filesystem;

std::string md5_of(std::string_view bytes) {
  wire::Digest digest(wire::DigestKind::md5);
  digest.add(bytes);
  return hex_of(digest.finish());
}

struct Folder {
  testing::TemporaryDirectory directory;
  SystemRandom random;
  std::unique_ptr<ObjectFolder> folder;

  Folder() { open(); }
  void open() {
    auto opened = ObjectFolder::open(directory.path() / "objects", random);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    folder = *std::move(opened);
    const auto made = folder->make_bucket("b");
    ASSERT_TRUE(made || made.error().code == Code::already_exists) << made.error().message;
  }
  fs::path path(std::string_view key) const { return directory.path() / "objects" / "b" / key; }
  Draft draft(std::string_view bytes) {
    auto draft = folder->draft();
    EXPECT_TRUE(draft && draft->file().write(bytes, draft->path()));
    return *std::move(draft);
  }
  Result<ObjectInfo> put(const std::string& key, std::string_view bytes, ObjectMeta meta = {}) {
    return folder->commit(draft(bytes), "b", key, md5_of(bytes), std::move(meta));
  }
  std::string get(const std::string& key) {
    auto found = folder->find("b", key);
    if (!found) return "error: " + found.error().message;
    if (!*found) return "none";
    return (*found)->file.read(0, 1 << 20).value_or("?");
  }
  std::vector<std::string> keys(ObjectQuery query = {}) {
    std::vector<std::string> out;
    const auto page = folder->list("b", query);
    EXPECT_TRUE(page.has_value());
    for (const auto& object : page->objects) out.push_back(object.key);
    for (const auto& prefix : page->common_prefixes) out.push_back(prefix + "*");
    if (page->next) out.push_back("next " + *page->next);
    return out;
  }
};

using Keys = std::vector<std::string>;

TEST(ObjectFolder, WhatIsPutIsThere) {
  Folder f;
  const ObjectMeta meta{.content_type = "text/csv",
                        .headers = {{"x-amz-meta-note", "hello"}},
                        .checksums = {{"crc32", "AAAAAA=="}}};
  ASSERT_TRUE(f.put("train/a.csv", "1,2\n", meta).has_value());
  EXPECT_EQ(f.get("train/a.csv"), "1,2\n");
  f.open();
  const auto found = f.folder->find("b", "train/a.csv");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->info.meta, meta);
  EXPECT_EQ((*found)->info.etag, md5_of("1,2\n"));
  EXPECT_EQ((*found)->info.size, 4U);
  // Under its own name, for whoever looks into the folder.
  EXPECT_TRUE(fs::is_regular_file(f.path("train/a.csv")));
  EXPECT_EQ(f.get("train"), "none");
  EXPECT_EQ(f.get("train/"), "none");
}

TEST(ObjectFolder, AKeyMayBeTheBeginningOfOthers) {
  Folder f;
  ASSERT_TRUE(f.put("a", "file", {.content_type = "x/y", .headers = {}, .checksums = {}}));
  ASSERT_TRUE(f.put("a/b", "below"));
  ASSERT_TRUE(f.put("a/", "slash"));
  ASSERT_TRUE(f.put("a//c", "empty segment"));
  EXPECT_EQ(f.get("a"), "file");
  EXPECT_EQ(f.folder->find("b", "a")->value().info.meta.content_type, "x/y");
  EXPECT_EQ(f.get("a/b"), "below");
  EXPECT_EQ(f.get("a/"), "slash");
  EXPECT_EQ(f.keys(), (Keys{"a", "a/", "a//c", "a/b"}));
  ASSERT_TRUE(f.put("a", "file again"));
  EXPECT_EQ(f.get("a"), "file again");
  for (const char* key : {"a/b", "a/", "a//c"}) EXPECT_EQ(f.folder->remove("b", key), true) << key;
  EXPECT_EQ(f.get("a"), "file again");
  ASSERT_TRUE(f.put("a", "file at last"));
  EXPECT_EQ(f.get("a"), "file at last");
  EXPECT_EQ(f.keys(), Keys{"a"});
}

TEST(ObjectFolder, RemovingLeavesNothing) {
  Folder f;
  ASSERT_TRUE(f.put("x/y/z", "1"));
  EXPECT_EQ(f.folder->remove("b", "x/y"), false);
  EXPECT_EQ(f.folder->remove("b", "x/y/z"), true);
  EXPECT_EQ(f.folder->remove("b", "x/y/z"), false);
  EXPECT_FALSE(fs::exists(f.path("x")));
  EXPECT_TRUE(f.folder->remove_bucket("b").has_value());
  EXPECT_EQ(f.folder->find("b", "x").error().code, Code::not_found);
}

TEST(ObjectFolder, ABucketThatHoldsObjectsStays) {
  Folder f;
  ASSERT_TRUE(f.put("x/y", "1"));
  EXPECT_EQ(f.folder->remove_bucket("b").error().code, Code::failed_precondition);
  EXPECT_EQ(f.folder->make_bucket("b").error().code, Code::already_exists);
}

TEST(ObjectFolder, NothingOutsideIsReached) {
  Folder f;
  std::ofstream(f.directory.path() / "secret") << "secret";
  for (const char* key : {"../../secret", "../secret", "..", ".", "", "/", "../b/x"}) {
    EXPECT_EQ(f.get(key), "none") << key;
    ASSERT_TRUE(f.put(key, "mine")) << key;
    EXPECT_EQ(f.get(key), "mine") << key;
  }
  for (const char* bucket : {"..", ".", ".weft", "", "b/..", "b/../../", "none"}) {
    EXPECT_EQ(f.folder->find(bucket, "secret").error().code, Code::not_found) << bucket;
  }
  fs::create_symlink(f.directory.path() / "secret", f.path("link"));
  EXPECT_EQ(f.get("link"), "none");
  ASSERT_EQ(::mkfifo(f.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(f.get("pipe"), "none");
  EXPECT_EQ(f.keys({.prefix = "l", .delimiter = "", .after = ""}), Keys{});
}

TEST(ObjectFolder, FilesPutThereByHandAreObjects) {
  Folder f;
  fs::create_directories(f.path("by/hand"));
  std::ofstream(f.path("by/hand/a.txt")) << "hello";
  EXPECT_EQ(f.get("by/hand/a.txt"), "hello");
  const auto info = f.folder->find("b", "by/hand/a.txt")->value().info;
  EXPECT_TRUE(info.etag.ends_with("-1")) << info.etag;
  EXPECT_EQ(f.folder->list("b", {})->objects.at(0).etag, info.etag);
  // Changed by hand: what was said of it holds no longer.
  ASSERT_TRUE(f.put("kept", "one", {.content_type = "x/y", .headers = {}, .checksums = {}}));
  std::ofstream(f.path("kept")) << "two!";
  EXPECT_EQ(f.folder->find("b", "kept")->value().info.meta.content_type, "");
}

TEST(ObjectFolder, ListsInTheOrderOfKeys) {
  Folder f;
  for (const char* key : {"a/b/c", "a-b", "a/b", "a.b", "b", "a/", "a0"})
    ASSERT_TRUE(f.put(key, "x"));
  EXPECT_EQ(f.keys(), (Keys{"a-b", "a.b", "a/", "a/b", "a/b/c", "a0", "b"}));
  EXPECT_EQ(f.keys({.prefix = "a/", .delimiter = "", .after = ""}), (Keys{"a/", "a/b", "a/b/c"}));
  EXPECT_EQ(f.keys({.prefix = "", .delimiter = "/", .after = ""}),
            (Keys{"a-b", "a.b", "a0", "b", "a/*"}));
  EXPECT_EQ(f.keys({.prefix = "a/", .delimiter = "/", .after = ""}), (Keys{"a/", "a/b", "a/b/*"}));
  EXPECT_EQ(f.keys({.prefix = "a", .delimiter = "b", .after = ""}),
            (Keys{"a/", "a0", "a-b*", "a.b*", "a/b*"}));
  EXPECT_EQ(f.keys({.prefix = "", .delimiter = "", .after = "a/b"}), (Keys{"a/b/c", "a0", "b"}));
  EXPECT_EQ(f.keys({.prefix = "none", .delimiter = "", .after = ""}), Keys{});
}

TEST(ObjectFolder, PagesAddUpToTheWhole) {
  Folder f;
  for (const char* key : {"a/b/c", "a-b", "a/b", "a.b", "b", "a/", "a0", "c/1", "c/2", "c/3"})
    ASSERT_TRUE(f.put(key, "x"));
  for (const char* delimiter : {"", "/", "b"}) {
    const auto whole = f.folder->list("b", {.prefix = "", .delimiter = delimiter, .after = ""});
    for (std::size_t limit = 1; limit < 6; ++limit) {
      std::vector<std::string> objects;
      std::vector<std::string> prefixes;
      ObjectQuery query{.prefix = "", .delimiter = delimiter, .after = "", .limit = limit};
      for (int turn = 0; turn < 20; ++turn) {
        const auto page = f.folder->list("b", query);
        EXPECT_LE(page->objects.size() + page->common_prefixes.size(), limit);
        for (const auto& object : page->objects) objects.push_back(object.key);
        for (const auto& prefix : page->common_prefixes) prefixes.push_back(prefix);
        if (!page->next) break;
        query.after = *page->next;
      }
      std::vector<std::string> all;
      for (const auto& object : whole->objects) all.push_back(object.key);
      EXPECT_EQ(objects, all) << delimiter << limit;
      EXPECT_EQ(prefixes, whole->common_prefixes) << delimiter << limit;
    }
  }
}

TEST(ObjectFolder, WhatIsNotCommittedLeavesNothing) {
  Folder f;
  {
    const Draft dropped = f.draft("half");
  }
  const fs::path drafts = f.directory.path() / "objects/.weft/drafts";
  EXPECT_TRUE(fs::is_empty(drafts));
  // A hub that was killed had one open.
  std::ofstream(drafts / "left") << "half";
  f.open();
  EXPECT_TRUE(fs::is_empty(drafts));
  EXPECT_EQ(f.keys(), Keys{});
}

TEST(ObjectFolder, ReadersKeepWhatTheyOpened) {
  Folder f;
  ASSERT_TRUE(f.put("k", "old"));
  const auto found = f.folder->find("b", "k");
  ASSERT_TRUE(f.put("k", "new!"));
  EXPECT_EQ((*found)->file.read(0, 10).value_or("?"), "old");
  EXPECT_EQ(f.get("k"), "new!");
  // One meta for each object, however often it was written.
  std::size_t metas = 0;
  for (const auto& each :
       fs::recursive_directory_iterator(f.directory.path() / "objects/.weft/meta"))
    metas += each.is_regular_file() ? 1 : 0;
  EXPECT_EQ(metas, 1U);
}

TEST(ObjectFolder, UploadsInParts) {
  Folder f;
  const auto id =
      f.folder->begin_upload("b", "big", {.content_type = "x/y", .headers = {}, .checksums = {}});
  ASSERT_TRUE(id.has_value());
  const auto part = [&](int number, std::string_view bytes) {
    return f.folder->commit_part(f.draft(bytes), "b", "big", *id, number, md5_of(bytes));
  };
  ASSERT_TRUE(part(2, "world") && part(1, "never used") && part(1, "hello "));
  EXPECT_EQ(f.folder->parts("b", "big", *id)->size(), 2U);
  EXPECT_EQ(f.folder->uploads("b", "bi")->size(), 1U);
  EXPECT_EQ(f.folder->uploads("b", "x")->size(), 0U);
  EXPECT_EQ(f.get("big"), "none");
  const auto bad = f.folder->complete_upload("b", "big", *id, {{1, md5_of("never used")}});
  EXPECT_EQ(bad.error().reason, Reason::invalid_argument);
  const auto escape = f.folder->complete_upload("b", "big", *id, {{1, "../../../b/big"}});
  EXPECT_EQ(escape.error().reason, Reason::invalid_argument);
  const auto order =
      f.folder->complete_upload("b", "big", *id, {{2, md5_of("world")}, {1, md5_of("hello ")}});
  EXPECT_EQ(order.error().message, "the parts must be named in ascending order");
  const auto done =
      f.folder->complete_upload("b", "big", *id, {{1, md5_of("hello ")}, {2, md5_of("world")}});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(f.get("big"), "hello world");
  EXPECT_TRUE(done->etag.ends_with("-2"));
  EXPECT_EQ(f.folder->find("b", "big")->value().info.meta.content_type, "x/y");
  EXPECT_EQ(f.folder->parts("b", "big", *id).error().reason, Reason::task_not_found);
  for (const char* wrong : {"", "..", "0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(f.folder->abort_upload("b", "big", wrong).error().reason, Reason::task_not_found);
  }
}

TEST(ObjectFolder, FetchAndTake) {
  Folder f;
  ASSERT_TRUE(f.put("in", "data"));
  const fs::path to = f.directory.path() / "job/input/in";
  EXPECT_EQ(f.folder->fetch("b", "in", to), true);
  EXPECT_EQ(f.folder->fetch("b", "none", f.directory.path() / "job/none"), false);
  ASSERT_TRUE(f.put("in", "other"));
  std::ifstream in(to);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "data");
  const fs::path made = f.directory.path() / "job/model.tar.gz";
  std::ofstream(made) << "model";
  ASSERT_TRUE(f.folder->take(made, "new-bucket", "out/model.tar.gz", {}));
  EXPECT_FALSE(fs::exists(made));
  auto found = f.folder->find("new-bucket", "out/model.tar.gz");
  EXPECT_EQ((*found)->file.read(0, 10).value_or("?"), "model");
  fs::create_symlink("/etc/passwd", made);
  EXPECT_FALSE(f.folder->take(made, "b", "stolen", {}).has_value());
}

}  // namespace
}  // namespace weft::store::files
