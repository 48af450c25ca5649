#include "weft/dialogue/extract/extractor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "weft/dialogue/language/english/english.h"
#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// A Friday morning.
constexpr std::chrono::local_seconds kNow =
    std::chrono::local_days{std::chrono::year{2026} / 11 / 27} + std::chrono::hours{9};

std::vector<Value> values(std::string_view utterance) {
  static const Extractor kExtractor{english()};
  return kExtractor.values(utterance, kNow);
}

/// `words=canonical`, with the unit after a space and other readings after bars.
std::vector<std::string> found(ValueType type, std::string_view utterance) {
  std::vector<std::string> out;
  for (const Value& value : values(utterance)) {
    if (value.type != type) continue;
    std::string text(utterance.substr(value.begin, value.end - value.begin));
    text += "=" + value.canonical;
    if (!value.unit.empty()) text += " " + value.unit;
    for (const std::string& other : value.others) text += "|" + other;
    out.push_back(std::move(text));
  }
  return out;
}

struct Case {
  std::string_view utterance;
  std::vector<std::string> expected;
};

void expect(ValueType type, const std::vector<Case>& cases) {
  for (const Case& each : cases)
    EXPECT_EQ(found(type, each.utterance), each.expected) << each.utterance;
}

TEST(Extractor, Numbers) {
  expect(ValueType::number,
         {{"12 of 3,400.50", {"12=12", "3,400.50=3400.5"}},
          {"four thousand and twelve sheep", {"four thousand and twelve=4012"}},
          {"minus 7 or -0.25", {"minus 7=-7", "-0.25=-0.25"}},
          {"three point one four", {"three point one four=3.14"}},
          {"2 1/2 cups, two thirds full", {"2 1/2=2.5", "two thirds=0.666666666666667"}},
          {"a dozen eggs and half a dozen buns", {"a dozen=12", "half a dozen=6"}},
          {"2.5 million", {"2.5 million=2500000"}},
          {"80k", {"80k=80000"}},
          {"ten thousand and a half", {"ten thousand and a half=10500"}},
          {"one in five", {"one in five=0.2"}},
          {"order 00420017700000000000000042",
           {"00420017700000000000000042=420017700000000000000042"}},
          {"the one over there", {}},
          {"500ml", {}}});
}

TEST(Extractor, Ordinals) {
  expect(ValueType::ordinal, {{"the 42nd or forty-third", {"42nd=42", "forty-third=43"}},
                              {"two hundredth", {"two hundredth=200"}},
                              {"no, the last one", {"last one=end"}},
                              {"the next to last", {"next to last=end-1", "last=end"}},
                              {"next Friday", {}}});
}

TEST(Extractor, Percents) {
  expect(ValueType::percent,
         {{"15% or twelve and a half percent", {"15%=15", "twelve and a half percent=12.5"}},
          {"what percentage", {"percentage="}}});
}

TEST(Extractor, Money) {
  expect(ValueType::money,
         {{"$12.50 and 30 euros", {"$12.50=12.5 dollar", "30 euros=30 EUR"}},
          {"a hundred bucks", {"a hundred bucks=100 dollar"}},
          {"GBP 20 or 20 quid", {"GBP 20=20 GBP", "20 quid=20 GBP"}},
          {"CA$5, A$6 but a $7 pen", {"CA$5=5 CAD", "A$6=6 AUD", "$7=7 dollar"}},
          {"8 dollars and 25 cents", {"8 dollars and 25 cents=8.25 dollar", "8 dollars=8 dollar"}},
          {"60 cents", {"60 cents=60 cent"}},
          {"\xE2\x82\xAC"
           "9",
           {"\xE2\x82\xAC"
            "9=9 EUR"}},
          {"pay in yen", {"yen= JPY"}},
          {"I won, try again", {}}});
}

