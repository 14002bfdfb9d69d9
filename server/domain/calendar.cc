#include "domain/calendar.h"

#include <algorithm>

namespace tracktrove::domain {

absl::CivilDay Calendar::BusinessDayOf(absl::Time time) const {
  const absl::CivilDay today = absl::ToCivilDay(time, zone_);
  return FirstFrom(time <= CutOffOf(today) ? today : today + 1);
}

absl::Time Calendar::CutOffOf(absl::CivilDay day) const {
  return absl::FromCivil(absl::CivilMinute(day) + policy_.cut_off_minute, zone_);
}

absl::Time Calendar::PayTimeOf(absl::CivilDay day) const {
  for (int i = 0; i < policy_.business_days; ++i) day = FirstFrom(day + 1);
  return CutOffOf(day);
}

bool Calendar::IsBusinessDay(absl::CivilDay day) const {
  const auto& weekend = policy_.weekend;
  if (std::find(weekend.begin(), weekend.end(), absl::GetWeekday(day)) != weekend.end()) return false;
  if (std::binary_search(policy_.holidays.begin(), policy_.holidays.end(), day)) return false;
  // A zone that crosses the date line leaves out a whole day, its noon with it.
  return absl::ToCivilDay(absl::FromCivil(absl::CivilHour(day) + 12, zone_), zone_) == day;
}

// Ends: of every week one day is no weekend, and the holidays are bounded.
absl::CivilDay Calendar::FirstFrom(absl::CivilDay day) const {
  while (!IsBusinessDay(day)) ++day;
  return day;
}

}  // namespace tracktrove::domain
