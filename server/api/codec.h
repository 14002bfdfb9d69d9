// Replies as bytes: what the engine stores under a request's id, and hands to
// the first caller and to every repeat alike.
#ifndef TRACKTROVE_API_CODEC_H_
#define TRACKTROVE_API_CODEC_H_

#include <string>

#include "engine/call.h"

namespace tracktrove::api {

class ProtoReplyCodec : public engine::ReplyCodec {
 public:
  std::string Encode(const domain::Transaction& transaction, const std::string& sandbox,
                     absl::Time now) const override;
  std::string Encode(const domain::Sandbox& sandbox, absl::Time now) const override;
  std::string Encode(const domain::Record& record) const override;
  std::string Encode(const engine::AdvanceResult& result) const override;
  std::string Encode(const domain::Flow& flow) const override;
  std::string Encode(const domain::FaultRule& rule) const override;
  std::string Encode(const domain::SettlementBatch& batch) const override;
  std::string Encode(const domain::Dispute& dispute) const override;
  std::string Encode(const domain::SimulationRun& run, const std::string& sandbox) const override;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_CODEC_H_