TEST(Extractor, Quantities) {
  expect(ValueType::quantity,
         {{"5 km at 30 miles per hour", {"5 km=5 kilometer", "30 miles per hour=30 mile per hour"}},
          {"250ml, two-gallon", {"250ml=250 milliliter", "two-gallon=2 gallon"}},
          {"-4 \xC2\xB0"
           "C",
           {"-4 \xC2\xB0"
            "C=-4 degree celsius"}},
          {"in fahrenheit", {"fahrenheit= degree fahrenheit"}},
          {"six people", {"six people=6 person"}}});
}

TEST(Extractor, Dates) {
  expect(ValueType::date,
         {{"today", {"today=2026-11-27"}},
          {"the day after tomorrow",
           {"the day after tomorrow=2026-11-29", "day after tomorrow=2026-11-29",
            "tomorrow=2026-11-28"}},
          {"the 5th of March",
           {"the 5th of March=2027-03-05|2026-03-05", "5th of March=2027-03-05|2026-03-05"}},
          {"Dec. 24, 2027", {"Dec. 24, 2027=2027-12-24"}},
          {"on 9/12", {"9/12=2027-09-12|2026-09-12|2026-12-09"}},
          {"2027-01-31", {"2027-01-31=2027-01-31"}},
          {"on the 30th", {"the 30th=2026-11-30|2026-10-30"}},
          {"next Tuesday", {"next Tuesday=2026-12-01", "Tuesday=2026-12-01|2026-11-24"}},
          {"in three weeks", {"in three weeks=2026-12-18"}},
          {"ten days ago", {"ten days ago=2026-11-17"}},
          {"the second Monday of May",
           {"the second Monday of May=2027-05-10|2026-05-11",
            "second Monday of May=2027-05-10|2026-05-11", "Monday=2026-11-30|2026-11-23"}},
          {"February 30th", {"February 30th="}},
          {"a table for 4", {}},
          {"the second one", {}}});
}

TEST(Extractor, Times) {
  expect(ValueType::time,
         {{"at 7", {"7=07:00|19:00"}},
          {"7:45 p.m.", {"7:45 p.m.=19:45"}},
          {"half past nine", {"half past nine=09:30|21:30"}},
          {"ten to six in the evening", {"six in the evening=18:00"}},
          {"ten minutes to six in the evening", {"ten minutes to six in the evening=17:50"}},
          {"eight o'clock sharp, or 20:15:30", {"eight o'clock=08:00|20:00", "20:15:30=20:15:30"}},
          {"noon", {"noon=12:00"}},
          {"at 7 restaurants, three nights", {"7=07:00|19:00"}}});
}

TEST(Extractor, DatesWithTimes) {
  expect(ValueType::date_time,
         {{"tomorrow at 6", {"tomorrow at 6=2026-11-28T06:00|2026-11-28T18:00"}},
          {"5 pm on Sunday", {"5 pm on Sunday=2026-11-29T17:00|2026-11-22T17:00"}},
          {"tonight at 8", {"tonight at 8=2026-11-27T20:00"}},
          {"in 90 minutes", {"in 90 minutes=2026-11-27T10:30"}},
          {"2026-12-01T08:05", {"2026-12-01T08:05=2026-12-01T08:05"}}});
}

