// Business days and their cut-offs, against dates that people looked up.
#include "domain/calendar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

constexpr absl::Weekday kSaturday = absl::Weekday::saturday, kSunday = absl::Weekday::sunday,
                        kFriday = absl::Weekday::friday;

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string problem;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) << text << ": " << problem;
  return time;
}

absl::CivilDay Day(const std::string& text) {
  absl::CivilDay day;
  EXPECT_TRUE(absl::ParseCivilTime(text, &day)) << text;
  return day;
}

struct TimeCase {
  const char* what;
  const char* zone;
  int cut_off_minute;
  int business_days;
  std::vector<absl::Weekday> weekend;
  std::vector<const char*> holidays;
  const char* completed;  // with its offset
  const char* day;
  const char* pays;  // in UTC
};

const std::vector<absl::Weekday> kUsual = {kSaturday, kSunday};
constexpr int kSix = 18 * 60;

const TimeCase kCases[] = {
    {"Friday afternoon pays on Monday",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-01-02T14:30:00+05:30",
     "2026-01-02",
     "2026-01-05T12:30:00Z"},
    {"exactly at the cut-off is the day's",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-01-02T18:00:00+05:30",
     "2026-01-02",
     "2026-01-05T12:30:00Z"},
    {"a moment later is the next one's",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-01-02T18:00:00.000001+05:30",
     "2026-01-05",
     "2026-01-06T12:30:00Z"},
    {"on Sunday it is Monday's",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-01-04T03:00:00+05:30",
     "2026-01-05",
     "2026-01-06T12:30:00Z"},
    {"the local date counts, not that of UTC",
     "Asia/Kolkata",
     60,
     1,
     kUsual,
     {},
     "2026-01-05T20:00:00Z",
     "2026-01-07",
     "2026-01-07T19:30:00Z"},
    {"T+0 pays at the cut-off itself",
     "Asia/Kolkata",
     kSix,
     0,
     kUsual,
     {},
     "2026-01-02T14:30:00+05:30",
     "2026-01-02",
     "2026-01-02T12:30:00Z"},
    {"T+3 skips the weekend",
     "Asia/Kolkata",
     kSix,
     3,
     kUsual,
     {},
     "2026-01-01T10:00:00+05:30",
     "2026-01-01",
     "2026-01-06T12:30:00Z"},
    {"T+10 is two weeks",
     "Asia/Kolkata",
     kSix,
     10,
     kUsual,
     {},
     "2026-01-02T10:00:00+05:30",
     "2026-01-02",
     "2026-01-16T12:30:00Z"},
    {"without a weekend Saturday follows Friday",
     "Asia/Kolkata",
     kSix,
     1,
     {},
     {},
     "2026-01-02T14:30:00+05:30",
     "2026-01-02",
     "2026-01-03T12:30:00Z"},
    {"a weekend of Friday and Saturday",
     "Asia/Dubai",
     kSix,
     1,
     {kFriday, kSaturday},
     {},
     "2026-01-01T10:00:00+04:00",
     "2026-01-01",
     "2026-01-04T14:00:00Z"},
    {"a holiday is passed over",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {"2026-01-26"},
     "2026-01-23T10:00:00+05:30",
     "2026-01-23",
     "2026-01-27T12:30:00Z"},
    {"holidays in a row, and the weekend behind them",
     "Europe/Berlin",
     kSix,
     1,
     kUsual,
     {"2026-04-03", "2026-04-06"},
     "2026-04-02T12:00:00+02:00",
     "2026-04-02",
     "2026-04-07T16:00:00Z"},
    {"what completes on a holiday is the next day's",
     "Europe/Berlin",
     kSix,
     1,
     kUsual,
     {"2026-04-03", "2026-04-06"},
     "2026-04-03T12:00:00+02:00",
     "2026-04-07",
     "2026-04-08T16:00:00Z"},
    {"over a year's end of holidays",
     "Europe/Berlin",
     kSix,
     1,
     kUsual,
     {"2025-12-31", "2026-01-01"},
     "2025-12-30T12:00:00+01:00",
     "2025-12-30",
     "2026-01-02T17:00:00Z"},
    {"over the end of a month",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-01-30T19:00:00+05:30",
     "2026-02-02",
     "2026-02-03T12:30:00Z"},
    {"the last of February in a leap year",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2028-02-28T19:00:00+05:30",
     "2028-02-29",
     "2028-03-01T12:30:00Z"},
    {"and in another one",
     "Asia/Kolkata",
     kSix,
     1,
     kUsual,
     {},
     "2026-02-27T19:00:00+05:30",
     "2026-03-02",
     "2026-03-03T12:30:00Z"},
    {"1900 was none, 2000 was one",
     "Etc/UTC",
     kSix,
     1,
     {},
     {},
     "2000-02-28T20:00:00Z",
     "2000-02-29",
     "2000-03-01T18:00:00Z"},
    {"over the start of summer time the hours change, the clock on the wall does not",
     "Europe/Berlin",
     kSix,
     1,
     kUsual,
     {},
     "2026-03-27T12:00:00+01:00",
     "2026-03-27",
     "2026-03-30T16:00:00Z"},
    {"and over its end",
     "Europe/Berlin",
     kSix,
     1,
     kUsual,
     {},
     "2026-10-23T12:00:00+02:00",
     "2026-10-23",
     "2026-10-26T17:00:00Z"},
    {"a cut-off that is skipped is the jump",
     "Europe/Berlin",
     150,
     1,
     {},
     {},
     "2026-03-28T12:00:00+01:00",
     "2026-03-29",
     "2026-03-30T00:30:00Z"},
    {"which the time before it belongs to",
     "Europe/Berlin",
     150,
     0,
     {},
     {},
     "2026-03-29T00:59:59Z",
     "2026-03-29",
     "2026-03-29T01:00:00Z"},
    {"and the jump itself",
     "Europe/Berlin",
     150,
     0,
     {},
     {},
     "2026-03-29T01:00:00Z",
     "2026-03-29",
     "2026-03-29T01:00:00Z"},
    {"but not the time after it",
     "Europe/Berlin",
     150,
     0,
     {},
     {},
     "2026-03-29T01:00:01Z",
     "2026-03-30",
     "2026-03-30T00:30:00Z"},
    {"of a cut-off that comes twice the first counts",
     "Europe/Berlin",
     150,
     0,
     {},
     {},
     "2026-10-25T00:15:00Z",
     "2026-10-25",
     "2026-10-25T00:30:00Z"},
    {"between the two it is the next day's",
     "Europe/Berlin",
     150,
     0,
     {},
     {},
     "2026-10-25T01:00:00Z",
     "2026-10-26",
     "2026-10-26T01:30:00Z"},
    {"New York jumps earlier in the year",
     "America/New_York",
     kSix,
     1,
     kUsual,
     {},
     "2026-03-06T12:00:00-05:00",
     "2026-03-06",
     "2026-03-09T22:00:00Z"},
    {"and back later",
     "America/New_York",
     kSix,
     1,
     kUsual,
     {},
     "2026-10-30T12:00:00-04:00",
     "2026-10-30",
     "2026-11-02T23:00:00Z"},
    {"New York's skipped half hour",
     "America/New_York",
     150,
     0,
     {},
     {},
     "2026-03-08T01:30:00-05:00",
     "2026-03-08",
     "2026-03-08T07:00:00Z"},
    {"Apia left out a Friday",
     "Pacific/Apia",
     kSix,
     1,
     kUsual,
     {},
     "2011-12-29T10:00:00-10:00",
     "2011-12-29",
     "2012-01-02T04:00:00Z"},
    {"on which nothing was a business day",
     "Pacific/Apia",
     kSix,
     1,
     {},
     {},
     "2011-12-29T20:00:00-10:00",
     "2011-12-31",
     "2012-01-01T04:00:00Z"},
    {"Lord Howe moves by half an hour",
     "Australia/Lord_Howe",
     135,
     0,
     {},
     {},
     "2026-10-03T14:00:00Z",
     "2026-10-04",
     "2026-10-03T15:30:00Z"},
};

