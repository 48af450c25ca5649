#include "weft/adapters/sagemaker/aws/form.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/sagemaker/aws/testing_shapes.h"
#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/limits.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::metric_shapes;

json::value shaped(std::string_view text) {
  const auto form = read_form(text, &metric_shapes(), 0);
  EXPECT_TRUE(form) << form.error().message;
  return form ? json::value(form->parameters) : json::value();
}

// Forms of botocore 1.44.8.
TEST(Form, ReadsRequestsOfBotocoreByTheirShapes) {
  EXPECT_EQ(shaped("Action=GetMetricStatistics&Version=2010-08-01&Namespace=AWS%2FSageMaker&"
                   "Dimensions.member.1.Name=EndpointName&"
                   "Dimensions.member.1.Value=churn+%26+more&Dimensions.member.2.Name=VariantName&"
                   "Dimensions.member.2.Value=AllTraffic&StartTime=2026-11-26T09%3A00%3A00Z&"
                   "Period=60&Statistics.member.1=Sum&Statistics.member.2=Average"),
            json::parse(R"({"Namespace":"AWS/SageMaker",
                "Dimensions":[{"Name":"EndpointName","Value":"churn & more"},
                              {"Name":"VariantName","Value":"AllTraffic"}],
                "StartTime":1795683600E0,"Period":60,"Statistics":["Sum","Average"]})")
                .value());
  EXPECT_EQ(shaped("Action=PutMetricData&Version=2010-08-01&Namespace=n&"
                   "Values.member.1=1.0&Values.member.2=2.5&Return=true&"
                   "StartTime=2026-11-26T09%3A01%3A30.500000Z"),
            json::parse(R"({"Namespace":"n","Values":[1E0,2.5],"Return":true,
                "StartTime":1795683690.5})")
                .value());
}

// As Smithy's specification of the query protocol has them.
TEST(Form, ReadsMapsAndListsWithoutALevel) {
  EXPECT_EQ(shaped("Attributes.entry.1.key=a&Attributes.entry.1.value=1&"
                   "Attributes.entry.2.key=b&Attributes.entry.2.value=2&Statistics.1=x"),
            json::parse(R"({"Attributes":{"a":1,"b":2},"Statistics":["x"]})").value());
  EXPECT_EQ(shaped("Attributes.1.key=a&Attributes.1.value=1"),
            json::parse(R"({"Attributes":{"a":1}})").value());
}

TEST(Form, ElementsAreInTheOrderOfTheirNumbers) {
  std::string text = "Action=A&Version=V";
  for (const int i : {10, 2, 1}) text += std::format("&Statistics.member.{}=s{}", i, i);
  EXPECT_EQ(shaped(text), json::parse(R"({"Statistics":["s1","s2","s10"]})").value());
  EXPECT_EQ(shaped("Dimensions="), json::parse(R"({"Dimensions":[]})").value());
}

TEST(Form, WhatIsNoNumberStaysAString) {
  EXPECT_EQ(shaped("Period=6x&StartTime=yesterday&Nobody=1&Return=TRUE"),
            json::parse(R"({"Period":"6x","StartTime":"yesterday","Nobody":"1","Return":"TRUE"})")
                .value());
}

TEST(Form, WithoutShapesTheNamesSayWhatIsAList) {
  const auto form = read_form(
      "Action=Do&Version=1&A=x&L.member.1=a&L.member.2.B=b&M.entry.1.key=k&M.entry.1.value=v&"
      "X-Amz-Signature=1&S.T=u",
      nullptr, kNone);
  ASSERT_TRUE(form);
  EXPECT_EQ(form->action, "Do");
  EXPECT_EQ(form->version, "1");
  EXPECT_EQ(json::value(form->parameters),
            json::parse(R"({"A":"x","L":["a",{"B":"b"}],"M":{"k":"v"},"S":{"T":"u"}})").value());
}

TEST(Form, TooMuchOfItIsRefused) {
  const auto message = [](const std::string& text) {
    const auto form = read_form(text, nullptr, kNone);
    return form ? "" : form.error().message;
  };
  std::string deep = "a";
  for (std::size_t i = 0; i < kFormDepthMax; ++i) deep += ".a";
  EXPECT_EQ(message(deep + "=1"), "a parameter's name has too many parts");
  std::string many;
  for (std::size_t i = 0; i <= kFormFieldsMax; ++i) many += "a=1&";
  EXPECT_EQ(message(many), "the form has too many parameters");
  EXPECT_EQ(message("L.member.x=1"), "`x` is no number of an element");
  EXPECT_EQ(message("L.member.99999999999999=1"), "`99999999999999` is no number of an element");
  EXPECT_EQ(message("M.entry.1.key=1"), "an entry of a map has a `key` and a `value`");
  EXPECT_EQ(message("a=%ff"), "the form is not UTF-8");
}

TEST(Form, AnswersAreXmlByTheirShapes) {
  std::string out;
  const auto answer = json::parse(R"({"Label":"a<b>&\"c\"","Datapoints":[
          {"Timestamp":1795683600,"Sum":2,"Unit":"None"},
          {"Timestamp":1795683660.25,"Sum":0.125}]})")
                          .value();
  write_xml(out, answer.get_object(), &metric_shapes(), 10);
  EXPECT_EQ(out,
            "<Label>a&lt;b&gt;&amp;&quot;c&quot;</Label><Datapoints>"
            "<member><Timestamp>2026-11-26T09:00:00Z</Timestamp><Sum>2</Sum><Unit>None</Unit>"
            "</member><member><Timestamp>2026-11-26T09:01:00.250Z</Timestamp>"
            "<Sum>0.125</Sum></member></Datapoints>");
}

TEST(Xml, ControlCharactersAreReferences) {
  std::string out;
  append_xml(out, "Key", std::string_view("a\r\n\tb\x01", 6));
  EXPECT_EQ(out, "<Key>a&#13;\n\tb&#1;</Key>");
}

TEST(Times, AreReadAndWritten) {
  EXPECT_EQ(to_iso8601(1795683600), "2026-11-26T09:00:00Z");
  EXPECT_EQ(to_iso8601(1795683600.5), "2026-11-26T09:00:00.500Z");
  EXPECT_EQ(from_iso8601("2026-11-26T09:00:00Z"), 1795683600);
  EXPECT_EQ(from_iso8601("2026-11-26T09:00:00.250000+00:00"), 1795683600.25);
  EXPECT_EQ(from_iso8601("2026-11-26T10:30:00+01:30"), 1795683600);
  EXPECT_EQ(from_iso8601("2026-11-26"), 1795651200);
  for (const char* none : {"", "2026-13-01T00:00:00Z", "2026-02-30", "2026-11-26T25:00:00Z",
                           "2026-11-26T09:00:00Zx", "26 Nov 2026", "2026-11-26T09:00:00+1"}) {
    EXPECT_FALSE(from_iso8601(none)) << none;
  }
  // RFC 9110, 5.6.7.
  EXPECT_EQ(to_http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777);
  EXPECT_FALSE(from_http_date("Sun, 06 Xyz 1994 08:49:37 GMT"));
  EXPECT_FALSE(from_http_date("Sun, 06 Nov 1994 08:49:37"));
}

}  // namespace
}  // namespace weft::adapters::sagemaker
