// The flows that every sandbox has, after the shapes of real platforms. They
// are read by ParseFlow like anybody's flow.
#include <algorithm>
#include <cstdlib>

#include "domain/flow.h"

namespace tracktrove::domain {
namespace {

constexpr char kFoodDeliveryTip[] = R"json({
  "id": "food-delivery-tip", "kind": "TIP", "title": "A tip for the courier after a delivery",
  "steps": [
    {"name": "accept-payment", "service": "gateway",
     "latency": {"p50": "0.040s", "p99": "0.180s", "max": "0.400s"}, "timeout": "2s",
     "failures": [{"code": "GATEWAY_REJECTED", "message": "the payment gateway refused the request", "weight": 1}],
     "change": {"payment": {"id": {"$value": "transactionId"}, "status": "ACCEPTED", "amountMinor": {"$value": "amount"},
                            "currency": {"$value": "currency"}, "attempt": {"$value": "attempt"}}}},
    {"name": "score-risk", "service": "risk",
     "latency": {"p50": "0.025s", "p99": "0.120s", "max": "0.300s"}, "timeout": "1s",
     "failures": [{"code": "RISK_DECLINED", "message": "the risk score is above the limit", "weight": 1}],
     "change": {"risk": {"score": {"$draw": {"min": 1, "max": 60}}, "decision": "ALLOW"}}},
    {"name": "authorize-upi", "service": "processor",
     "latency": {"p50": "0.090s", "p99": "0.450s", "max": "0.900s"}, "timeout": "3s",
     "failures": [{"code": "INSUFFICIENT_FUNDS", "message": "the payer's account does not cover the tip", "weight": 3},
                  {"code": "ISSUER_UNAVAILABLE", "message": "the payer's bank did not answer", "weight": 2}],
     "change": {"payment": {"status": "AUTHORIZED", "authorizationCode": {"$hex": {"length": 6, "prefix": "A"}},
                            "method": {"$pick": ["UPI", "CARD", "WALLET"]}}}},
    {"name": "hold-funds", "service": "escrow", "effect": "HOLD",
     "latency": {"p50": "0.015s", "p99": "0.060s", "max": "0.150s"}, "timeout": "1s",
     "failures": [{"code": "ESCROW_UNAVAILABLE", "message": "the escrow account could not be locked", "weight": 1}],
     "change": {"hold": {"id": {"$hex": {"length": 12, "prefix": "hold_"}}, "expireTime": {"$value": "holdExpireTime"}}}},
    {"name": "capture-tip", "service": "processor", "effect": "CAPTURE",
     "latency": {"p50": "0.070s", "p99": "0.350s", "max": "0.800s"}, "timeout": "3s",
     "failures": [{"code": "CAPTURE_DECLINED", "message": "the processor refused the capture", "weight": 1}],
     "change": {"payment": {"status": "CAPTURED", "captureReference": {"$hex": {"length": 10, "prefix": "cap_"}}},
                "payout": {"feeMinor": {"$value": "fee"}, "netMinor": {"$value": "net"}, "courier": {"$value": "payee"}}}},
    {"name": "notify-courier", "service": "notifier", "effect": "NOTIFY",
     "latency": {"p50": "0.020s", "p99": "0.090s", "max": "0.250s"}, "timeout": "1s",
     "change": {"notification": {"channel": {"$pick": ["push", "sms"]}, "messageId": {"$hex": {"length": 8, "prefix": "msg_"}}}}}
  ]})json";

