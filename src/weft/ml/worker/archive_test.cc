#include "weft/ml/worker/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/file.h"
#include "weft/ml/worker/packed_files.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::worker {
namespace {

namespace fs = std::filesystem;

struct Place {
  store::testing::TemporaryDirectory folder;
  fs::path archive = folder.path() / "model.tar.gz";
  fs::path out = folder.path() / "out";
  Place() { fs::create_directories(out); }

  /// An archive of one entry, made as `shape` wants it.
  void make(std::string_view name, const std::function<void(archive_entry*)>& shape,
            std::string_view content = "x", int times = 1) const {
    ::archive* writer = archive_write_new();
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_pax(writer);
    ASSERT_EQ(archive_write_open_filename(writer, archive.c_str()), ARCHIVE_OK);
    for (int i = 0; i < times; ++i) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, std::string(name).c_str());
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 06777);
      archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
      shape(entry);
      ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
      archive_write_data(writer, content.data(), content.size());
      archive_entry_free(entry);
    }
    archive_write_close(writer);
    archive_write_free(writer);
  }
  /// An archive of these names (folders end in `/`), packed with gzip so many times.
  void make_all(const std::vector<std::string>& names, int filters = 1) const {
    ::archive* writer = archive_write_new();
    for (int i = 0; i < filters; ++i) archive_write_add_filter_gzip(writer);
    archive_write_set_format_gnutar(writer);
    ASSERT_EQ(archive_write_open_filename(writer, archive.c_str()), ARCHIVE_OK);
    for (const std::string& name : names) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, name.c_str());
      archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
      archive_entry_set_perm(entry, 07777);
      archive_entry_set_size(entry, 0);
      ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
      archive_entry_free(entry);
    }
    archive_write_close(writer);
    archive_write_free(writer);
  }
  std::string why(const ArchiveLimits& limits = {}) const {
    const auto unpacked = unpack(archive, out, limits);
    return unpacked ? std::string() : unpacked.error().message;
  }
};

void as_it_is(archive_entry*) {}

