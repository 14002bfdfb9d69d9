// Replies as short texts.
#ifndef TRACKTROVE_TESTS_SIMULATION_TEXT_CODEC_H_
#define TRACKTROVE_TESTS_SIMULATION_TEXT_CODEC_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/call.h"

namespace tracktrove::simulation {

// A transaction's begins with its id.
class TextCodec : public engine::ReplyCodec {
 public:
  std::string Encode(const domain::Transaction& transaction, const std::string&, absl::Time) const override {
    return absl::StrCat(transaction.id, " ", domain::Name(transaction.state), " ", transaction.sequence);
  }
  std::string Encode(const domain::Sandbox& sandbox, absl::Time) const override {
    return absl::StrCat("sandbox ", sandbox.head_sequence);
  }
  std::string Encode(const domain::Record& record) const override {
    return absl::StrCat("record ", record.sequence);
  }
  std::string Encode(const engine::AdvanceResult& result) const override {
    return absl::StrCat("advance ", result.last_sequence);
  }
  std::string Encode(const domain::Flow& flow) const override { return absl::StrCat("flow ", flow.id); }
  std::string Encode(const domain::FaultRule& rule) const override {
    return absl::StrCat("rule ", rule.id, " ", rule.enabled, " ", rule.count.hits);
  }
  std::string Encode(const domain::SettlementBatch& batch) const override {
    return absl::StrCat("batch ", batch.id.ToString(), " ", batch.paid);
  }
  // Begins with its id, too.
  std::string Encode(const domain::Dispute& dispute) const override {
    return absl::StrCat(dispute.id, " ", domain::Name(dispute.state));
  }
  std::string Encode(const domain::SimulationRun& run, const std::string&) const override { return run.Id(); }
};

}  // namespace tracktrove::simulation

#endif  // TRACKTROVE_TESTS_SIMULATION_TEXT_CODEC_H_
