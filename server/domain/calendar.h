// Business days: which one a moment belongs to, and when its books close. A
// pure function of the policy and of a time zone that is passed in loaded:
// reading the system's zone files is for others.
#ifndef TRACKTROVE_DOMAIN_CALENDAR_H_
#define TRACKTROVE_DOMAIN_CALENDAR_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tracktrove::domain {

// When payees are paid. Times are those of a clock on the wall in `time_zone`.
struct SettlementPolicy {
  static constexpr int kMaxHolidays = 400;
  static constexpr int kMaxBusinessDays = 10;

  int cut_off_minute = 18 * 60;            // of the day
  std::string time_zone = "Asia/Kolkata";  // IANA
  int business_days = 1;                   // from the cut-off to the payment: N of T+N
  std::vector<absl::Weekday> weekend = {absl::Weekday::saturday, absl::Weekday::sunday};  // at most six
  std::vector<absl::CivilDay> holidays;                                                   // ascending

  friend bool operator==(const SettlementPolicy&, const SettlementPolicy&) = default;
};

class Calendar {
 public:
  // `policy` must outlive it; `zone` is that of its name.
  Calendar(const SettlementPolicy& policy, absl::TimeZone zone) : policy_(policy), zone_(zone) {}

  // The first business day whose cut-off is not before `time`: exactly at the
  // cut-off still belongs to the day.
  absl::CivilDay BusinessDayOf(absl::Time time) const;

  // When a day's books close. A local time that the zone jumps over is the
  // moment of the jump; of one that comes twice it is the first.
  absl::Time CutOffOf(absl::CivilDay day) const;

  // When what was gathered up to `day`'s cut-off is paid: N business days later.
  absl::Time PayTimeOf(absl::CivilDay day) const;

 private:
  bool IsBusinessDay(absl::CivilDay day) const;
  // The first business day that is not before `day`.
  absl::CivilDay FirstFrom(absl::CivilDay day) const;

  const SettlementPolicy& policy_;
  const absl::TimeZone zone_;
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_CALENDAR_H_
