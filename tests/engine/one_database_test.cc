// An embedded database belongs to one server.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/requests.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

config::Options On(const TempFolder& folder, const std::string& file) {
  config::Options options;
  options.database = "sqlite:" + file;
  options.data_dir = folder.path();
  options.grpc_port = 0;
  return options;
}

TEST(OneDatabase, ASecondServerIsRefusedWhateverItCallsTheFile) {
  TempFolder shared, folder;
  const std::string file = shared.path() + "/shared.db", link = shared.path() + "/link.db";
  config::Options first;
  first.database = "sqlite:" + file;
  {
    TestApp app(first);
    std::filesystem::create_symlink(file, link);
    for (const std::string& name : {file, shared.path() + "/./shared.db", link}) {
      const auto second = app::App::Start(On(folder, name));
      EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
      EXPECT_THAT(std::string(second.status().message()), ::testing::HasSubstr("in use by another server"));
    }
    EXPECT_TRUE(app.client().InitiateTransaction(Tip()).ok());
  }
  EXPECT_TRUE(app::App::Start(On(folder, link)).ok()) << "the first one is gone";
}

}  // namespace
}  // namespace tracktrove::testing
