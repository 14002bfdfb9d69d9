#include "api/policy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/check.h"
#include "api/convert.h"
#include "domain/errors.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;
using domain::SettlementPolicy;

constexpr int kMaxZoneName = 64;

absl::StatusOr<domain::AmountLimits> ToAmountLimits(const v1::Policy::AmountLimits& limits) {
  constexpr int64_t kMost = 1'000'000;
  TT_RETURN_IF_ERROR(CheckRange(limits.min_major_units(), "policy.amount_limits.min_major_units", 0, kMost));
  TT_RETURN_IF_ERROR(CheckRange(limits.max_major_units(), "policy.amount_limits.max_major_units",
                                std::max<int64_t>(1, limits.min_major_units()), kMost));
  return domain::AmountLimits{limits.min_major_units(), limits.max_major_units()};
}

absl::StatusOr<domain::RetryPolicy> ToRetryPolicy(const v1::Policy::Retry& retry) {
  domain::RetryPolicy out;
  if (retry.max_attempts() != 0) {
    TT_RETURN_IF_ERROR(CheckRange(retry.max_attempts(), "policy.retry.max_attempts", 1, 20));
    out.max_attempts = retry.max_attempts();
  }
  if (retry.has_initial_backoff()) {
    TT_ASSIGN_OR_RETURN(out.initial_backoff,
                        CheckDuration(retry.initial_backoff(), "policy.retry.initial_backoff",
                                      absl::Milliseconds(1), absl::Hours(1)));
  }
  if (retry.has_max_backoff()) {
    TT_ASSIGN_OR_RETURN(out.max_backoff, CheckDuration(retry.max_backoff(), "policy.retry.max_backoff",
                                                       absl::Milliseconds(1), absl::Hours(24)));
  }
  if (out.max_backoff < out.initial_backoff) {
    return BadField("policy.retry.max_backoff", "must not be below initial_backoff");
  }
  return out;
}

absl::StatusOr<domain::FeePolicy> ToFeePolicy(const v1::Policy::Fee& fee) {
  TT_RETURN_IF_ERROR(CheckRange(fee.ppm(), "policy.fee.ppm", 0, domain::kPpm));
  TT_RETURN_IF_ERROR(CheckRange(fee.fixed_minor_units(), "policy.fee.fixed_minor_units", 0, 1'000'000));
  return domain::FeePolicy{fee.ppm(), fee.fixed_minor_units()};
}

// `HH:MM` as minutes of the day.
absl::StatusOr<int> CheckCutOff(const std::string& text) {
  int hours = 0, minutes = 0;
  const bool sound = text.size() == 5 && text[2] == ':' && absl::SimpleAtoi(text.substr(0, 2), &hours) &&
                     absl::SimpleAtoi(text.substr(3), &minutes) && hours >= 0 && hours <= 23 &&
                     minutes >= 0 && minutes <= 59 && absl::StrFormat("%02d:%02d", hours, minutes) == text;
  if (!sound) return BadField("policy.settlement.cut_off", "must be 00:00 to 23:59, like 18:00");
  return hours * 60 + minutes;
}

absl::StatusOr<std::string> CheckTimeZone(const std::string& name) {
  TT_RETURN_IF_ERROR(CheckText(name, "policy.settlement.time_zone", kMaxZoneName));
  // Zones are files: only names that stay in their folder, and mean the same on every machine.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("_+-/", c);
  });
  absl::TimeZone zone;
  if (!plain || name[0] == '/' || name == "localtime" || !absl::LoadTimeZone(name, &zone)) {
    return BadField("policy.settlement.time_zone", "must be an IANA name that the server's machine knows");
  }
  return name;
}

absl::StatusOr<std::vector<absl::Weekday>> CheckWeekend(const v1::Policy::Settlement::Weekend& weekend) {
  std::vector<absl::Weekday> days;
  for (const int day : weekend.days()) {
    if (day < v1::Policy::Settlement::MONDAY || day > v1::Policy::Settlement::SUNDAY)
      return BadField("policy.settlement.weekend.days", "must be days of the week");
    days.push_back(static_cast<absl::Weekday>(day - v1::Policy::Settlement::MONDAY));
  }
  std::sort(days.begin(), days.end());
  if (std::adjacent_find(days.begin(), days.end()) != days.end())
    return BadField("policy.settlement.weekend.days", "must not have a day twice");
  if (days.size() == 7) return BadField("policy.settlement.weekend.days", "must leave a day of the week");
  return days;
}