TEST(Archive, BothWaysAndAlwaysTheSameBytes) {
  const Place place;
  fs::create_directories(place.folder.path() / "in/deep");
  std::ofstream(place.folder.path() / "in/xgboost-model") << std::string(300'000, 'm');
  std::ofstream(place.folder.path() / "in/deep/a.txt") << "a";
  fs::create_symlink("/etc/passwd", place.folder.path() / "in/link");
  ASSERT_TRUE(pack(place.folder.path() / "in", place.archive).has_value());
  const auto once = read_file(place.archive, 1 << 20);
  ASSERT_TRUE(pack(place.folder.path() / "in", place.archive).has_value());
  EXPECT_EQ(read_file(place.archive, 1 << 20), once);
  ASSERT_EQ(place.why(), "");
  EXPECT_EQ(read_file(place.out / "xgboost-model", 1 << 20).value_or("?"),
            std::string(300'000, 'm'));
  EXPECT_EQ(read_file(place.out / "deep/a.txt", 10).value_or("?"), "a");
  EXPECT_FALSE(fs::exists(place.out / "link"));
}

TEST(Archive, WhatLinksInsideTheFolderLeadToIsPacked) {
  const Place place;
  const fs::path in = place.folder.path() / "in";
  fs::create_directories(in / "blobs");
  fs::create_directories(in / "snapshots/1");
  fs::create_directories(in / "checkpoint-500/deep");
  std::ofstream(in / "blobs/abc") << "weights";
  std::ofstream(in / "checkpoint-500/deep/model") << "m";
  fs::create_symlink("../../blobs/abc", in / "snapshots/1/model");
  fs::create_symlink("checkpoint-500", in / "latest");
  fs::create_symlink("latest/deep/model", in / "newest");
  fs::create_symlink(in / "checkpoint-500", in / "absolute");
  ::testing::internal::CaptureStdout();
  ASSERT_TRUE(pack(in, place.archive).has_value());
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  ASSERT_EQ(place.why(), "");
  EXPECT_EQ(read_file(place.out / "snapshots/1/model", 10).value_or("?"), "weights");
  for (const char* name : {"latest/deep/model", "newest", "absolute/deep/model"}) {
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(place.out / name))) << name;
    EXPECT_EQ(read_file(place.out / name, 10).value_or("?"), "m") << name;
  }
}

TEST(Archive, LinksThatLeadElsewhereAreLeftOutAndNamed) {
  const Place place;
  const fs::path in = place.folder.path() / "in";
  for (const char* each : {"a", "b", "c"}) fs::create_directories(in / each);
  std::ofstream(place.folder.path() / "secret") << "s";
  std::ofstream(in / "a/file") << "f";
  struct Row {
    const char* name;
    const char* target;
    const char* said;
  };
  constexpr Row kRows[] = {
      {"out", "../secret", "`out` is not packed: it leads out of the folder"},
      {"root", "/etc/passwd", "`root` is not packed: it leads out"},
      {"up", "a/../../secret", "`up` is not packed: it leads out"},
      {"through", "out", "`through` is not packed: it leads out"},
      {"a/loop", "..", "`a/loop` is not packed: it leads to a folder that it"},
      {"itself", "itself", "`itself` is not packed: it leads through too many"},
      {"gone", "nothing", "`gone` is not packed: it leads nowhere"},
      {"b/x", "../c", "`c/y/x` is not packed: it leads to a folder that it"},
      {"c/y", "../b", "`b/x/y` is not packed: it leads to a folder that it"}};
  for (const Row& row : kRows) fs::create_symlink(row.target, in / row.name);
  ::testing::internal::CaptureStdout();
  ASSERT_TRUE(pack(in, place.archive).has_value());
  const std::string said = ::testing::internal::GetCapturedStdout();
  for (const Row& row : kRows)
    EXPECT_TRUE(said.contains(std::format("weft: the link {}", row.said))) << row.name << said;
  ASSERT_EQ(place.why(), "");
  std::vector<std::string> files;
  for (const auto& each : fs::recursive_directory_iterator(place.out)) {
    if (each.is_regular_file()) files.push_back(fs::relative(each.path(), place.out).string());
  }
  EXPECT_EQ(files, std::vector<std::string>{"a/file"});
}

TEST(Archive, LinksThatMultiplyHaveAnEnd) {
  const Place place;
  const fs::path in = place.folder.path() / "in";
  for (int i = 0; i < 30; ++i) {
    fs::create_directories(in / std::format("d{}", i));
    for (const char* name : {"l", "r"})
      fs::create_symlink(std::format("../d{}", i + 1), in / std::format("d{}/{}", i, name));
  }
  fs::create_directories(in / "d30");
  std::ofstream(in / "d30/file") << "123";
  const auto why = [&](const ArchiveLimits& limits) {
    const auto packed = pack(in, place.archive, limits);
    return packed ? std::string() : packed.error().message;
  };
  EXPECT_EQ(why({.entries_max = 100}), "the links in `in` lead to more than 100 files");
  EXPECT_EQ(why({.bytes_max = 20}), "the links in `in` lead to more than 20 bytes");
}

TEST(Archive, FilesAreOpenedThroughNoLink) {
  const Place place;
  fs::create_directories(place.folder.path() / "in/real");
  std::ofstream(place.folder.path() / "in/real/file") << "f";
  fs::create_symlink("real", place.folder.path() / "in/link");
  fs::create_symlink("real/file", place.folder.path() / "in/file");
  const auto opens = [&](const char* what) {
    return open_below(place.folder.path() / "in", what).has_value();
  };
  EXPECT_TRUE(opens("real/file"));
  EXPECT_FALSE(opens("link/file"));
  EXPECT_FALSE(opens("file"));
  EXPECT_FALSE(opens("real"));
}

TEST(Archive, NothingLeavesTheFolder) {
  for (const char* name : {"../a", "/etc/a", "a/../../b", "..", "a\\..\\b"}) {
    const Place place;
    place.make(name, as_it_is);
    EXPECT_TRUE(place.why().ends_with("lies outside of it, or too deep")) << name;
    EXPECT_TRUE(fs::is_empty(place.out)) << name;
    EXPECT_FALSE(fs::exists(place.folder.path() / "a"));
  }
}

TEST(Archive, TheFolderItselfMayBeInIt) {
  for (const char* name : {"/", "./"}) {
    const Place place;
    place.make(name, [](archive_entry* entry) { archive_entry_set_filetype(entry, AE_IFDIR); }, "");
    EXPECT_EQ(place.why(), "") << name;
    EXPECT_TRUE(fs::is_empty(place.out));
  }
  const Place file;
  file.make("/", as_it_is);
  EXPECT_NE(file.why(), "");
}

TEST(Archive, LinksAndDevicesAreRefused) {
  const auto refused = [](const std::function<void(archive_entry*)>& shape) {
    const Place place;
    place.make("a", shape, "");
    EXPECT_TRUE(place.why().ends_with("its entry `a` is a link or a device")) << place.why();
    EXPECT_TRUE(fs::is_empty(place.out));
  };
  refused([](archive_entry* entry) {
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, "/etc/passwd");
  });
  refused([](archive_entry* entry) { archive_entry_set_hardlink(entry, "/etc/passwd"); });
  refused([](archive_entry* entry) { archive_entry_set_filetype(entry, AE_IFCHR); });
  refused([](archive_entry* entry) { archive_entry_set_filetype(entry, AE_IFIFO); });
}

