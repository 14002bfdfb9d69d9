// The columns that hold one JSON document each: objects with sorted keys and
// exact 64-bit integers (unlike RFC 8785's, which are doubles), so that equal
// values are equal bytes. Reading a damaged one throws.
#ifndef TRACKTROVE_STORE_JSON_COLUMNS_H_
#define TRACKTROVE_STORE_JSON_COLUMNS_H_

#include <map>
#include <string>
#include <vector>

#include "domain/dispute.h"
#include "domain/sandbox.h"
#include "domain/simulation_run.h"
#include "domain/transaction.h"

namespace tracktrove::store {

using Labels = std::map<std::string, std::string>;

std::string LabelsToJson(const Labels& labels);
Labels LabelsFromJson(const std::string& json);

std::string SimulationToJson(const domain::Simulation& simulation);
domain::Simulation SimulationFromJson(const std::string& json);

std::string PolicyToJson(const domain::Policy& policy);
domain::Policy PolicyFromJson(const std::string& json);

std::string PayoutToJson(const domain::Payout& payout);
domain::Payout PayoutFromJson(const std::string& json);

// By currency.
using Totals = std::map<std::string, domain::Payout>;

std::string TotalsToJson(const Totals& totals);
Totals TotalsFromJson(const std::string& json);

std::string EvidenceToJson(const std::vector<domain::Evidence>& evidence);
std::vector<domain::Evidence> EvidenceFromJson(const std::string& json);

std::string SimulationSpecToJson(const domain::SimulationSpec& spec);
domain::SimulationSpec SimulationSpecFromJson(const std::string& json);

std::string CountsToJson(const std::vector<domain::FaultCount>& counts);
std::vector<domain::FaultCount> CountsFromJson(const std::string& json);

std::string AdvanceToJson(const domain::Advance& advance);
domain::Advance AdvanceFromJson(const std::string& json);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_JSON_COLUMNS_H_
