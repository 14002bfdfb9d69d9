// What of an error gets across the wire.
#include "api/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "domain/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/captured_log.h"

namespace tracktrove::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "select secret from sandboxes on db7.internal";

google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::Status wire;
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(wire.ParseFromString(status.error_details()) && wire.details_size() > 0);
  EXPECT_EQ(wire.message(), status.error_message());
  if (wire.details_size() > 0) {
    EXPECT_TRUE(wire.details(0).UnpackTo(&info));
  }
  return info;
}

TEST(Status, WhatADatabaseSaidIsLoggedNowAndThenAndNotTold) {
  const testing::CapturedLog log;
  for (const absl::Status& status : {domain::DatabaseUnavailable(kSecret), domain::QueryTooLong(kSecret),
                                     domain::BrokenInvariant(kSecret), absl::InternalError(kSecret)}) {
    const grpc::Status told = ToGrpc(status);
    EXPECT_EQ(static_cast<int>(told.error_code()), static_cast<int>(status.code()));
    EXPECT_THAT(told.error_message() + told.error_details(),
                AllOf(Not(HasSubstr("secret")), Not(HasSubstr("db7"))));
    EXPECT_NE(told.error_message(), "");
  }
  EXPECT_EQ(InfoOf(ToGrpc(domain::DatabaseUnavailable(kSecret))).reason(), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(InfoOf(ToGrpc(domain::BrokenInvariant(kSecret))).reason(), "BROKEN_INVARIANT");
  EXPECT_THAT(log.text(), AllOf(HasSubstr("DATABASE_UNAVAILABLE"), HasSubstr("BROKEN_INVARIANT")));
  EXPECT_THAT(log.text(), HasSubstr(kSecret));

  for (int i = 0; i < 1000; ++i) ToGrpc(domain::DatabaseUnavailable(kSecret));
  const std::string text = log.text();
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 20);
}

TEST(Status, WhatIsSaidToClientsIsToldAsItIs) {
  const grpc::Status told = ToGrpc(domain::SandboxNotFound("lab"));
  EXPECT_EQ(told.error_message(), domain::SandboxNotFound("lab").message());
  EXPECT_EQ(InfoOf(told).metadata().at("sandbox"), "lab");
}

}  // namespace
}  // namespace tracktrove::api
