#include "api/fingerprint.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <memory>

#include "domain/hash.h"

namespace tracktrove::api {

std::string Fingerprint(const google::protobuf::Message& request, const std::vector<std::string>& ignored) {
  const std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  copy->DiscardUnknownFields();
  const auto* descriptor = copy->GetDescriptor();
  for (const std::string& name : ignored) {
    if (const auto* field = descriptor->FindFieldByName(name))
      copy->GetReflection()->ClearField(copy.get(), field);
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    copy->SerializeWithCachedSizes((copy->ByteSizeLong(), &out));
  }
  constexpr uint8_t kVersion = 1;
  return domain::FieldHash(kVersion).Text(descriptor->full_name()).Text(bytes).FinishHex();
}

}  // namespace tracktrove::api
