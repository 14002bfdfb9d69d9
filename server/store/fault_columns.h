// The JSON of faults: in a transaction's simulation, and as a rule's definition.
#ifndef TRACKTROVE_STORE_FAULT_COLUMNS_H_
#define TRACKTROVE_STORE_FAULT_COLUMNS_H_

#include <nlohmann/json.hpp>
#include <string>

#include "domain/fault.h"
#include "domain/fault_rule.h"

namespace tracktrove::store {

nlohmann::json ToJson(const domain::PlannedFault& planned);
domain::PlannedFault PlannedFaultFrom(const nlohmann::json& json);

nlohmann::json ToJson(const domain::ActingFault& acting);
domain::ActingFault ActingFaultFrom(const nlohmann::json& json);

// Everything but the columns that stand beside: id, ordinal, counts and times.
std::string DefinitionToJson(const domain::FaultRule& rule);
domain::FaultRule DefinitionFromJson(const std::string& json);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_FAULT_COLUMNS_H_
