// A sandbox that is reset while it is checked: what is purged of it is no
// problem of its ledger or its trail.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "tests/support/reader_decorator.h"
#include "tests/support/requests.h"
#include "tests/support/store_decorator.h"
#include "tests/support/test_app.h"

namespace tracktrove::testing {
namespace {

// Once it is armed: resets the sandbox when the check has read which world is its
// own, and reads as if half of that had been purged by then.
class PurgedReader : public ReaderDecorator {
 public:
  PurgedReader(std::unique_ptr<store::Reader> reader, std::function<bool()> reset)
      : ReaderDecorator(std::move(reader)), reset_(std::move(reset)) {}

  BalancePair EntrySumsAndBalances(World world) override {
    const bool purged = reset_();
    auto both = ReaderDecorator::EntrySumsAndBalances(world);
    if (both.ok() && purged) both->first.clear();
    return both;
  }
  Rows<domain::LogEntry> ReadRecords(World world, const store::RecordQuery& query) override {
    if (query.limit > 1 && reset_()) return Rows<domain::LogEntry>(std::vector<domain::LogEntry>());
    return ReaderDecorator::ReadRecords(world, query);
  }

 private:
  const std::function<bool()> reset_;
};

class ResetRace : public ::testing::Test {
 protected:
  app::Extras Wrapped() {
    app::Extras extras;
    extras.wrap_store = [this](std::unique_ptr<store::Store> store) {
      const auto wrap = [this](std::unique_ptr<store::Reader> reader) {
        return std::make_unique<PurgedReader>(std::move(reader), [this] { return ResetIfArmed(); });
      };
      return std::make_unique<StoreDecorator>(std::move(store), nullptr, wrap);
    };
    return extras;
  }

  bool ResetIfArmed() {
    if (!armed_.exchange(false)) return false;
    v1::ResetSandboxRequest reset;
    reset.set_sandbox("s");
    const auto done = client_->ResetSandbox(reset);
    EXPECT_TRUE(done.ok()) << done.status();
    return true;
  }

  void SetUp() override {
    client_ = app_.client();
    ASSERT_TRUE(client_->CreateSandbox(ManualSandbox("s", v1::Sandbox::INSTANT)).ok());
    ASSERT_TRUE(client_->InitiateTransaction(Tip("s")).ok());
    armed_ = true;
  }

  std::atomic<bool> armed_ = false;
  std::optional<Client> client_;  // before the server, whose threads use it
  TestApp app_{config::Options(), Wrapped()};
};

TEST_F(ResetRace, ALedgerThatIsCheckedWhileItsSandboxIsResetHasNoProblem) {
  v1::CheckLedgerRequest check;
  check.set_sandbox("s");
  const auto during = client_->CheckLedger(check);
  EXPECT_TRUE(absl::IsAborted(during.status())) << during.status();
  EXPECT_EQ(ReasonOf(during.status()), "SANDBOX_RESET");
  EXPECT_FALSE(armed_);
  ExpectSound(*client_, "s");
}

TEST_F(ResetRace, ATrailThatIsVerifiedWhileItsSandboxIsResetHasNoProblem) {
  v1::VerifyTrailRequest verify;
  verify.set_sandbox("s");
  const auto during = client_->VerifyTrail(verify);
  EXPECT_TRUE(absl::IsAborted(during.status())) << during.status();
  EXPECT_EQ(ReasonOf(during.status()), "SANDBOX_RESET");
  EXPECT_FALSE(armed_);
  ExpectSound(*client_, "s");
}

}  // namespace
}  // namespace tracktrove::testing
