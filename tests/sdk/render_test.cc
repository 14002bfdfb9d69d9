// Every rendering against what a person should see.
#include "sdk/cli/render.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "sdk/src/status.h"
#include "tests/sdk/message.h"

namespace tracktrove::cli {
namespace {

constexpr Style kPlain = {.color = false};
constexpr Style kColor = {.color = true};

v1::Transaction HeldTip() {
  return Parse<v1::Transaction>(R"pb(
    id: "0197f3a2-0000-7000-8000-00003f9a01bc"
    state: ESCROW
    kind: TIP
    amount { currency_code: "INR" minor_units: 2550 }
    payer: "alice"
    payee: "bob"
    channel: "ios"
    labels { key: "b" value: "2" }
    labels { key: "a" value: "1" }
    flow: "tip"
    step: "capture"
    attempt: 1
    sequence: 12
    request_id: "r-1"
    hold {
      expire_time { seconds: 1767344700 }
      remaining { seconds: 840 }
    }
    create_time { seconds: 1767344400 }
    update_time { seconds: 1767344400 nanos: 120000000 }
    dto {
      fields {
        key: "note"
        value { string_value: "hi" }
      }
    })pb");
}

TEST(RenderTransaction, ListsWhatIsSet) {
  EXPECT_EQ(RenderTransaction(HeldTip(), kPlain),
            "transaction   0197f3a2-0000-7000-8000-00003f9a01bc\n"
            "state         ESCROW\n"
            "kind          tip\n"
            "amount        ₹25.50\n"
            "payer         alice\n"
            "payee         bob\n"
            "channel       ios\n"
            "labels        a:1 b:2\n"
            "flow          tip\n"
            "step          capture\n"
            "attempt       1\n"
            "hold          until 2026-01-02 09:05:00.000Z, 14m left\n"
            "request id    r-1\n"
            "created       2026-01-02 09:00:00.000Z\n"
            "updated       2026-01-02 09:00:00.120Z\n"
            "sequence      12\n"
            "document      {\"note\":\"hi\"}");
}

TEST(RenderTransactionLine, KeepsItsColumnsUnderColour) {
  EXPECT_EQ(RenderTransactionLine(HeldTip(), kPlain),
            "2026-01-02 09:00:00.000Z  0197f3a2-0000-7000-8000-00003f9a01bc  tip                 ₹25.50  "
            "ESCROW     alice → bob");
  EXPECT_EQ(RenderTransactionLine(HeldTip(), kColor),
            "2026-01-02 09:00:00.000Z  0197f3a2-0000-7000-8000-00003f9a01bc  tip                 ₹25.50  "
            "\x1b[33mESCROW   \x1b[0m  alice → bob");
}

TEST(RenderChange, SaysFromWhereToWhereAndWhy) {
  const std::string common = R"pb(
    transaction_id: "0197f3a2-0000-7000-8000-00003f9a01bc"
    kind: BID_ADJUSTMENT
    amount { currency_code: "INR" minor_units: 2550 }
    time { seconds: 1767344400 nanos: 120000000 })pb";
  EXPECT_EQ(RenderChange(Parse<v1::TransactionChange>(common + "to_state: INITIATED"), kPlain),
            "2026-01-02 09:00:00.120Z  3f9a01bc  bid-adjustment      ₹25.50  –         → INITIATED");
  EXPECT_EQ(RenderChange(Parse<v1::TransactionChange>(
                             common + "from_state: ESCROW to_state: COMPLETED step: 'capture'"),
                         kPlain),
            "2026-01-02 09:00:00.120Z  3f9a01bc  bid-adjustment      ₹25.50  ESCROW    → COMPLETED  capture");
  EXPECT_EQ(RenderChange(Parse<v1::TransactionChange>(common + R"pb(
                           from_state: INITIATED
                           to_state: FAILED
                           failure {
                             code: "CARD_DECLINED"
                             message: "declined"
                             step: "authorize"
                             next_retry_time { seconds: 1767344401 }
                           })pb"),
                         kPlain),
            "2026-01-02 09:00:00.120Z  3f9a01bc  bid-adjustment      ₹25.50  INITIATED → FAILED     "
            "CARD_DECLINED: declined at authorize, next attempt 2026-01-02 09:00:01.000Z");
  EXPECT_EQ(RenderChange(Parse<v1::TransactionChange>(common + R"pb(
                           from_state: INITIATED
                           to_state: FAILED
                           failure { code: "CANCELLED" final: true })pb"),
                         kPlain),
            "2026-01-02 09:00:00.120Z  3f9a01bc  bid-adjustment      ₹25.50  INITIATED → FAILED     "
            "CANCELLED, final");
}

TEST(RenderRecord, ShowsAStepItsTimeAndItsMove) {
  const auto record = Parse<v1::TraceRecord>(R"pb(
    index: 2
    time { seconds: 1767344400 }
    type: STEP_FINISHED
    service: "escrow"
    step: "hold-funds"
    from_state: INITIATED
    to_state: ESCROW
    duration { nanos: 80000000 })pb");
  EXPECT_EQ(RenderRecord(record, {}, kPlain),
            "   2  2026-01-02 09:00:00.000Z       +80ms  escrow/hold-funds             INITIATED → ESCROW");
}

TEST(RenderRecord, NamesWhatIsNoStepByItsType) {
  const auto record = Parse<v1::TraceRecord>(R"pb(
    index: 5
    time { seconds: 1767344400 }
    type: SNAPSHOT_RECORDED
    service: "orders"
    step: "pack"
    from_state: ESCROW
    to_state: ESCROW
    detail: "from outside")pb");
  EXPECT_EQ(RenderRecord(record, {}, kPlain),
            "   5  2026-01-02 09:00:00.000Z              snapshot recorded orders/pack  (from outside)");
}

TEST(RenderRecord, ShowsErrorAndTheRuleThatMadeIt) {
  const auto record = Parse<v1::TraceRecord>(R"pb(
    index: 3
    time { seconds: 1767344400 }
    type: STEP_FINISHED
    service: "gateway"
    step: "authorize"
    from_state: INITIATED
    to_state: FAILED
    error { code: "TIMEOUT" message: "no answer" }
    fault_rule_id: "fr-1"
    fault_kind: ADDED_LATENCY
    fault_duration { seconds: 2 })pb");
  EXPECT_EQ(RenderRecord(record, {}, kPlain),
            "   3  2026-01-02 09:00:00.000Z              gateway/authorize             INITIATED → FAILED  "
            "TIMEOUT: no answer  fault fr-1: added latency 2s");
}

TEST(RenderRecord, ShowsADiffWithTheValuesBefore) {
  const auto record = Parse<v1::TraceRecord>(R"pb(
    index: 1
    time { seconds: 1767344400 }
    type: STEP_FINISHED
    service: "risk"
    step: "score"
    from_state: INITIATED
    to_state: INITIATED
    diff {
      op: "add"
      path: "/risk"
      value {
        struct_value {
          fields {
            key: "score"
            value { number_value: 7 }
          }
        }
      }
    }
    diff {
      op: "replace"
      path: "/a~1b/0"
      value { string_value: "new" }
    }
    diff {
      op: "replace"
      path: "/unknown"
      value { bool_value: true }
    }
    diff { op: "remove" path: "/card" })pb");
  const auto before =
      Parse<google::protobuf::Struct>(R"pb(fields {
                                             key: "a/b"
                                             value { list_value { values { string_value: "old" } } }
                                           })pb");
  EXPECT_EQ(RenderRecord(record, before, kPlain),
            "   1  2026-01-02 09:00:00.000Z              risk/score\n"
            "        + /risk {\"score\":7}\n"
            "        ~ /a~1b/0 \"old\" -> \"new\"\n"
            "        ~ /unknown -> true\n"
            "        - /card");
}

