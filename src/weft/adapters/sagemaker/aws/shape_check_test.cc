#include "weft/adapters/sagemaker/aws/shape_check.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::adapters::sagemaker {
namespace {

using Kind = Shape::Kind;

// What a service's model may hold, in small; the tables of real services are tested beside them.
constexpr Shape::Member kMembers[] = {
    {"RoleName", 1, true}, {"Mode", 2, false},  {"Count", 3, false}, {"Tags", 4, false},
    {"Weights", 5, false}, {"Inner", 0, false}, {"Since", 7, false}};
constexpr std::string_view kWords[] = {"File", "Pipe"};
constexpr Shape kShapes[] = {
    {Kind::structure_, 0, 7, 0, 0, kUnbounded, kUnbounded, "", "Request"},
    {Kind::string_, 0, 0, 0, 0, 1, 6, "[a-z](-*[a-z])*", "Name"},
    {Kind::enum_, 0, 2, 0, 0, kUnbounded, kUnbounded, "", "Mode"},
    {Kind::integer_, 0, 0, 0, 0, 1, 20, "", "Count"},
    {Kind::list_, 0, 0, 1, 0, kUnbounded, 2, "", "Tags"},
    {Kind::map_, 0, 0, 1, 6, kUnbounded, kUnbounded, "", "Weights"},
    {Kind::float_, 0, 0, 0, 0, 0, kUnbounded, "", "Weight"},
    {Kind::timestamp_, 0, 0, 0, 0, kUnbounded, kUnbounded, "", "Time"},
};
constexpr ShapedOperation kOperations[] = {{"Create", 0, kNone}, {"Delete", 0, kNone}};
constexpr std::string_view kRefused[] = {"Bend", "Fold"};
constexpr Shapes kAll{kShapes, kMembers, kWords, kOperations, kRefused};

std::string told(std::string_view text) {
  const auto value = json::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  const auto checked = check_shape(kAll, 0, value.value_or(json::value()));
  return checked ? "" : checked.error().message;
}

TEST(ShapeCheck, WhatFitsPasses) {
  EXPECT_EQ(told(R"({"RoleName":"a-b","Mode":"Pipe","Count":20,"Tags":["a","b"],)"
                 R"("Weights":{"a":0.5,"b":1},"Inner":{"RoleName":"c"},"Since":1732600000.5})"),
            "");
  EXPECT_EQ(told(R"({"RoleName":"a","Mode":null})"), "") << "null is as good as nothing";
}

TEST(ShapeCheck, FaultsAreToldInTheServicesWords) {
  EXPECT_EQ(told("{}"),
            "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(told(R"({"RoleName":"A","Mode":"Fast"})"),
            "2 validation errors detected: Value 'A' at 'roleName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-z](-*[a-z])*; Value 'Fast' at "
            "'mode' failed to satisfy constraint: Member must satisfy enum value set: [File, "
            "Pipe]");
  EXPECT_EQ(told(R"({"RoleName":"a","Count":21})"),
            "1 validation error detected: Value '21' at 'count' failed to satisfy constraint: "
            "Member must have value less than or equal to 20");
  EXPECT_EQ(told(R"({"RoleName":"abcdefg"})"),
            "1 validation error detected: Value 'abcdefg' at 'roleName' failed to satisfy "
            "constraint: Member must have length less than or equal to 6");
  EXPECT_EQ(told(R"({"RoleName":""})"),
            "2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; Value '' at 'roleName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-z](-*[a-z])*");
}

TEST(ShapeCheck, PlacesAreNamed) {
  EXPECT_EQ(told(R"({"RoleName":"a","Tags":["b","?"],"Weights":{"c":-1},"Inner":{}})"),
            "3 validation errors detected: Value '?' at 'tags.2.member' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-z](-*[a-z])*; Value "
            "'-1' at 'weights.c.member' failed to satisfy constraint: Member must have value "
            "greater than or equal to 0; Value null at 'inner.roleName' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_TRUE(told(R"({"RoleName":"a","Extra":1})").contains("'extra'"));
}

TEST(ShapeCheck, AnotherTypeIsToldAlone) {
  const auto wrong = check_shape(kAll, 0, json::object{{"RoleName", 5}});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().param, "SerializationException");
  EXPECT_EQ(wrong.error().message, "NUMBER_VALUE can not be converted to a String (at 'roleName')");
  EXPECT_EQ(told(R"({"RoleName":"a","Count":1.5})"),
            "DECIMAL_VALUE can not be converted to an Integer (at 'count')");
  EXPECT_EQ(told("[]"), "a list can not be converted to a structure (at 'the request')");
}

TEST(ShapeCheck, ManyFaultsAndLongValuesAreCutShort) {
  json::object weights;
  for (int i = 0; i < 1'000; ++i) weights[std::to_string(i)] = std::string(5'000, 'x');
  EXPECT_TRUE(told(json::write(json::object{{"RoleName", "a"}, {"Weights", weights}}))
                  .starts_with("STRING_VALUE can not be converted to a Float"));
  json::object names;
  for (int i = 0; i < 1'000; ++i) names[std::to_string(i)] = 1;
  const std::string many = told(json::write(json::object{{"RoleName", "a"}, {"Weights", names}}));
  EXPECT_TRUE(many.starts_with("1000 validation errors detected: "));
  EXPECT_LT(many.size(), 3'000U);
  json::array tags(30'000, "x");
  const std::string longer = told(
      json::write(json::object{{"RoleName", "a"}, {"Weights", json::object()}, {"Tags", tags}}));
  EXPECT_TRUE(longer.starts_with("1 validation error detected: ")) << "it is not looked into";
  EXPECT_TRUE(longer.ends_with("Member must have length less than or equal to 2"));
  EXPECT_LT(longer.size(), 500U);
}

TEST(ShapeCheck, OperationsByName) {
  ASSERT_NE(kAll.operation("Delete"), nullptr);
  EXPECT_EQ(kAll.operation("Fold"), nullptr);
  EXPECT_TRUE(kAll.refuses("Fold"));
  EXPECT_FALSE(kAll.refuses("Create"));
  EXPECT_FALSE(kAll.refuses("Nonsense"));
}

TEST(ShapeCheck, TheTablesOfStsAndIam) {
  EXPECT_NE(sts_shapes().operation("GetCallerIdentity"), nullptr);
  EXPECT_TRUE(sts_shapes().refuses("AssumeRole"));
  const ShapedOperation* role = iam_shapes().operation("GetRole");
  ASSERT_NE(role, nullptr);
  const auto wrong = check_shape(iam_shapes(), role->input, json::object{{"RoleName", "a b"}});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message,
            "1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]+");
  EXPECT_TRUE(check_shape(iam_shapes(), role->input, json::object{{"RoleName", "Admin"}}));
}

}  // namespace
}  // namespace weft::adapters::sagemaker
