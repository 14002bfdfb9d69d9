// A COMMIT whose answer never comes, on PostgreSQL through a proxy that cuts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/database.h"
#include "tests/store/examples.h"
#include "tests/support/postgres.h"
#include "tests/support/proxy.h"

namespace tracktrove::store {
namespace {

using testing::CommitCut;

class LostCommitTest : public ::testing::Test {
 protected:
  LostCommitTest() : proxy_(schema_.url()), store_(Must(OpenStore({.url = proxy_.url()}))) {
    Must(store_->Migrate());
    writer_ = Must(store_->NewWriter());
  }

  // Writes a sandbox and answers what COMMIT did.
  absl::Status Put(const std::string& name, WorldId world) {
    Must(writer_->Begin());
    Must(writer_->Write({.sandboxes = {PlainSandbox(name, world)}}));
    return writer_->Commit();
  }
  bool Exists(const std::string& name) {
    return schema_.Query("select name from sandboxes where name = '" + name + "'").size() == 1;
  }

  testing::PostgresSchema schema_;
  testing::Proxy proxy_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(LostCommitTest, IsNotReportedAsASuccessWhereverItWasLost) {
  int sandbox = 0;
  for (const CommitCut where : {CommitCut::kBeforeServer, CommitCut::kAfterServer, CommitCut::kBeforeReply}) {
    proxy_.CutCommits(where);
    const std::string name = "s" + std::to_string(++sandbox);
    EXPECT_TRUE(absl::IsUnavailable(Put(name, sandbox)));
    EXPECT_TRUE(proxy_.AwaitCuts());
    if (where != CommitCut::kAfterServer) {
      EXPECT_EQ(Exists(name), where == CommitCut::kBeforeReply);
    }
    Must(Put(name + "-after", sandbox + 100));
  }
}

}  // namespace
}  // namespace tracktrove::store
