#include "weft/wire/media_type.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

TEST(MediaType, IsReadWhateverItsForm) {
  EXPECT_EQ(media_type("Application/JSON ; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type("text/plain"), "text/plain");
  for (const char* none :
       {"", ";", "json", "text/", "/plain", "a/b/c", "te xt/plain", "text/pl\xff"})
    EXPECT_EQ(media_type(none), "") << none;
}

TEST(MediaType, IsComparedWhateverItsForm) {
  EXPECT_TRUE(is_media_type("Application/JSON ; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/jsonl", "application/json"));
  EXPECT_FALSE(is_media_type("application", "application"));
  EXPECT_FALSE(is_media_type("", ""));
}

}  // namespace
}  // namespace weft::wire
