// Simulations, under way and ended, against what a person should see.
#include <string>

#include "gtest/gtest.h"
#include "sdk/cli/render.h"
#include "tests/sdk/message.h"

namespace tracktrove::cli {
namespace {

v1::Simulation EndedRun() {
  return Parse<v1::Simulation>(R"pb(
    id: "sim-2"
    state: EXPIRED
    spec { count: 200 seed: 7 }
    start_time { seconds: 1767344400 }
    arrived: 190
    refused: 4
    over: 187
    states { key: "FAILED" value: 10 }
    states { key: "COMPLETED" value: 177 }
    states { key: "ESCROW" value: 3 }
    wall_duration { seconds: 2 }
    first_sequence: 5
    last_sequence: 1400
    report {
      outcomes { kind: TIP state: COMPLETED over: true count: 177 rate: 0.932 }
      outcomes { kind: TIP state: ESCROW count: 3 rate: 0.016 }
      outcomes { kind: TIP state: FAILED over: true count: 10 rate: 0.053 }
      pending: 3
      failures { step: "authorize-upi" code: "INSUFFICIENT_FUNDS" count: 9 }
      failures { code: "CANCELLED" count: 1 }
      steps {
        flow: "food-delivery-tip"
        step: "accept-payment"
        service: "gateway"
        count: 201
        failed: 2
        p50 { nanos: 40100000 }
        p95 { nanos: 120000000 }
        p99 { nanos: 180000000 }
        max { seconds: 2 }
      }
      retries: 11
      faults { fault_rule_id: "fr-1" code: "STEP_TIMEOUT" count: 2 kind: ADDED_LATENCY }
      money {
        account: "fees"
        amount { currency_code: "INR" minor_units: 350 }
      }
      money {
        account: "payers"
        amount { currency_code: "INR" minor_units: -350 }
      }
      ledger { ok: true checked: 190 }
      trail { problem: "at sequence 9: the record is missing" }
      records: 1390
      decided_records: 1389
      throughput: 95
      digest: "abc"
    })pb");
}

TEST(RenderSimulation, TellsTheReportInTables) {
  EXPECT_EQ(RenderSimulation(EndedRun()),
            "sim-2 EXPIRED: 190 of 200 arrived, 187 over, 4 refused in 2.00s; seed 7, sequences 5 to 1400\n"
            "  kind            state           count    share\n"
            "  TIP             COMPLETED         177    93.2%\n"
            "  TIP             ESCROW …            3     1.6%\n"
            "  TIP             FAILED             10     5.3%\n"
            "  … 3 can still move\n"
            "         9 x INSUFFICIENT_FUNDS at authorize-upi\n"
            "         1 x CANCELLED\n"
            "         2 x ADDED_LATENCY by fr-1: STEP_TIMEOUT\n"
            "  step                                             runs   failed       p50       p95       p99  "
            "     max\n"
            "  food-delivery-tip/accept-payment                  201        2    40.1ms   120.0ms   180.0ms  "
            "   2.00s\n"
            "  fees                                     ₹3.50\n"
            "  payers                                  -₹3.50\n"
            "retries       11\n"
            "records       1390, 1389 decided\n"
            "throughput    95 transactions/s\n"
            "ledger        ok: 190 transactions\n"
            "trail         BROKEN: at sequence 9: the record is missing\n"
            "digest        abc");
}

TEST(RenderSimulation, WithoutAReportSaysHowFarItIs) {
  v1::Simulation run = EndedRun();
  run.clear_report();
  run.set_state(v1::Simulation::RUNNING);
  EXPECT_EQ(RenderSimulation(run),
            "sim-2 RUNNING: 190 of 200 arrived, 187 over, 4 refused in 2.00s; seed 7, sequences 5 to 1400\n"
            "  177 COMPLETED, 3 ESCROW, 10 FAILED");
  EXPECT_EQ(RenderSimulationLine(run),
            "sim-2     RUNNING      2026-01-02 09:00:00.000Z  190 of 200 arrived, 187 over  "
            "177 COMPLETED, 3 ESCROW, 10 FAILED");
}

TEST(RenderProgress, IsABarOfWhatIsOverAndWhatHasArrivedOrALineWithoutIt) {
  EXPECT_EQ(RenderProgress(EndedRun(), 0), "sim-2 190 arrived, 191 of 200 over (96/s)");
  v1::Simulation run = Parse<v1::Simulation>("id: 'sim-1' spec { count: 10 } arrived: 6 over: 3");
  EXPECT_EQ(RenderProgress(run, 20), "sim-1 [######------        ] 6 arrived, 3 of 10 over (0/s)");
}

}  // namespace
}  // namespace tracktrove::cli