constexpr char kAuctionBid[] = R"json({
  "id": "auction-bid-adjustment", "kind": "BID_ADJUSTMENT", "title": "The difference to a raised bid",
  "steps": [
    {"name": "validate-bid", "service": "auction",
     "latency": {"p50": "0.020s", "p99": "0.090s", "max": "0.200s"}, "timeout": "1s",
     "failures": [{"code": "AUCTION_CLOSED", "message": "the auction closed before the bid arrived", "weight": 2},
                  {"code": "BID_OUTPACED", "message": "a higher bid arrived first", "weight": 3}],
     "change": {"bid": {"id": {"$hex": {"length": 10, "prefix": "bid_"}}, "deltaMinor": {"$value": "amount"}, "status": "VALID"}}},
    {"name": "score-risk", "service": "risk",
     "latency": {"p50": "0.025s", "p99": "0.120s", "max": "0.300s"}, "timeout": "1s",
     "failures": [{"code": "VELOCITY_EXCEEDED", "message": "too many bids in a short time", "weight": 1}],
     "change": {"risk": {"score": {"$draw": {"min": 5, "max": 80}}, "decision": "ALLOW"}}},
    {"name": "hold-difference", "service": "escrow", "effect": "HOLD",
     "latency": {"p50": "0.015s", "p99": "0.060s", "max": "0.150s"}, "timeout": "1s",
     "failures": [{"code": "INSUFFICIENT_FUNDS", "message": "the bidder's wallet does not cover the difference", "weight": 2}],
     "change": {"hold": {"id": {"$hex": {"length": 12, "prefix": "hold_"}}, "expireTime": {"$value": "holdExpireTime"}}}},
    {"name": "rank-bid", "service": "auction",
     "latency": {"p50": "0.035s", "p99": "0.160s", "max": "0.400s"}, "timeout": "2s",
     "failures": [{"code": "RANKING_CONFLICT", "message": "the ranking changed while the bid was placed", "weight": 1}],
     "change": {"bid": {"status": "LEADING", "rank": {"$draw": {"min": 1, "max": 3}}}}},
    {"name": "capture-difference", "service": "processor", "effect": "CAPTURE",
     "latency": {"p50": "0.070s", "p99": "0.350s", "max": "0.800s"}, "timeout": "3s",
     "failures": [{"code": "CAPTURE_DECLINED", "message": "the processor refused the capture", "weight": 1}],
     "change": {"payment": {"captureReference": {"$hex": {"length": 10, "prefix": "cap_"}}, "capturedMinor": {"$value": "captured"},
                            "feeMinor": {"$value": "fee"}}}}
  ]})json";

constexpr char kMarketplaceRefund[] = R"json({
  "id": "marketplace-refund", "kind": "REFUND", "title": "A credit to a buyer for a returned item",
  "steps": [
    {"name": "check-order", "service": "orders",
     "latency": {"p50": "0.030s", "p99": "0.140s", "max": "0.350s"}, "timeout": "1.500s",
     "failures": [{"code": "ORDER_NOT_REFUNDABLE", "message": "the return window is over", "weight": 2}],
     "change": {"refund": {"id": {"$hex": {"length": 10, "prefix": "rf_"}}, "amountMinor": {"$value": "amount"}, "status": "APPROVED"}}},
    {"name": "screen-abuse", "service": "risk",
     "latency": {"p50": "0.025s", "p99": "0.120s", "max": "0.300s"}, "timeout": "1s",
     "failures": [{"code": "REFUND_ABUSE_SUSPECTED", "message": "the buyer returns too much", "weight": 1}],
     "change": {"risk": {"score": {"$draw": {"min": 1, "max": 70}}, "decision": "ALLOW"}}},
    {"name": "reserve-from-seller", "service": "escrow", "effect": "HOLD",
     "latency": {"p50": "0.015s", "p99": "0.060s", "max": "0.150s"}, "timeout": "1s",
     "failures": [{"code": "SELLER_BALANCE_LOW", "message": "the seller's balance does not cover the refund", "weight": 2}],
     "change": {"hold": {"id": {"$hex": {"length": 12, "prefix": "hold_"}}, "expireTime": {"$value": "holdExpireTime"}}}},
    {"name": "credit-buyer", "service": "processor", "effect": "CAPTURE",
     "latency": {"p50": "0.080s", "p99": "0.400s", "max": "0.900s"}, "timeout": "3s",
     "failures": [{"code": "ACCOUNT_CLOSED", "message": "the buyer's account is closed", "weight": 1},
                  {"code": "NETWORK_ERROR", "message": "the card network did not answer", "weight": 1}],
     "change": {"refund": {"status": "CREDITED", "creditReference": {"$hex": {"length": 12, "prefix": "arn_"}},
                           "netMinor": {"$value": "net"}}}},
    {"name": "notify-buyer", "service": "notifier", "effect": "NOTIFY",
     "latency": {"p50": "0.020s", "p99": "0.090s", "max": "0.250s"}, "timeout": "1s",
     "change": {"notification": {"channel": "email", "messageId": {"$hex": {"length": 8, "prefix": "msg_"}}}}}
  ]})json";