TEST(Extractor, Periods) {
  EXPECT_THAT(found(ValueType::period, "this afternoon"),
              Contains("this afternoon=2026-11-27T12:00/2026-11-27T16:00"));
  EXPECT_THAT(found(ValueType::period, "tomorrow morning"),
              Contains("tomorrow morning=2026-11-28T08:00/2026-11-28T12:00"));
  EXPECT_THAT(found(ValueType::period, "next week"),
              ElementsAre("next week=2026-11-30/2026-12-07"));
  EXPECT_THAT(found(ValueType::period, "from 3 to 5 pm"), Contains("from 3 to 5 pm=15:00/17:00"));
  EXPECT_THAT(found(ValueType::period, "between 11 pm and 2 tomorrow"),
              Contains("between 11 pm and 2 tomorrow=2026-11-28T23:00/2026-11-29T02:00"));
  EXPECT_THAT(
      found(ValueType::period, "from the 3rd to the 7th of May"),
      Contains("from the 3rd to the 7th of May=2027-05-03/2027-05-07|2026-05-03/2026-05-07"));
  EXPECT_THAT(found(ValueType::date, "from the 3rd to the 7th of May"),
              Contains("the 3rd=2027-05-03|2026-05-03"));
  EXPECT_THAT(found(ValueType::period, "Monday until Wednesday"),
              Contains("Monday until Wednesday=2026-11-30/2026-12-02|2026-11-23/2026-11-25"));
  EXPECT_THAT(found(ValueType::period, "since yesterday"),
              ElementsAre("since yesterday=2026-11-26/"));
  EXPECT_THAT(found(ValueType::period, "before 6 pm"), ElementsAre("before 6 pm=/18:00"));
  EXPECT_THAT(found(ValueType::period, "from 2 pm for 3 hours"),
              Contains("from 2 pm for 3 hours=14:00/17:00"));
  EXPECT_THAT(found(ValueType::period, "early next month"),
              Contains("early next month=2026-12-01/2026-12-16"));
}

TEST(Extractor, Durations) {
  expect(ValueType::duration, {{"for an hour and a half", {"an hour and a half=PT1H30M"}},
                               {"two weeks", {"two weeks=P2W"}},
                               {"3 days, 4 hours", {"3 days, 4 hours=P3DT4H"}},
                               {"half an hour", {"half an hour=PT30M"}},
                               {"a couple of months", {"a couple of months=P2M"}},
                               {"45min", {"45min=PT45M"}}});
}

TEST(Extractor, WhatIsWrittenInAFormOfItsOwn) {
  expect(ValueType::phone, {{"call +86 (10) 5234-5678.", {"+86 (10) 5234-5678=+861052345678"}},
                            {"on 2027-05-06 or 3,000,000", {}}});
  expect(ValueType::email, {{"to ann.lee+x@mail.example.org!",
                             {"ann.lee+x@mail.example.org=ann.lee+x@mail.example.org"}},
                            {"me@home", {}}});
  expect(ValueType::url, {{"see https://example.org/a?b=1#c, please",
                           {"https://example.org/a?b=1#c=https://example.org/a?b=1#c"}},
                          {"ann@example.org", {}}});
  expect(ValueType::quoted,
         {{"call it \"Blue Monday\"", {"\"Blue Monday\"=Blue Monday"}}, {"it's Ann's", {}}});
  EXPECT_THAT(found(ValueType::number, "https://example.org/7/8%209"), IsEmpty());
}

TEST(Extractor, Names) {
  expect(ValueType::name,
         {{"Look in Toronto", {"Toronto=Toronto"}},
          {"In Bern, near Jing'an Temple", {"Bern=Bern", "Jing'an Temple=Jing'an Temple"}},
          {"I'd like what I had", {}},
          {"Anna and Bob", {"Anna and Bob=Anna and Bob", "Anna=Anna", "Bob=Bob"}},
          {"ask Anna's sister at the Bank of Examples",
           {"Anna=Anna", "Bank of Examples=Bank of Examples"}},
          {"Springfield, IL on Friday",
           {"Springfield, IL=Springfield, IL", "Springfield=Springfield", "IL=IL"}},
          {"The Long Road", {"The Long Road=The Long Road", "Long Road=Long Road"}}});
}

TEST(Extractor, BoundsWhatItReads) {
  EXPECT_THAT(values(""), IsEmpty());
  EXPECT_THAT(values("\xFF\xFE\0\x80 \xE2\x82"), Not(Contains(::testing::Field(&Value::end, 0U))));
  const std::string endless(kUtteranceBytesMax, ' ');
  EXPECT_THAT(values(endless + "tomorrow"), IsEmpty());
  EXPECT_EQ(found(ValueType::number, std::string(kUtteranceBytesMax + 5, '9')).size(), 1U);
}

}  // namespace
}  // namespace weft::dialogue
