#include "api/codec.h"

#include "api/convert.h"
#include "api/document.h"
#include "api/fault_convert.h"
#include "api/simulation_convert.h"

namespace tracktrove::api {

std::string ProtoReplyCodec::Encode(const domain::Transaction& transaction, const std::string& sandbox,
                                    absl::Time now) const {
  std::string encoded = WithoutDto(transaction, sandbox, now).SerializeAsString();
  AppendDocument(v1::Transaction::kDtoFieldNumber, *transaction.dto, encoded);
  return encoded;
}

std::string ProtoReplyCodec::Encode(const domain::Sandbox& sandbox, absl::Time now) const {
  return ToProto(sandbox, now).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::Record& record) const {
  return ToProto(record).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const engine::AdvanceResult& result) const {
  return ToProto(result).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::Flow& flow) const {
  return ToProto(flow).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::FaultRule& rule) const {
  return ToProto(rule).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::SettlementBatch& batch) const {
  return ToProto(batch).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::Dispute& dispute) const {
  return ToProto(dispute).SerializeAsString();
}

std::string ProtoReplyCodec::Encode(const domain::SimulationRun& run, const std::string& sandbox) const {
  return ToProto(run, sandbox, run.start_wall_time).SerializeAsString();
}

}  // namespace tracktrove::api
