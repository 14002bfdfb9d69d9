// From the domain to the wire: flows, faults and explanations.
#ifndef TRACKTROVE_API_FAULT_CONVERT_H_
#define TRACKTROVE_API_FAULT_CONVERT_H_

#include <vector>

#include "domain/explain.h"
#include "domain/fault_rule.h"
#include "domain/flow.h"
#include "tracktrove/v1/fault.pb.h"
#include "tracktrove/v1/flow.pb.h"
#include "tracktrove/v1/trace.pb.h"

namespace tracktrove::api {

v1::Flow ToProto(const domain::Flow& flow);
v1::FaultRule ToProto(const domain::FaultRule& rule);
v1::PreviewFaultRuleResponse ToProto(const std::vector<domain::PreviewMatch>& matches);
v1::ExplainTransactionResponse ToProto(const domain::Explanation& explanation);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_FAULT_CONVERT_H_