template <typename Dates>
absl::StatusOr<std::vector<absl::CivilDay>> CheckHolidays(const Dates& dates) {
  if (dates.size() > SettlementPolicy::kMaxHolidays) {
    return BadField("policy.settlement.holidays",
                    absl::StrCat("must be at most ", SettlementPolicy::kMaxHolidays));
  }
  std::vector<absl::CivilDay> holidays;
  for (const std::string& date : dates) {
    absl::CivilDay day;
    if (!absl::ParseCivilTime(date, &day) || absl::FormatCivilTime(day) != date)
      return BadField("policy.settlement.holidays", "must be dates like 2026-01-26");
    holidays.push_back(day);
  }
  std::sort(holidays.begin(), holidays.end());
  holidays.erase(std::unique(holidays.begin(), holidays.end()), holidays.end());
  return holidays;
}

absl::StatusOr<SettlementPolicy> ToSettlementPolicy(const v1::Policy::Settlement& settlement) {
  SettlementPolicy out;
  if (!settlement.cut_off().empty()) {
    TT_ASSIGN_OR_RETURN(out.cut_off_minute, CheckCutOff(settlement.cut_off()));
  }
  if (!settlement.time_zone().empty()) {
    TT_ASSIGN_OR_RETURN(out.time_zone, CheckTimeZone(settlement.time_zone()));
  }
  if (settlement.has_business_days()) {
    TT_RETURN_IF_ERROR(CheckRange(settlement.business_days(), "policy.settlement.business_days", 0,
                                  SettlementPolicy::kMaxBusinessDays));
    out.business_days = settlement.business_days();
  }
  if (settlement.has_weekend()) {
    TT_ASSIGN_OR_RETURN(out.weekend, CheckWeekend(settlement.weekend()));
  }
  TT_ASSIGN_OR_RETURN(out.holidays, CheckHolidays(settlement.holidays()));
  return out;
}

v1::Policy::Settlement SettlementToProto(const SettlementPolicy& policy) {
  v1::Policy::Settlement out;
  out.set_cut_off(absl::StrFormat("%02d:%02d", policy.cut_off_minute / 60, policy.cut_off_minute % 60));
  out.set_time_zone(policy.time_zone);
  out.set_business_days(policy.business_days);
  out.mutable_weekend();
  for (const absl::Weekday day : policy.weekend) {
    out.mutable_weekend()->add_days(
        static_cast<v1::Policy::Settlement::Weekday>(static_cast<int>(day) + v1::Policy::Settlement::MONDAY));
  }
  for (const absl::CivilDay day : policy.holidays) out.add_holidays(absl::FormatCivilTime(day));
  return out;
}

}  // namespace

absl::StatusOr<domain::UpdateSandbox> ToDomain(const v1::Policy& policy) {
  domain::UpdateSandbox update;
  if (policy.has_amount_limits()) {
    TT_ASSIGN_OR_RETURN(update.amount_limits, ToAmountLimits(policy.amount_limits()));
  }
  if (policy.has_hold_ttl()) {
    TT_ASSIGN_OR_RETURN(update.hold_ttl,
                        CheckDuration(policy.hold_ttl(), "policy.hold_ttl", kMinTtl, kMaxTtl));
  }
  if (policy.has_retry()) {
    TT_ASSIGN_OR_RETURN(update.retry, ToRetryPolicy(policy.retry()));
  }
  if (policy.has_fee()) {
    TT_ASSIGN_OR_RETURN(update.fee, ToFeePolicy(policy.fee()));
  }
  if (policy.has_settlement()) {
    TT_ASSIGN_OR_RETURN(update.settlement, ToSettlementPolicy(policy.settlement()));
  }
  if (policy.has_dispute_deadline()) {
    TT_ASSIGN_OR_RETURN(update.dispute_deadline,
                        CheckDuration(policy.dispute_deadline(), "policy.dispute_deadline",
                                      absl::Milliseconds(1), absl::Hours(90 * 24)));
  }
  return update;
}

v1::Policy ToProto(const domain::Policy& policy) {
  v1::Policy out;
  out.mutable_amount_limits()->set_min_major_units(policy.amount_limits.min_major_units);
  out.mutable_amount_limits()->set_max_major_units(policy.amount_limits.max_major_units);
  *out.mutable_hold_ttl() = ToProto(policy.hold_ttl);
  out.mutable_retry()->set_max_attempts(policy.retry.max_attempts);
  *out.mutable_retry()->mutable_initial_backoff() = ToProto(policy.retry.initial_backoff);
  *out.mutable_retry()->mutable_max_backoff() = ToProto(policy.retry.max_backoff);
  out.mutable_fee()->set_ppm(static_cast<int32_t>(policy.fee.ppm));
  out.mutable_fee()->set_fixed_minor_units(policy.fee.fixed_minor_units);
  *out.mutable_settlement() = SettlementToProto(policy.settlement);
  *out.mutable_dispute_deadline() = ToProto(policy.dispute_deadline);
  return out;
}

}  // namespace tracktrove::api
