#include "domain/arrival.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/draw.h"
#include "domain/json.h"

namespace tracktrove::domain {
namespace {

// The draws of one arrival, by purpose.
class Dice {
 public:
  Dice(const SimulationSpec& spec, int64_t index) : draws_(*spec.seed, ArrivalDrawKey(index)) {}

  int64_t Below(int64_t bound, absl::string_view purpose) const {
    return draws_.Below(bound, kStep, 0, purpose);
  }
  // Both inclusive.
  int64_t Between(int64_t min, int64_t max, absl::string_view purpose) const {
    return min + Below(max - min + 1, purpose);
  }
  std::string Pick(std::initializer_list<const char*> choices, absl::string_view purpose) const {
    return choices.begin()[Below(static_cast<int64_t>(choices.size()), purpose)];
  }
  std::string Numbered(absl::string_view prefix, int pool, absl::string_view purpose) const {
    return absl::StrCat(prefix, 1 + Below(pool, purpose));
  }

 private:
  // No flow has a step of this name, so its draws are apart.
  static constexpr char kStep[] = "(arrival)";
  const Draws draws_;
};

Kind DrawKind(const SimulationSpec& spec, const Dice& dice) {
  int64_t total = 0;
  for (const auto& [kind, weight] : spec.weights) total += weight;
  int64_t at = dice.Below(total, "kind");
  for (const auto& [kind, weight] : spec.weights) {
    if (at < weight) return kind;
    at -= weight;
  }
  return spec.weights.rbegin()->first;  // never reached
}

Money DrawAmount(const AmountDistribution& amount, const Dice& dice) {
  // The smaller of two draws is low more often.
  int64_t drawn = dice.Between(amount.min_minor_units, amount.max_minor_units, "amount");
  if (amount.shape == AmountShape::kLowHeavy)
    drawn = std::min(drawn, dice.Between(amount.min_minor_units, amount.max_minor_units, "amount_again"));
  return {amount.currency, drawn};
}

Json TipPayload(const Dice& dice) {
  return {{"order",
           {{"id", absl::StrCat("FD-", dice.Between(10'000, 99'999, "order"))},
            {"restaurant", dice.Pick({"Biryani House", "Dosa Point", "Noodle Bar", "Chaat Corner"}, "place")},
            {"items", dice.Between(1, 4, "items")},
            {"deliveredInMinutes", dice.Between(12, 46, "minutes")}}},
          {"rating", dice.Between(3, 5, "rating")},
          {"note", dice.Pick({"Thank you!", "Fast and friendly", "Even in the rain"}, "note")}};
}

Json BidPayload(const Dice& dice, const std::string& auction) {
  return {{"auction",
           {{"id", auction},
            {"lot", dice.Pick({"vintage radio", "signed bat", "film camera", "first edition"}, "lot")}}},
          {"bid",
           {{"previousMinor", 100 * dice.Between(1'000, 5'000, "previous")},
            {"increments", dice.Between(1, 5, "increments")}}},
          {"device", dice.Pick({"desktop", "tablet", "phone"}, "device")}};
}

Json RefundPayload(const Dice& dice) {
  return {{"order",
           {{"id", absl::StrCat("OR-", dice.Between(10'000, 99'999, "order"))},
            {"item", dice.Pick({"running shoes", "desk lamp", "headphones"}, "item")},
            {"paidMinor", 100 * dice.Between(500, 900, "paid")}}},
          {"reason", dice.Pick({"wrong size", "arrived late", "damaged in transit"}, "reason")},
          {"ticket", absl::StrCat("CS-", dice.Between(10'000, 99'999, "ticket"))},
          {"evidence", {{"photos", dice.Between(0, 2, "photos")}}}};
}

Json LoyaltyPayload(const Dice& dice) {
  return {{"loyalty",
           {{"points", dice.Between(100, 999, "points")}, {"streakDays", dice.Between(1, 14, "streak")}}},
          {"campaign", {{"name", dice.Pick({"diwali-25", "weekend-boost", "welcome-back"}, "campaign")}}}};
}

Json PurchasePayload(const Dice& dice) {
  return {{"cart",
           {{"id", absl::StrCat("CT-", dice.Between(10'000, 99'999, "cart"))},
            {"items", dice.Between(1, 6, "items")},
            {"category", dice.Pick({"books", "groceries", "games", "stationery"}, "category")}}},
          {"card", {{"last4", absl::StrCat(dice.Between(1'000, 9'999, "card"))}}}};
}

// Who, where and what, as is usual for the command's kind.
void Dress(const SimulationSpec& spec, const Dice& dice, InitiateTransaction& command) {
  const auto parties = [&](const char* payer, const char* payee) {
    command.payer = dice.Numbered(payer, spec.payers, "payer");
    command.payee = dice.Numbered(payee, spec.payees, "payee");
  };
  Json payload;
  switch (command.kind) {
    case Kind::kTip:
      parties("customer-", "rider-");
      command.channel = dice.Pick({"ios", "android", "web"}, "channel");
      payload = TipPayload(dice);
      break;
    case Kind::kBidAdjustment:
      parties("bidder-", "auction-");
      command.channel = dice.Pick({"web", "api"}, "channel");
      payload = BidPayload(dice, command.payee);
      break;
    case Kind::kRefund:
      parties("seller-", "buyer-");
      command.channel = "support";
      payload = RefundPayload(dice);
      break;
    case Kind::kLoyaltyCredit:
      parties("programme-", "member-");
      command.channel = dice.Pick({"ios", "android"}, "channel");
      payload = LoyaltyPayload(dice);
      break;
    case Kind::kPurchase:
      parties("shopper-", "merchant-");
      command.channel = dice.Pick({"web", "ios", "pos"}, "channel");
      payload = PurchasePayload(dice);
      break;
  }
  command.payload = CanonicalText(payload);
}

}  // namespace

InitiateTransaction ArrivalOf(const SimulationSpec& spec, int64_t index) {
  const Dice dice(spec, index);
  InitiateTransaction command;
  command.kind = DrawKind(spec, dice);
  command.amount = DrawAmount(spec.amount, dice);
  Dress(spec, dice, command);
  command.flow = spec.flow;
  command.capture = Capture::kAutomatic;  // nobody is there to complete it
  command.hold_ttl = spec.hold_ttl;
  command.simulation = spec.chances;
  command.simulation.seed = spec.seed;
  command.arrival = index;
  return command;
}

}  // namespace tracktrove::domain
