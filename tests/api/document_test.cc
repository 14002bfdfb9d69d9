#include "api/document.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "api/convert.h"
#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

TEST(Document, IsEncodedAsTheStructThatItMeans) {
  for (const char* document :
       {"{}", R"({"a":1,"b":-2.5,"c":1e+21,"d":"x","e":true,"f":false,"g":null})",
        R"({"":{"":[]},"list":[1,[2,["three"]],{},{"four":[null]}]})",
        R"({"escaped":"\"\\\b\n\u0001","wide":"₹ 🍛","big":9007199254740992,"deep":{"er":{"est":[{}]}}})"}) {
    std::string encoded;
    api::AppendDocument(v1::Transaction::kDtoFieldNumber, document, encoded);
    v1::Transaction transaction;
    ASSERT_TRUE(transaction.ParseFromString(encoded)) << document;
    const google::protobuf::Struct expected = api::DocumentToProto(document);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(transaction.dto(), expected))
        << document << "\n"
        << transaction.DebugString();
  }
}

TEST(Document, MayBeLongerThanALengthOfOneByteTells) {
  const std::string long_text(100'000, 'x');
  std::string encoded;
  api::AppendDocument(v1::Transaction::kDtoFieldNumber, "{\"a\":[\"" + long_text + "\"]}", encoded);
  v1::Transaction transaction;
  ASSERT_TRUE(transaction.ParseFromString(encoded));
  EXPECT_EQ(transaction.dto().fields().at("a").list_value().values(0).string_value(), long_text);
}

TEST(Document, AReplyIsTheTransactionThatReadsAnswer) {
  TestApp app;
  const Client client = app.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
  const auto replied = client.InitiateTransaction(Tip("s"));
  ASSERT_TRUE(replied.ok()) << replied.status();
  v1::GetTransactionRequest get;
  get.set_sandbox("s");
  get.set_transaction(replied->id());
  const auto read = client.GetTransaction(get);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*replied, *read))
      << replied->DebugString() << read->DebugString();
}

TEST(Document, TooDeepToBeReadIsTheCallersMistake) {
  TestApp app;
  v1::InitiateTransactionRequest request = Tip();
  google::protobuf::Value* value = &(*request.mutable_payload()->mutable_fields())["deep"];
  for (int i = 0; i < 60; ++i) value = value->mutable_list_value()->add_values();
  const auto answer = app.client().InitiateTransaction(request);
  EXPECT_TRUE(absl::IsInvalidArgument(answer.status())) << answer.status();
  EXPECT_EQ(ReasonOf(answer.status()), "BAD_REQUEST");
}

}  // namespace
}  // namespace tracktrove::testing
