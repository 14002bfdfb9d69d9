// Descriptions to compare values by, and to see where they differ.
#ifndef TRACKTROVE_TESTS_STORE_DESCRIBE_H_
#define TRACKTROVE_TESTS_STORE_DESCRIBE_H_

#include <string>

#include "domain/decision.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"
#include "store/store.h"

namespace tracktrove::store {

// Every field, one a line: equal values have equal descriptions.
std::string Describe(const domain::Transaction& transaction);
std::string Describe(const domain::Record& record);
std::string Describe(const domain::LedgerEntry& entry);
std::string Describe(const domain::Timer& timer);
std::string Describe(const domain::Sandbox& sandbox);
std::string Describe(const domain::Payout& payout);
std::string Describe(const domain::SettlementBatch& batch);
std::string Describe(const PayeePayout& payout);
std::string Describe(const domain::Dispute& dispute);
std::string Describe(const domain::SimulationRun& run);
std::string Describe(const Balance& balance);
std::string Describe(const domain::Flow& flow);
std::string Describe(const domain::FaultRule& rule);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_TESTS_STORE_DESCRIBE_H_
