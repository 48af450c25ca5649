#include "weft/adapters/openai/errors.h"

#include <gtest/gtest.h>

namespace weft::adapters::openai {
namespace {

ErrorAnswer read(int status, std::string_view body) {
  return read_error_answer(status, wire::Headers(), body);
}

TEST(Errors, ParamsArePointersAndComeBack) {
  for (const std::string_view param : {"messages[0].content[12].text", "model", "a~b.c", ""}) {
    EXPECT_EQ(param_of_pointer(pointer_of_param(param)), param);
  }
  EXPECT_EQ(pointer_of_param("messages[0].content"), "/messages/0/content");
  EXPECT_EQ(pointer_of_param("a~b.c/d"), "/a~0b/c~1d");
  EXPECT_EQ(pointer_of_param("[3].x"), "/3/x");
}

TEST(Errors, TheServersParamIsKept) {
  const auto answer = read(400, R"({"error":{"message":"too long","type":"invalid_request_error",
    "param":"messages[1].content","code":"context_length_exceeded"}})");
  EXPECT_EQ(answer.error.reason, Reason::invalid_argument);
  EXPECT_EQ(answer.error.param, "/messages/1/content");
  ASSERT_TRUE(answer.document);
  const json::value shown(named_document(*answer.document, "oracle", answer.error));
  EXPECT_EQ(json::write(shown),
            R"({"error":{"message":"solution \"oracle\": too long","type":"invalid_request_error",)"
            R"("param":"messages[1].content","code":"context_length_exceeded"}})");
}

TEST(Errors, WhatADocumentLacksIsAdded) {
  const auto answer = read(429, R"({"error":{"code":429,"own":[1]},"id":"r"})");
  EXPECT_EQ(answer.error.reason, Reason::rate_limited);
  ASSERT_TRUE(answer.document);
  EXPECT_EQ(
      json::write(named_document(*answer.document, "oracle", answer.error)),
      R"({"error":{"code":429,"own":[1],"message":"solution \"oracle\": the model server )"
      R"(answered an error without a message","type":"rate_limit_error","param":null},"id":"r"})");
}

TEST(Errors, WhatSpeaksOfWeftsOwnCredentialsIsNotShown) {
  constexpr std::string_view kKey =
      R"({"error":{"message":"bad key","type":"x","param":null,"code":"invalid_api_key"}})";
  EXPECT_FALSE(read(401, kKey).document);
  EXPECT_FALSE(read(403, kKey).document);
  EXPECT_FALSE(read(400, kKey).document);
  EXPECT_FALSE(read(503, "<h1>busy</h1>").document);
  EXPECT_FALSE(read(302, R"({"error":{"message":"elsewhere"}})").document);
  EXPECT_TRUE(read(403, R"({"error":{"message":"no","code":"content_filter"}})").document);
}

}  // namespace
}  // namespace weft::adapters::openai
