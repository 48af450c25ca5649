#include "weft/app/hidden_secrets.h"

#include <gtest/gtest.h>

#include "weft/app/config.h"

namespace weft::app {
namespace {

TEST(HiddenSecrets, ValuesOfSecretKeys) {
  const auto shown = [](std::string_view line, std::string_view before = "") {
    return without_secrets(line, before);
  };
  EXPECT_EQ(shown("    secret_key: hush"), "    secret_key: ****");
  EXPECT_EQ(shown("  {a: 1, bearer: 'hu, sh', b: 2}"), "  {a: 1, bearer: ********, b: 2}");
  EXPECT_EQ(shown("  {access_key: AKID, b: 2}"), "  {access_key: ****, b: 2}");
  EXPECT_EQ(shown("    Authorization: Bearer hush"), "    Authorization: ***********");
  EXPECT_EQ(shown("    secret_key: [hush]"), "    secret_key: ******");
  EXPECT_EQ(shown("      - hush", "    secret_key:"), "      - ****");
  EXPECT_EQ(shown("    secret_key: 'hush${X'"), "    secret_key: *********");
  EXPECT_EQ(shown("  url: http://me:hush@host/a@b"), "  url: http://*******@host/a@b");
  EXPECT_EQ(shown("  bearer: \"早上\""), "  bearer: ******");
}

TEST(HiddenSecrets, WhatIsNoSecretStays) {
  for (const char* line :
       {"    bearer: ${TOKEN}", "  {secret_key: ${A}, b: 2}", "  key: server.key",
        "  url: http://host/a@b", "- name: billing", "", "  secret_key:", "  # a: comment"})
    EXPECT_EQ(without_secrets(line, "  name: x"), line);
}

TEST(HiddenSecrets, FaultsShowNone) {
  for (const std::string text :
       {"ml: {objects: {endpoint: 'http://127.0.0.1:1', access_key: A, secret_key: hush, x: 1}}\n",
        "ml:\n  objects:\n    endpoint: http://a:1\n    access_key: A\n    secret_key: 'hush${X'\n",
        "ml:\n  objects:\n    endpoint: http://a:1\n    access_key: A\n    secret_key: [hush]\n",
        "ml:\n  objects:\n    access_key: A\n    secret_key: hush\n    endpont: http://a:1\n",
        "ml:\n  objects:\n    endpoint: http://u:hush@a:1\n    access_key: A\n    secret_key: "
        "b\n"}) {
    const auto reading = read_config(text, "weft.yaml");
    ASSERT_FALSE(reading.faults.empty()) << text;
    for (const ConfigFault& fault : reading.faults)
      EXPECT_FALSE(render(fault, text).contains("hush")) << render(fault, text);
  }
}

}  // namespace
}  // namespace weft::app