TEST(RenderAdvance, CountsWhatFiredAndListsTheFirst) {
  const auto response = Parse<v1::AdvanceClockResponse>(R"pb(
    clock {
      mode: MANUAL
      time { seconds: 1767348000 }
    }
    fired_counts { key: "STEP" value: 2 }
    fired_counts { key: "HOLD_EXPIRY" value: 1 }
    fired {
      due_time { seconds: 1767344400 }
      kind: HOLD_EXPIRY
      transaction_id: "t-1"
    }
    first_sequence: 13
    last_sequence: 17)pb");
  EXPECT_EQ(RenderAdvance(response),
            "2026-01-02 10:00:00.000Z  manual\n"
            "  2026-01-02 09:00:00.000Z  hold-expiry   t-1\n"
            "  … 2 more\n"
            "fired 3 (HOLD_EXPIRY 1, STEP 2), sequences 13 to 17");
  EXPECT_EQ(RenderAdvance(Parse<v1::AdvanceClockResponse>(
                "clock { mode: MANUAL time { seconds: 1767348000 } } first_sequence: 3 last_sequence: 3")),
            "2026-01-02 10:00:00.000Z  manual\nfired 0, sequences 3 to 3");
}

TEST(RenderSandbox, ListsClockPolicyAndLog) {
  const auto sandbox = Parse<v1::Sandbox>(R"pb(
    id: "ci"
    world_id: 4
    seed: 42
    clock {
      mode: MANUAL
      time { seconds: 1767344400 }
    }
    pace: INSTANT
    policy {
      amount_limits { min_major_units: 1 max_major_units: 500 }
      hold_ttl { seconds: 900 }
      retry {
        max_attempts: 3
        initial_backoff { nanos: 500000000 }
        max_backoff { seconds: 30 }
      }
      fee { ppm: 20000 }
      settlement {
        cut_off: "18:00"
        time_zone: "Asia/Kolkata"
        business_days: 1
        weekend { days: [ SATURDAY, SUNDAY ] }
        holidays: "2026-01-26"
      }
      dispute_deadline { seconds: 604800 }
    }
    head_sequence: 12
    oldest_sequence: 1
    head_hash: "ab"
    transaction_count: 3
    create_time { seconds: 1767344400 })pb");
  EXPECT_EQ(RenderSandbox(sandbox),
            "sandbox       ci\n"
            "world         4\n"
            "seed          42\n"
            "clock         2026-01-02 09:00:00.000Z  manual\n"
            "pace          instant\n"
            "amounts       1 to 500 major units\n"
            "hold          15m\n"
            "retry         3 attempts, 500ms to 30s\n"
            "fee           20000 ppm + 0 minor units\n"
            "settlement    18:00 Asia/Kolkata, T+1, weekend saturday sunday, 1 holiday\n"
            "disputes      lost after 168h\n"
            "transactions  3\n"
            "log           sequences 1 to 12\n"
            "head hash     ab\n"
            "created       2026-01-02 09:00:00.000Z");
  EXPECT_EQ(RenderSandboxLine(sandbox),
            "ci                        2026-01-02 09:00:00.000Z  manual    instant  3 transactions");
}