TEST(Archive, Quotas) {
  const Place bomb;
  bomb.make("a", as_it_is, std::string(50'000'000, '\0'));
  EXPECT_TRUE(bomb.why({.ratio_max = 10}).contains("unpacks to more than")) << bomb.why();
  const Place big;
  big.make("a", as_it_is, std::string(3'000'000, 'x'));
  EXPECT_TRUE(big.why({.bytes_max = 1'000'000}).ends_with("unpacks to more than 1000000 bytes"));
  const Place many;
  many.make(
      "a/", [](archive_entry* entry) { archive_entry_set_filetype(entry, AE_IFDIR); }, "", 50);
  EXPECT_TRUE(many.why({.entries_max = 20}).ends_with("it has more than 20 entries"));
  const Place deep;
  std::string path;
  for (int i = 0; i < 40; ++i) path += "d/";
  deep.make(path + "a", as_it_is);
  EXPECT_TRUE(deep.why().ends_with("too deep"));
  const Place twice;
  twice.make("a", as_it_is, "x", 2);
  EXPECT_TRUE(twice.why().contains("File exists")) << twice.why();
}

TEST(Archive, ASparseTerabyteIsNotWritten) {
  const Place place;
  place.make("a", [](archive_entry* entry) {
    archive_entry_set_size(entry, la_int64_t{1} << 40);
    archive_entry_sparse_add_entry(entry, (la_int64_t{1} << 40) - 1, 1);
  });
  EXPECT_FALSE(place.why().empty());
}

TEST(Archive, ModesAreNotTakenOver) {
  // The writer's own mode: setuid, setgid and sticky besides everybody's rights.
  const Place place;
  place.make_all({"a", "b/", "b/c"});
  ASSERT_EQ(place.why(), "");
  for (const char* file : {"a", "b/c"}) {
    EXPECT_EQ(fs::status(place.out / file).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << file;
  }
  constexpr auto kSpecial =
      fs::perms::set_uid | fs::perms::set_gid | fs::perms::sticky_bit | fs::perms::others_write;
  EXPECT_EQ(fs::status(place.out / "b").permissions() & kSpecial, fs::perms::none);
}

TEST(Archive, NamesThatDifferOnlyInCaseAreRefused) {
  const auto why = [](const std::vector<std::string>& names) {
    const Place place;
    place.make_all(names);
    return place.why();
  };
  EXPECT_TRUE(why({"Model", "model"})
                  .contains("its entries `Model` and `model` differ only in upper and lower case"));
  EXPECT_TRUE(why({"a/B/c", "a/b/d"}).contains("`a/B` and `a/b`"));
  EXPECT_TRUE(why({"Code/", "code"}).contains("`Code` and `code`"));
  EXPECT_TRUE(why({"x", "X/y"}).contains("`x` and `X`"));
  // One name may be said again where it is a folder, and the same letters elsewhere are others.
  EXPECT_EQ(why({"a/", "a/", "a/b", "a/c", "b/A"}), "");
}

TEST(Archive, ManyNamesInOneFolderAreCheap) {
  // Compared each with each they would be fifty million pairs, and this would not end.
  std::vector<std::string> names;
  names.reserve(ArchiveLimits{}.entries_max);
  std::string deep;
  for (int i = 0; i < 30; ++i) deep += "d/";
  for (std::size_t i = 0; i < ArchiveLimits{}.entries_max; ++i)
    names.push_back(std::format("{}{}/", deep, i));
  names.back() = "D/";
  const Place place;
  place.make_all(names);
  EXPECT_TRUE(place.why().contains("`d` and `D`"));
}

TEST(Archive, WhatIsNoArchiveIsNamed) {
  const Place place;
  std::ofstream(place.archive) << "hello";
  EXPECT_TRUE(place.why().starts_with("the archive cannot be used: it is no tar archive"))
      << place.why();
  EXPECT_FALSE(unpack(place.folder.path() / "none", place.out).has_value());
}

TEST(Archive, OtherFormatsAreNamed) {
  struct Row {
    std::string_view name;
    std::string_view begins;
  };
  for (const Row& row : {Row{"RAR", "Rar!\x1a\x07"}, Row{"RAR", "Rar!\x1a\x07\x01"},
                         Row{"zip", "PK\x03\x04"}, Row{"7-Zip", "7z\xbc\xaf\x27\x1c"},
                         Row{"xz", "\xfd\x37zXZ"}, Row{"Zstandard", "\x28\xb5\x2f\xfd"}}) {
    const Place place;
    std::ofstream(place.archive) << row.begins << std::string(4096, 'x');
    EXPECT_EQ(place.why(), std::format("the archive cannot be used: it is {}; only tar is read, "
                                       "with or without gzip",
                                       row.name));
    EXPECT_TRUE(fs::is_empty(place.out));
  }
}

TEST(Archive, OneGzipIsEnough) {
  const Place place;
  place.make_all({"a"}, 1);
  EXPECT_EQ(place.why(), "");
  for (const int filters : {2, 3, 20}) {
    const Place bomb;
    bomb.make_all({"a"}, filters);
    EXPECT_EQ(bomb.why(), "the archive cannot be used: it is packed with gzip more than once");
    EXPECT_TRUE(fs::is_empty(bomb.out));
  }
}

}  // namespace
}  // namespace weft::ml::worker
