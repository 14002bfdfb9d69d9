// Values to store.
#ifndef TRACKTROVE_TESTS_STORE_EXAMPLES_H_
#define TRACKTROVE_TESTS_STORE_EXAMPLES_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"
#include "store/store.h"

namespace tracktrove::store {

inline constexpr WorldId kWorld = 7'234'567'890'123'456'789;
inline constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// Quotes, backslashes, control characters, a path's `$`, and all lengths of UTF-8.
inline constexpr char kAwkward[] = "\"'\\ \\u0041 \x01\x1f\b\f\n\r\t\x7f $.a [0] {} é ₹ 😀 \xe2\x80\xa8";

absl::Time At(int64_t seconds);

// A version 7 UUID that ends with `number`.
std::string Id(int number);

domain::Text SharedText(std::string text);

// The transaction with this ordinal, INITIATED, with as little set as possible.
domain::Transaction PlainTransaction(int ordinal);
// The same with every field set that its state allows.
domain::Transaction FullTransaction(int ordinal, domain::State state);

// A record of the transaction with this ordinal.
domain::Record PlainRecord(int64_t sequence, int ordinal, int index);
domain::Record FullRecord(int64_t sequence, int ordinal, int index);
// A record of the sandbox itself.
domain::Record SandboxRecord(int64_t sequence);

domain::LedgerEntry Entry(int64_t sequence, int line, int ordinal, const domain::Posting& posting);
domain::Timer TimerAt(int64_t seconds, int ordinal, domain::TimerKind kind, int64_t sequence);

domain::SettlementBatch OpenBatch(const absl::CivilDay& day, int number);
domain::SettlementBatch ClosedBatch(const absl::CivilDay& day, int number);
domain::PayoutLine Line(const domain::BatchId& batch, const std::string& payee, int64_t gross);

// A dispute about the transaction with this ordinal, as plain and full as those.
domain::Dispute PlainDispute(int number, int ordinal);
domain::Dispute FullDispute(int number, int ordinal, domain::DisputeState state);
// One under way, and one that has ended, with every field set.
domain::SimulationRun PlainSimulation(int64_t number);
domain::SimulationRun FullSimulation(int64_t number);

domain::Sandbox PlainSandbox(const std::string& name, WorldId world);
domain::Sandbox FullSandbox(const std::string& name, WorldId world);

domain::Flow OwnFlow(const std::string& id);
domain::FaultRule PlainRule(int64_t ordinal);
// With every field set.
domain::FaultRule FullRule(int64_t ordinal);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_TESTS_STORE_EXAMPLES_H_
