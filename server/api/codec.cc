#include "api/codec.h"

#include "api/convert.h"

namespace tracktrove::api {

std::string ProtoReplyCodec::Encode(const domain::Transaction& transaction, const std::string& sandbox,
                                    absl::Time now) const {
  return ToProto(transaction, sandbox, now).SerializeAsString();
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

}  // namespace tracktrove::api
