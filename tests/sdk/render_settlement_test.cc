// What people see of settlement, disputes and statistics.
#include <string>

#include "gtest/gtest.h"
#include "sdk/cli/render.h"
#include "tests/sdk/message.h"

namespace tracktrove::cli {
namespace {

std::string Inr(const std::string& field, int minor_units) {
  return field + " { currency_code: 'INR' minor_units: " + std::to_string(minor_units) + " } ";
}

TEST(RenderBatch, SaysWhenAndHowMuch) {
  const auto batch = Parse<v1::SettlementBatch>(R"pb(id: "2026-01-02"
                                                     state: CLOSED
                                                     cut_off_time { seconds: 1767357000 }
                                                     pay_time { seconds: 1767616200 }
                                                     close_time { seconds: 1767616200 }
                                                     payment_count: 3
                                                     totals {)pb" +
                                                Inr("gross", 7650) + Inr("fees", 142) + Inr("refunds", 550) +
                                                Inr("held", 0) + Inr("net", 6958) + "}");
  EXPECT_EQ(RenderBatch(batch),
            "batch         2026-01-02\n"
            "state         closed\n"
            "cut-off       2026-01-02 12:30:00.000Z\n"
            "pays at       2026-01-05 12:30:00.000Z\n"
            "closed        2026-01-05 12:30:00.000Z\n"
            "awaiting      0 transactions\n"
            "paid          3 payments\n"
            "net                 ₹69.58 = ₹76.50 - ₹1.42 fees - ₹5.50 refunds");
  EXPECT_EQ(
      RenderBatchLine(batch),
      "2026-01-02      closed  pays at 2026-01-05 12:30:00.000Z         0 awaiting         3 paid  ₹69.58");
}

TEST(RenderBatch, OfOneThatIsOpenSaysWhoWaits) {
  const auto batch = Parse<v1::SettlementBatch>(R"pb(id: "2026-01-02.2"
                                                     state: OPEN
                                                     cut_off_time { seconds: 1767357000 }
                                                     pay_time { seconds: 1767616200 }
                                                     awaiting_count: 12)pb");
  EXPECT_EQ(RenderBatch(batch),
            "batch         2026-01-02.2\n"
            "state         open\n"
            "cut-off       2026-01-02 12:30:00.000Z\n"
            "pays at       2026-01-05 12:30:00.000Z\n"
            "awaiting      12 transactions\n"
            "paid          0 payments");
  EXPECT_EQ(RenderBatchLine(batch),
            "2026-01-02.2    open    pays at 2026-01-05 12:30:00.000Z        12 awaiting         0 paid");
}

TEST(RenderPayout, TurnsTheSignOfWhatCameBack) {
  EXPECT_EQ(
      RenderPayout(Parse<v1::Payout>("payee: 'ravi' payment_count: 1 " + Inr("gross", 0) + Inr("fees", -20) +
                                     Inr("refunds", 1000) + Inr("held", 0) + Inr("net", -980))),
      "ravi                             1 payment         -₹9.80 = ₹0.00 + ₹0.20 fees - ₹10.00 refunds");
}

TEST(RenderDispute, ListsWhatIsSet) {
  const auto dispute = Parse<v1::Dispute>(R"pb(
    id: "019b7e30-0000-7000-8000-000000000001"
    transaction_id: "019b7e30-0000-7000-8000-000000000002"
    state: WON
    reason: NOT_RECEIVED
    text: "it never came"
    amount { currency_code: "INR" minor_units: 1000 }
    deadline { seconds: 1767949200 }
    create_time { seconds: 1767344400 }
    close_time { seconds: 1767344460 }
    resolution: "it was signed for"
    evidence {
      title: "receipt"
      text: "signed"
      time { seconds: 1767344430 }
      document {
        fields {
          key: "no"
          value { number_value: 7 }
        }
      }
    })pb");
  EXPECT_EQ(RenderDispute(dispute),
            "dispute       019b7e30-0000-7000-8000-000000000001\n"
            "transaction   019b7e30-0000-7000-8000-000000000002\n"
            "state         won\n"
            "amount        ₹10.00\n"
            "reason        not-received\n"
            "text          it never came\n"
            "opened        2026-01-02 09:00:00.000Z\n"
            "deadline      2026-01-09 09:00:00.000Z\n"
            "closed        2026-01-02 09:01:00.000Z\n"
            "resolution    it was signed for\n"
            "evidence      2026-01-02 09:00:30.000Z  receipt: signed {\"no\":7}");
  EXPECT_EQ(RenderDisputeLine(dispute),
            "2026-01-02 09:00:00.000Z  019b7e30-0000-7000-8000-000000000001  won                 ₹10.00  "
            "not-received      of 019b7e30-0000-7000-8000-000000000002");
}

TEST(RenderStatistics, ListsCountsByGroup) {
  EXPECT_EQ(RenderStatistics(Parse<v1::GetStatisticsResponse>(R"pb(
              from_time { seconds: 1767340800 }
              to_time { seconds: 1767344400 }
              by_state { name: "COMPLETED" count: 12 per_hour: 12 }
              by_kind { name: "TIP" count: 13 per_hour: 13 }
              by_failure_code { name: "CARD_DECLINED" count: 1 per_hour: 0.5 }
              completion_rate: 0.9231)pb")),
            "2026-01-02 08:00:00.000Z to 2026-01-02 09:00:00.000Z\n"
            "states\n"
            "  COMPLETED                         12  12.00 an hour\n"
            "kinds\n"
            "  TIP                               13  13.00 an hour\n"
            "failures\n"
            "  CARD_DECLINED                      1  0.50 an hour\n"
            "completed  92.31 %");
  EXPECT_EQ(RenderStatistics(Parse<v1::GetStatisticsResponse>("from_time {} to_time {}")),
            "1970-01-01 00:00:00.000Z to 1970-01-01 00:00:00.000Z\ncompleted  –");
}

}  // namespace
}  // namespace tracktrove::cli