constexpr char kLoyaltyCredit[] = R"json({
  "id": "loyalty-credit", "kind": "LOYALTY_CREDIT", "title": "Points turned into money",
  "steps": [
    {"name": "verify-points", "service": "loyalty",
     "latency": {"p50": "0.030s", "p99": "0.130s", "max": "0.300s"}, "timeout": "1.500s",
     "failures": [{"code": "POINTS_EXPIRED", "message": "the points expired before they were used", "weight": 2},
                  {"code": "MEMBER_SUSPENDED", "message": "the membership is suspended", "weight": 1}],
     "change": {"loyalty": {"redemptionId": {"$hex": {"length": 10, "prefix": "red_"}}, "tier": {"$pick": ["SILVER", "GOLD", "PLATINUM"]}}}},
    {"name": "check-campaign", "service": "campaigns",
     "latency": {"p50": "0.020s", "p99": "0.080s", "max": "0.200s"}, "timeout": "1s",
     "failures": [{"code": "CAMPAIGN_BUDGET_SPENT", "message": "the campaign's budget is spent", "weight": 2}],
     "change": {"campaign": {"bonusPercent": {"$draw": {"min": 0, "max": 15}}}}},
    {"name": "reserve-budget", "service": "escrow", "effect": "HOLD",
     "latency": {"p50": "0.015s", "p99": "0.060s", "max": "0.150s"}, "timeout": "1s",
     "failures": [{"code": "ESCROW_UNAVAILABLE", "message": "the escrow account could not be locked", "weight": 1}],
     "change": {"hold": {"id": {"$hex": {"length": 12, "prefix": "hold_"}}, "expireTime": {"$value": "holdExpireTime"}}}},
    {"name": "credit-wallet", "service": "wallet", "effect": "CAPTURE",
     "latency": {"p50": "0.040s", "p99": "0.200s", "max": "0.500s"}, "timeout": "2s",
     "failures": [{"code": "WALLET_LIMIT_REACHED", "message": "the wallet would exceed its limit", "weight": 1}],
     "change": {"wallet": {"creditReference": {"$hex": {"length": 10, "prefix": "wal_"}}, "creditedMinor": {"$value": "net"},
                           "feeMinor": {"$value": "fee"}}}},
    {"name": "notify-member", "service": "notifier", "effect": "NOTIFY",
     "latency": {"p50": "0.020s", "p99": "0.090s", "max": "0.250s"}, "timeout": "1s",
     "change": {"notification": {"channel": "push", "messageId": {"$hex": {"length": 8, "prefix": "msg_"}}}}}
  ]})json";