TEST(Calendar, SaysWhichDayAMomentBelongsToAndWhenThatIsPaid) {
  for (const TimeCase& c : kCases) {
    SCOPED_TRACE(c.what);
    SettlementPolicy policy;
    policy.cut_off_minute = c.cut_off_minute;
    policy.business_days = c.business_days;
    policy.weekend = c.weekend;
    for (const char* holiday : c.holidays) policy.holidays.push_back(Day(holiday));
    const Calendar calendar(policy, Zone(c.zone));
    EXPECT_EQ(calendar.BusinessDayOf(Utc(c.completed)), Day(c.day));
    EXPECT_EQ(calendar.PayTimeOf(Day(c.day)), Utc(c.pays)) << calendar.PayTimeOf(Day(c.day));
  }
}

// Hour by hour over years: days follow each other, and nobody is paid before his cut-off.
TEST(Calendar, NeverGoesBackAndNeverPaysBeforeTheCutOff) {
  for (const char* zone : {"Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Apia"}) {
    for (const int cut_off : {0, 150, kSix, 24 * 60 - 1}) {
      SettlementPolicy policy;
      policy.cut_off_minute = cut_off;
      policy.holidays = {Day("2011-12-26"), Day("2012-01-02")};
      const Calendar calendar(policy, Zone(zone));
      absl::CivilDay last;
      for (absl::Time t = Utc("2011-11-01T00:00:00Z"); t < Utc("2012-12-01T00:00:00Z");
           t += absl::Minutes(37)) {
        const absl::CivilDay day = calendar.BusinessDayOf(t);
        ASSERT_GE(day, last);
        ASSERT_LE(t, calendar.CutOffOf(day));
        ASSERT_LT(calendar.CutOffOf(day), calendar.PayTimeOf(day));
        last = day;
      }
    }
  }
}

TEST(Calendar, FindsABusinessDayBehindAsManyHolidaysAsThereMayBe) {
  SettlementPolicy policy;
  policy.weekend = {absl::Weekday::monday,   absl::Weekday::tuesday, absl::Weekday::wednesday,
                    absl::Weekday::thursday, absl::Weekday::friday,  kSaturday};
  absl::CivilDay sunday = Day("2026-01-04");
  for (int i = 0; i < SettlementPolicy::kMaxHolidays; ++i) policy.holidays.push_back(sunday + 7 * i);
  const Calendar calendar(policy, Zone("Asia/Kolkata"));
  EXPECT_EQ(calendar.BusinessDayOf(Utc("2026-01-01T00:00:00Z")), sunday + 7 * SettlementPolicy::kMaxHolidays);
}

}  // namespace
}  // namespace tracktrove::domain