TEST(RenderLedger, AlignsBalancesAndEntries) {
  EXPECT_EQ(RenderBalance(Parse<v1::Balance>(R"pb(account: "payer:alice"
                                                  amount { currency_code: "INR" minor_units: -2550 })pb")),
            "payer:alice                                        -₹25.50");
  EXPECT_EQ(RenderEntry(Parse<v1::LedgerEntry>(R"pb(
              sequence: 12
              line: 1
              transaction_id: "0197f3a2-0000-7000-8000-00003f9a01bc"
              debit_account: "payer:alice"
              credit_account: "escrow"
              amount { currency_code: "INR" minor_units: 2550 }
              time { seconds: 1767344400 })pb")),
            "    12.1  2026-01-02 09:00:00.000Z  3f9a01bc        ₹25.50  payer:alice → escrow");
}

TEST(RenderCheck, SaysWhatDoesNotAddUp) {
  EXPECT_EQ(RenderCheck(Parse<v1::CheckLedgerResponse>("ok: true checked_transactions: 7")),
            "ledger ok: 7 transactions checked");
  EXPECT_EQ(RenderCheck(
                Parse<v1::CheckLedgerResponse>(R"pb(
                  ok: false
                  checked_transactions: 7
                  problems {
                    account: "fees"
                    currency_code: "INR"
                    expected_minor_units: 51
                    actual_minor_units: 50
                  }
                  problems {
                    transaction_id: "t-1"
                    account: "escrow"
                    currency_code: "JPY"
                    actual_minor_units: -3
                  })pb")),
            "ledger BROKEN: 7 transactions checked\n"
            "  fees: ₹0.50 in place of ₹0.51\n"
            "  escrow of t-1: -¥3 in place of ¥0");
}

TEST(RenderTrail, SaysWhereItBreaks) {
  EXPECT_EQ(RenderTrail(Parse<v1::VerifyTrailResponse>("ok: true checked_records: 40 last_sequence: 41")),
            "trail ok: 40 records, up to sequence 41");
  EXPECT_EQ(RenderTrail(Parse<v1::VerifyTrailResponse>("bad_sequence: 9 problem: 'hash differs'")),
            "trail BROKEN at sequence 9: hash differs");
}

TEST(RenderError, NamesCodeReasonAndFields) {
  absl::Status status = absl::InvalidArgumentError("the request is malformed");
  EXPECT_EQ(RenderError(status), "error: INVALID_ARGUMENT: the request is malformed");

  const auto set_detail = [&status](const auto& detail) {
    status.SetPayload(internal::TypeUrl<std::decay_t<decltype(detail)>>(),
                      absl::Cord(detail.SerializeAsString()));
  };
  set_detail(Parse<google::rpc::ErrorInfo>("reason: 'BAD_REQUEST' domain: 'tracktrove'"));
  set_detail(
      Parse<google::rpc::BadRequest>("field_violations { field: 'payer' description: 'is required' }"));
  EXPECT_EQ(RenderError(status),
            "error: INVALID_ARGUMENT (BAD_REQUEST): the request is malformed\n  payer: is required");

  set_detail(Parse<google::rpc::BadRequest>(
      "field_violations { field: 'payer' description: 'the request is malformed' }"));
  EXPECT_EQ(RenderError(status), "error: INVALID_ARGUMENT (BAD_REQUEST): the request is malformed");
}

TEST(RenderJson, IsOneLineWithSortedKeysAndZeroesIncluded) {
  EXPECT_EQ(RenderJson(Parse<v1::Money>("currency_code: 'INR'")),
            R"({"currencyCode":"INR","minorUnits":"0"})");
  google::protobuf::Struct document;
  for (const char* key : {"d", "a", "c", "e", "b"}) (*document.mutable_fields())[key].set_number_value(25.5);
  EXPECT_EQ(RenderJson(document), R"({"a":25.5,"b":25.5,"c":25.5,"d":25.5,"e":25.5})");
}

TEST(ShortId, KeepsTheEndThatDiffers) {
  EXPECT_EQ(ShortId("0197f3a2-0000-7000-8000-00003f9a01bc"), "3f9a01bc");
  EXPECT_EQ(ShortId("t-1"), "t-1");
}

}  // namespace
}  // namespace tracktrove::cli
