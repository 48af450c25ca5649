#include "weft/adapters/a2a/errors.h"

#include <gtest/gtest.h>

namespace weft::adapters::a2a {
namespace {

constexpr Reason kReasons[] = {
    Reason::invalid_argument,   Reason::unauthenticated, Reason::permission_denied,
    Reason::solution_not_found, Reason::task_not_found,  Reason::unsupported,
    Reason::not_cancelable,     Reason::content_type,    Reason::too_large,
    Reason::rate_limited,       Reason::unavailable,     Reason::deadline,
    Reason::cancelled,          Reason::solution_failed, Reason::refused,
    Reason::upstream_protocol,  Reason::storage_full,    Reason::internal};

/// What an agent says of credentials is about weft's.
bool of_credentials(Reason reason) {
  return reason == Reason::unauthenticated || reason == Reason::permission_denied;
}

TEST(Errors, ComeBackWithTheirReasonFromBothBindings) {
  for (const Reason reason : kReasons) {
    if (of_credentials(reason)) continue;
    Error error = make_error(reason, "it went wrong");
    error.param = "/a/b";
    error.retry_after = std::chrono::milliseconds(1500);
    const Fault fault(error);
    const Error rpc = from_jsonrpc(to_jsonrpc(fault));
    EXPECT_EQ(rpc.reason, reason) << to_string(reason);
    EXPECT_EQ(rpc.code, error.code);
    EXPECT_EQ(rpc.message, "it went wrong");
    EXPECT_EQ(rpc.param, "/a/b");
    EXPECT_EQ(rpc.retry_after, error.retry_after);
    const Error rest = from_rest(fault.row.http, {}, json::write(to_rest(fault)));
    EXPECT_EQ(rest.reason, reason) << to_string(reason);
    EXPECT_EQ(rest.message, "it went wrong");
    EXPECT_EQ(rest.upstream_status, fault.row.http);
  }
}

TEST(Errors, OfCredentialsAreNotTheCallers) {
  for (const Reason reason : kReasons) {
    const Fault fault(make_error(reason, "no entry"));
    const std::string body = json::write(to_rest(fault));
    for (const int status : {401, 403}) {
      const Error rest = from_rest(status, {}, body);
      const Reason told = reason == Reason::refused ? Reason::refused : Reason::unavailable;
      EXPECT_EQ(rest.reason, told) << status << " " << to_string(reason);
      EXPECT_EQ(rest.upstream_status, status);
      EXPECT_NE(rest.message.find("no entry"), std::string::npos) << rest.message;
    }
    if (!of_credentials(reason)) continue;
    for (const Error& error : {from_jsonrpc(to_jsonrpc(fault)), from_rest(500, {}, body)}) {
      EXPECT_EQ(error.reason, Reason::unavailable) << to_string(reason);
      EXPECT_EQ(error.code, Code::unavailable);
      EXPECT_NE(error.message.find("no entry"), std::string::npos) << error.message;
      EXPECT_NE(error.message.find("--bearer"), std::string::npos) << error.message;
      EXPECT_GE(error.upstream_status, 400) << "it answered, so it is not down";
    }
  }
}

TEST(Errors, AreSaidAsTheSpecificationHasThem) {
  struct Row {
    Fault fault;
    int rpc;
    int http;
    std::string_view status;
    std::string_view reason;
  };
  const Row rows[] = {
      {make_error(Reason::task_not_found, "x"), -32001, 404, "NOT_FOUND", "TASK_NOT_FOUND"},
      {make_error(Reason::not_cancelable, "x"), -32002, 400, "FAILED_PRECONDITION",
       "TASK_NOT_CANCELABLE"},
      {{kPushNotSupported, "x"},
       -32003,
       400,
       "FAILED_PRECONDITION",
       "PUSH_NOTIFICATION_NOT_SUPPORTED"},
      {make_error(Reason::unsupported, "x"), -32004, 400, "FAILED_PRECONDITION",
       "UNSUPPORTED_OPERATION"},
      {make_error(Reason::content_type, "x"), -32005, 400, "INVALID_ARGUMENT",
       "CONTENT_TYPE_NOT_SUPPORTED"},
      {make_error(Reason::upstream_protocol, "x"), -32006, 500, "INTERNAL",
       "INVALID_AGENT_RESPONSE"},
      {{kCardNotConfigured, "x"},
       -32007,
       400,
       "FAILED_PRECONDITION",
       "EXTENDED_AGENT_CARD_NOT_CONFIGURED"},
      {{kExtensionRequired, "x"}, -32008, 400, "FAILED_PRECONDITION", "EXTENSION_SUPPORT_REQUIRED"},
      {{kVersionNotSupported, "x"}, -32009, 400, "FAILED_PRECONDITION", "VERSION_NOT_SUPPORTED"},
  };
  for (const Row& row : rows) {
    const wire::JsonRpcError rpc = to_jsonrpc(row.fault);
    EXPECT_EQ(rpc.code, row.rpc);
    EXPECT_EQ(jsonrpc_http_status(row.fault), 200);
    const json::object rest = to_rest(row.fault);
    EXPECT_EQ(*json::at_pointer(rest, "/error/code"), json::value(row.http));
    EXPECT_EQ(*json::at_pointer(rest, "/error/status"), json::value(row.status));
    for (const json::value& info :
         {*json::at_pointer(*rpc.data, "/0"), *json::at_pointer(rest, "/error/details/0")}) {
      EXPECT_EQ(info.at("@type"), json::value("type.googleapis.com/google.rpc.ErrorInfo"));
      EXPECT_EQ(info.at("reason"), json::value(row.reason));
      EXPECT_EQ(info.at("domain"), json::value("a2a-protocol.org"));
    }
  }
}

TEST(Errors, OfOtherAgentsKeepTheirWords) {
  EXPECT_EQ(from_jsonrpc({-32603, "boom", std::nullopt}).reason, Reason::solution_failed);
  EXPECT_EQ(from_jsonrpc({-32001, "gone", std::nullopt}).reason, Reason::task_not_found);
  EXPECT_EQ(from_rest(404, {}, R"({"code":-32001,"message":"gone"})").reason,
            Reason::task_not_found);
  EXPECT_EQ(from_rest(503, {}, "<h1>oops</h1>").reason, Reason::unavailable);
  EXPECT_EQ(from_rest(503, {}, "[1,2]").upstream_status, 503);
  const Error odd =
      from_jsonrpc({-32603, "x", json::value(json::array{1, nullptr, json::object{{"@type", 7}}})});
  EXPECT_EQ(odd.reason, Reason::solution_failed);
}

TEST(Errors, ARetryDelayOutOfReasonIsIgnored) {
  for (const std::string_view delay : {"1e30s", "-5s", "nan", "5", "s"}) {
    json::object info{{"@type", "type.googleapis.com/google.rpc.RetryInfo"}, {"retryDelay", delay}};
    EXPECT_FALSE(from_jsonrpc({-32603, "x", json::value(json::array{info})}).retry_after) << delay;
  }
}

}  // namespace
}  // namespace weft::adapters::a2a