constexpr char kCardPurchase[] = R"json({
  "id": "card-purchase", "kind": "PURCHASE", "title": "A card payment that waits for the merchant to confirm it",
  "capture": "MANUAL",
  "steps": [
    {"name": "accept-payment", "service": "gateway",
     "latency": {"p50": "0.040s", "p99": "0.180s", "max": "0.400s"}, "timeout": "2s",
     "failures": [{"code": "GATEWAY_REJECTED", "message": "the payment gateway refused the request", "weight": 1}],
     "change": {"payment": {"id": {"$value": "transactionId"}, "amountMinor": {"$value": "amount"},
                            "currency": {"$value": "currency"}, "status": "ACCEPTED"}}},
    {"name": "score-risk", "service": "risk",
     "latency": {"p50": "0.025s", "p99": "0.120s", "max": "0.300s"}, "timeout": "1s",
     "failures": [{"code": "RISK_DECLINED", "message": "the risk score is above the limit", "weight": 1}],
     "change": {"risk": {"score": {"$draw": {"min": 1, "max": 75}}, "decision": "ALLOW"}}},
    {"name": "authorize-card", "service": "issuer",
     "latency": {"p50": "0.150s", "p99": "0.700s", "max": "1.500s"}, "timeout": "5s",
     "failures": [{"code": "CARD_DECLINED", "message": "the issuer declined the card", "weight": 4},
                  {"code": "AUTHENTICATION_FAILED", "message": "the cardholder failed the challenge", "weight": 2},
                  {"code": "ISSUER_UNAVAILABLE", "message": "the issuer did not answer", "weight": 1}],
     "change": {"payment": {"status": "AUTHORIZED", "authorizationCode": {"$hex": {"length": 6, "prefix": "A"}},
                            "network": {"$pick": ["VISA", "MASTERCARD", "RUPAY"]}}}},
    {"name": "hold-funds", "service": "escrow", "effect": "HOLD",
     "latency": {"p50": "0.015s", "p99": "0.060s", "max": "0.150s"}, "timeout": "1s",
     "failures": [{"code": "ESCROW_UNAVAILABLE", "message": "the escrow account could not be locked", "weight": 1}],
     "change": {"hold": {"id": {"$hex": {"length": 12, "prefix": "hold_"}}, "expireTime": {"$value": "holdExpireTime"}}}},
    {"name": "capture-payment", "service": "processor", "effect": "CAPTURE",
     "latency": {"p50": "0.080s", "p99": "0.400s", "max": "0.900s"}, "timeout": "3s",
     "failures": [{"code": "CAPTURE_DECLINED", "message": "the processor refused the capture", "weight": 1}],
     "change": {"payment": {"status": "CAPTURED", "captureReference": {"$hex": {"length": 10, "prefix": "cap_"}},
                            "capturedMinor": {"$value": "captured"}},
                "payout": {"feeMinor": {"$value": "fee"}, "netMinor": {"$value": "net"}}}},
    {"name": "notify-merchant", "service": "notifier", "effect": "NOTIFY",
     "latency": {"p50": "0.020s", "p99": "0.090s", "max": "0.250s"}, "timeout": "1s",
     "change": {"notification": {"channel": "webhook", "messageId": {"$hex": {"length": 8, "prefix": "msg_"}}}}}
  ]})json";

std::vector<Flow> ParseBuiltins() {
  std::vector<Flow> flows;
  for (const char* text :
       {kFoodDeliveryTip, kAuctionBid, kMarketplaceRefund, kLoyaltyCredit, kCardPurchase}) {
    absl::StatusOr<Flow> flow = ParseFlow(Json::parse(text));
    if (!flow.ok()) std::abort();  // our own text; a test reads them all
    flows.push_back(*std::move(flow));
  }
  return flows;
}

}  // namespace

const std::vector<Flow>& BuiltinFlows() {
  static const auto* const flows = new std::vector<Flow>(ParseBuiltins());
  return *flows;
}

const Flow* FindFlow(absl::string_view id) {
  const auto& flows = BuiltinFlows();
  const auto it = std::find_if(flows.begin(), flows.end(), [&](const Flow& f) { return f.id == id; });
  return it == flows.end() ? nullptr : &*it;
}

const Flow& FlowOf(Kind kind) {
  const auto& flows = BuiltinFlows();
  return *std::find_if(flows.begin(), flows.end(), [&](const Flow& f) { return f.kind == kind; });
}

}  // namespace tracktrove::domain
