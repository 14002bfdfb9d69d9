// What ttctl prints, as functions of the messages. Lines end without a line
// break; times are UTC.
#ifndef TRACKTROVE_SDK_CLI_RENDER_H_
#define TRACKTROVE_SDK_CLI_RENDER_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "tracktrove/v1/admin.pb.h"
#include "tracktrove/v1/dispute.pb.h"
#include "tracktrove/v1/fault.pb.h"
#include "tracktrove/v1/flow.pb.h"
#include "tracktrove/v1/ledger.pb.h"
#include "tracktrove/v1/sandbox.pb.h"
#include "tracktrove/v1/settlement.pb.h"
#include "tracktrove/v1/simulation.pb.h"
#include "tracktrove/v1/trace.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::cli {

struct Style {
  bool color = false;
};

std::string FormatTime(const google::protobuf::Timestamp& time);
std::string FormatDuration(const google::protobuf::Duration& duration);

// The last eight digits: the first ones are the time and alike among neighbours.
std::string ShortId(const std::string& id);

// A proto as one line of JSON: keys sorted, fields at their default included.
std::string RenderJson(const google::protobuf::Message& message);

// One field a line, `name  value`.
std::string RenderTransaction(const v1::Transaction& transaction, Style style);
std::string RenderTransactionLine(const v1::Transaction& transaction, Style style);

// One state change, its columns aligned with those of other changes.
std::string RenderChange(const v1::TransactionChange& change, Style style);

// One line, then an indented one for each operation of its diff. `before` is
// the document of the record before and gives the old values.
std::string RenderRecord(const v1::TraceRecord& record, const google::protobuf::Struct& before, Style style);

std::string RenderExplanation(const v1::ExplainTransactionResponse& response);

std::string RenderFlow(const v1::Flow& flow);
std::string RenderFlowLine(const v1::Flow& flow);

std::string RenderFaultRule(const v1::FaultRule& rule);
std::string RenderFaultRuleLine(const v1::FaultRule& rule);
std::string RenderPreview(const v1::PreviewFaultRuleResponse& response);

std::string RenderClock(const v1::Sandbox::Clock& clock);
std::string RenderAdvance(const v1::AdvanceClockResponse& response);

std::string RenderSandbox(const v1::Sandbox& sandbox);
std::string RenderSandboxLine(const v1::Sandbox& sandbox);

std::string RenderBalance(const v1::Balance& balance);
std::string RenderEntry(const v1::LedgerEntry& entry);
std::string RenderCheck(const v1::CheckLedgerResponse& response);
std::string RenderTrail(const v1::VerifyTrailResponse& response);

// In render_settlement.cc:
std::string RenderBatch(const v1::SettlementBatch& batch);
std::string RenderBatchLine(const v1::SettlementBatch& batch);
std::string RenderPayout(const v1::Payout& payout);
std::string RenderDispute(const v1::Dispute& dispute);
std::string RenderDisputeLine(const v1::Dispute& dispute);
std::string RenderStatistics(const v1::GetStatisticsResponse& statistics);

// One line, with a bar of that many characters, or none for 0.
std::string RenderProgress(const v1::Simulation& simulation, int bar_width);
// Its state, and its report where it has one.
std::string RenderSimulation(const v1::Simulation& simulation);
std::string RenderSimulationLine(const v1::Simulation& simulation);

// `error: CODE (REASON): message`, then a line for each field violation that says more.
std::string RenderError(const absl::Status& status);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_RENDER_H_
