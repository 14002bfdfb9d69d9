// From the domain to the wire.
#ifndef TRACKTROVE_API_CONVERT_H_
#define TRACKTROVE_API_CONVERT_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/decision.h"
#include "domain/record.h"
#include "domain/sandbox.h"
#include "domain/transaction.h"
#include "engine/call.h"
#include "store/reader.h"
#include "tracktrove/v1/dispute.pb.h"
#include "tracktrove/v1/ledger.pb.h"
#include "tracktrove/v1/sandbox.pb.h"
#include "tracktrove/v1/settlement.pb.h"
#include "tracktrove/v1/trace.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::api {

google::protobuf::Duration ToProto(absl::Duration duration);
google::protobuf::Timestamp ToProto(absl::Time time);

// `document` is stored canonical JSON of an object.
google::protobuf::Struct DocumentToProto(const std::string& document);

v1::Money ToProto(const domain::Money& money);

// `now` is the sandbox's time: what remains of a hold is computed from it.
v1::Transaction ToProto(const domain::Transaction& transaction, const std::string& sandbox, absl::Time now);
// The same but for the DTO.
v1::Transaction WithoutDto(const domain::Transaction& transaction, const std::string& sandbox,
                           absl::Time now);

v1::Sandbox ToProto(const domain::Sandbox& sandbox, absl::Time now);

v1::TraceRecord ToProto(const domain::Record& record);
// Fills `diff`: the RFC 6902 patch from the entry's previous document to its own.
void AddDiff(const domain::LogEntry& entry, v1::TraceRecord& record);

v1::TransactionChange ToChange(const domain::LogEntry& entry);

v1::LedgerEntry ToProto(const domain::LedgerEntry& entry);
v1::Balance ToProto(const store::Balance& balance);

v1::AdvanceClockResponse ToProto(const engine::AdvanceResult& result);

// In convert_settlement.cc:
v1::SettlementBatch ToProto(const domain::SettlementBatch& batch);
v1::Payout ToProto(const store::PayeePayout& payout);
v1::Dispute ToProto(const domain::Dispute& dispute);
// `now` is the sandbox's time, at which the window that begins with `from` ends.
v1::GetStatisticsResponse ToProto(const std::vector<store::StatisticsCount>& counts, absl::Time from,
                                  absl::Time now);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_CONVERT_H_
