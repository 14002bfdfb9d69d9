#include "engine/call.h"

#include <variant>

namespace tracktrove::engine {
namespace {

using domain::Command;

// The transaction that a command is about; empty when it is about none that exists.
struct SubjectOf {
  std::string operator()(const domain::CompleteTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::CancelTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::RefundTransaction& c) const { return c.transaction_id; }
  std::string operator()(const domain::RecordSnapshot& c) const { return c.transaction_id; }
  std::string operator()(const domain::InjectFailure& c) const { return c.transaction_id; }
  std::string operator()(const domain::ForceRetry& c) const { return c.transaction_id; }
  std::string operator()(const domain::OpenDispute& c) const { return c.transaction_id; }
  std::string operator()(const domain::OverrideState& c) const { return c.transaction_id; }
  std::string operator()(const domain::FireTimer& c) const { return c.timer.transaction_id; }
  std::string operator()(const domain::SubmitEvidence&) const { return ""; }
  std::string operator()(const domain::ResolveDispute&) const { return ""; }
  std::string operator()(const domain::InitiateTransaction&) const { return ""; }
  std::string operator()(const domain::CreateFlow&) const { return ""; }
  std::string operator()(const domain::CreateFaultRule&) const { return ""; }
  std::string operator()(const domain::UpdateFaultRule&) const { return ""; }
  std::string operator()(const domain::DeleteFaultRule&) const { return ""; }
  std::string operator()(const domain::CreateSandbox&) const { return ""; }
  std::string operator()(const domain::UpdateSandbox&) const { return ""; }
  std::string operator()(const domain::ResetSandbox&) const { return ""; }
  std::string operator()(const domain::DeleteSandbox&) const { return ""; }
  std::string operator()(const domain::AdvanceClock&) const { return ""; }
  std::string operator()(const domain::RunSettlement&) const { return ""; }
  std::string operator()(const domain::FinishAdvance&) const { return ""; }
  std::string operator()(const domain::StartSimulation&) const { return ""; }
  std::string operator()(const domain::CancelSimulation&) const { return ""; }
  std::string operator()(const domain::FinishSimulation&) const { return ""; }
  std::string operator()(const domain::KeepReport&) const { return ""; }
};

}  // namespace

std::string TransactionOf(const Command& command) { return std::visit(SubjectOf{}, command); }

std::string DisputeOf(const Command& command) {
  if (const auto* submit = std::get_if<domain::SubmitEvidence>(&command)) return submit->dispute_id;
  if (const auto* resolve = std::get_if<domain::ResolveDispute>(&command)) return resolve->dispute_id;
  return "";
}

int64_t SimulationOf(const Command& command) {
  if (const auto* cancel = std::get_if<domain::CancelSimulation>(&command)) return cancel->number;
  if (const auto* keep = std::get_if<domain::KeepReport>(&command)) return keep->number;
  return 0;
}

bool PassesClockMove(const Command& command) {
  return std::holds_alternative<domain::CancelSimulation>(command);
}

}  // namespace tracktrove::engine
