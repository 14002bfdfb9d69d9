// A lane by itself: whose turn it is, and that everybody is answered.
#include "engine/lane.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "store/open_store.h"
#include "tests/engine/commands.h"
#include "tests/simulation/text_codec.h"
#include "tests/support/store_decorator.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::engine {
namespace {

using ::testing::ElementsAre;

// What a test sees of a lane's writer, and does to it.
class Script {
 public:
  // Takes the place of one LockSandboxes.
  using Step =
      std::function<absl::Status(const std::vector<std::string>& names, std::vector<std::string>* busy)>;

  // The next batch stops before it begins, until it is let go.
  void Hold() {
    sync::MutexLock lock(&mutex_);
    held_ = true;
  }
  bool AwaitHeld() {
    sync::MutexLock lock(&mutex_);
    return lock.AwaitUntil(absl::Now() + kPatience, [this] { return stands_; });
  }
  void LetGo() {
    sync::MutexLock lock(&mutex_);
    held_ = false;
  }
  void Next(Step step) {
    sync::MutexLock lock(&mutex_);
    steps_.push_back(std::move(step));
  }
  // The sandboxes of each batch so far.
  std::vector<std::vector<std::string>> batches() {
    sync::MutexLock lock(&mutex_);
    return batches_;
  }
  bool AwaitBatches(size_t count) {
    sync::MutexLock lock(&mutex_);
    return lock.AwaitUntil(absl::Now() + kPatience, [&] { return batches_.size() >= count; });
  }
  bool AwaitPurged() {
    sync::MutexLock lock(&mutex_);
    return lock.AwaitUntil(absl::Now() + kPatience, [this] { return purged_; });
  }

  // For the writer.
  void OnBegin() {
    {
      sync::MutexLock lock(&mutex_);
      stands_ = held_;
    }
    sync::MutexLock lock(&mutex_);
    lock.Await([this] { return !held_; });
    stands_ = false;
  }
  Step OnLock(const std::vector<std::string>& names) {
    sync::MutexLock lock(&mutex_);
    batches_.push_back(names);
    if (steps_.empty()) return nullptr;
    Step step = std::move(steps_.front());
    steps_.pop_front();
    return step;
  }
  void OnPurged() {
    sync::MutexLock lock(&mutex_);
    purged_ = true;
  }

 private:
  sync::Mutex mutex_;
  bool held_ = false;
  bool stands_ = false;
  bool purged_ = false;
  std::deque<Step> steps_;
  std::vector<std::vector<std::string>> batches_;
};

class ScriptedWriter : public tracktrove::testing::WriterDecorator {
 public:
  ScriptedWriter(std::unique_ptr<store::Writer> writer, Script& script)
      : WriterDecorator(std::move(writer)), script_(script) {}

  absl::StatusOr<absl::Time> Begin() override {
    script_.OnBegin();
    return WriterDecorator::Begin();
  }
  absl::StatusOr<std::map<std::string, domain::Sandbox>> LockSandboxes(
      const std::vector<std::string>& names, std::vector<std::string>* busy) override {
    const Script::Step step = script_.OnLock(names);
    if (!step) return WriterDecorator::LockSandboxes(names, busy);
    const absl::Status status = step(names, busy);
    if (!status.ok()) return status;
    return std::map<std::string, domain::Sandbox>();
  }
  // In small portions, so that it takes some.
  absl::StatusOr<int64_t> Purge(int) override {
    const absl::StatusOr<int64_t> purged = WriterDecorator::Purge(10);
    if (purged.ok() && *purged == 0) script_.OnPurged();
    return purged;
  }

 private:
  Script& script_;
};

absl::Status Fail(const std::vector<std::string>&, std::vector<std::string>*) {
  return domain::BrokenInvariant("a row that cannot be written");
}
absl::Status BeAway(const std::vector<std::string>&, std::vector<std::string>*) {
  return domain::DatabaseUnavailable("gone");
}
absl::Status BeBusy(const std::vector<std::string>& names, std::vector<std::string>* busy) {
  *busy = names;
  return absl::OkStatus();
}

class LaneTest : public ::testing::Test {
 protected:
  LaneTest() {
    store_ = *store::OpenStore({.url = "sqlite:" + folder_.path() + "/store.db", .synchronous = "OFF"});
    EXPECT_TRUE(store_->Migrate().ok());
  }

  void Start(const LaneOptions& options = {}) {
    LaneOutlets outlets{.hub = hub_,
                        .holds = *holds_,
                        .alarms =
                            [this](const store::Alarms& alarms) {
                              sync::MutexLock lock(&mutex_);
                              for (const auto& [sandbox, time] : alarms) alarms_[sandbox] = time;
                            },
                        .barrier = {}};
    lane_ = std::make_unique<Lane>(options, std::make_unique<ScriptedWriter>(*store_->NewWriter(), script_),
                                   codec_, std::move(outlets));
  }

  void Submit(const std::string& sandbox, domain::Command command, const std::string& who,
              int64_t bytes = 0) {
    Call call = CallOf(sandbox, std::move(command));
    call.bytes = bytes;
    call.done = answers_.For(who);
    lane_->Submit(std::move(call));
  }

  // Its answer is the first one.
  void Create(const std::string& sandbox) {
    Submit(sandbox, ManualSandbox(7, domain::Pace::kInstant), "create");
    ASSERT_TRUE(answers_.AwaitCount(1));
  }

  // A batch that stands at its beginning, for as long as the test likes.
  void HoldOneBatch() {
    script_.Hold();
    lane_->Tick("held");
    ASSERT_TRUE(script_.AwaitHeld());
  }

  tracktrove::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  events::Hub hub_{events::HubOptions{}};
  std::unique_ptr<holds::Holds> holds_ = holds::NewInProcessHolds();
  const simulation::TextCodec codec_;
  Script script_;
  Answers answers_;
  sync::Mutex mutex_;
  store::Alarms alarms_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Lane> lane_;
};

TEST_F(LaneTest, AReplacedWorldIsPurgedHoweverBusyTheLaneIs) {
  Start();
  Create("s");
  for (int i = 0; i < 3; ++i) Submit("s", Tip(), absl::StrCat("tip", i));
  Submit("s", domain::ResetSandbox{.world = 8}, "reset");
  ASSERT_TRUE(answers_.AwaitCount(5));
  // There is always a next call, submitted before the last one's batch is over.
  std::atomic<bool> enough = false;
  std::function<void(absl::StatusOr<std::string>)> go_on = [&](const absl::StatusOr<std::string>&) {
    if (enough) return answers_.For("last")(std::string());
    Call next = CallOf("s", domain::UpdateSandbox{});
    next.done = go_on;
    lane_->Submit(std::move(next));
  };
  go_on(std::string());
  EXPECT_TRUE(script_.AwaitPurged());
  enough = true;
  ASSERT_TRUE(answers_.AwaitCount(6));
}

TEST_F(LaneTest, OfManyDueSandboxesAFewJoinEachBatchInOrderOfArrivalAndCallsGoWithTheFirst) {
  constexpr int kDue = 50;
  Start();
  HoldOneBatch();
  std::vector<std::string> due;
  for (int i = kDue; i > 0; --i) due.push_back(absl::StrCat("due", i));
  for (const std::string& sandbox : due) lane_->Tick(sandbox);
  for (const std::string& sandbox : due) lane_->Tick(sandbox);
  Submit("s", Tip(), "call");
  script_.LetGo();
  ASSERT_TRUE(script_.AwaitBatches(5));
  const std::vector<std::vector<std::string>> batches = script_.batches();
  EXPECT_THAT(batches[1], ::testing::Contains("s"));
  for (size_t i = 1; i < 5; ++i) {
    const size_t first = (i - 1) * 16, last = std::min<size_t>(first + 16, kDue);
    for (size_t d = first; d < last; ++d) EXPECT_THAT(batches[i], ::testing::Contains(due[d]));
    EXPECT_EQ(batches[i].size(), last - first + (i == 1 ? 1 : 0)) << ::testing::PrintToString(batches[i]);
  }
}

TEST_F(LaneTest, MoreBytesThanItsBoundAreRefusedUntilThereIsRoomAgain) {
  constexpr int64_t kBytes = int64_t{40} << 20;
  Start();
  HoldOneBatch();
  Submit("s", Tip(), "first", kBytes);
  Submit("s", Tip(), "second", kBytes);
  const absl::Status refusal = answers_.Of("second").status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kResourceExhausted) << refusal;
  EXPECT_EQ(domain::DetailsOf(refusal).reason, "QUEUE_FULL");
  EXPECT_GT(domain::DetailsOf(refusal).retry_after, absl::ZeroDuration());
  script_.LetGo();
  ASSERT_TRUE(answers_.AwaitCount(2));
  Submit("s", Tip(), "third", kBytes);
  ASSERT_TRUE(answers_.AwaitCount(3));
  EXPECT_EQ(domain::DetailsOf(answers_.Of("third").status()).reason, "SANDBOX_NOT_FOUND");
}

TEST_F(LaneTest, CallsThatAreRunSinglyDoNotOvertakeOneThatIsPutBack) {
  Start();
  Create("s");
  HoldOneBatch();
  for (const char* who : {"first", "second", "third"}) Submit("s", Tip(), who);
  script_.Next([](const auto&, auto*) { return absl::UnavailableError("the batch that was held"); });
  script_.Next(Fail);    // all three
  script_.Next(BeBusy);  // the first by itself
  script_.LetGo();
  ASSERT_TRUE(answers_.AwaitCount(4));
  EXPECT_THAT(answers_.order(), ElementsAre("create", "first", "second", "third"));
  for (const char* who : {"first", "second", "third"}) EXPECT_TRUE(answers_.Of(who).ok());
}

TEST_F(LaneTest, ADueSandboxWhoseBatchFailedIsHandedBackToTheAlarms) {
  Start();
  script_.Next(BeAway);
  lane_->Tick("due");
  sync::MutexLock lock(&mutex_);
  ASSERT_TRUE(lock.AwaitUntil(absl::Now() + kPatience, [this] { return alarms_.contains("due"); }));
  EXPECT_LE(alarms_["due"], absl::Now() + absl::Seconds(1));
}

TEST_F(LaneTest, ADueSandboxThatAnotherWriterHoldsHasTheNextTurnAndWaitsForIt) {
  Start();
  HoldOneBatch();
  script_.Next([](const auto&, auto*) { return absl::OkStatus(); });
  for (int i = 0; i < 40; ++i) lane_->Tick(absl::StrCat("due", i));
  bool waits = false;
  script_.Next([](const auto&, auto* busy) {
    *busy = {"due3"};
    return absl::OkStatus();
  });
  script_.Next([&](const auto&, auto* busy) {
    waits = busy == nullptr;
    return absl::OkStatus();
  });
  script_.LetGo();
  ASSERT_TRUE(script_.AwaitBatches(4));
  lane_->Stop();
  EXPECT_THAT(script_.batches()[2], ElementsAre("due3"));
  EXPECT_TRUE(waits);
}

TEST_F(LaneTest, WhenItStopsEveryCallIsAnswered) {
  LaneOptions options;
  options.finish_within = absl::ZeroDuration();
  Start(options);
  HoldOneBatch();
  Submit("s", Tip(), "queued");
  Submit("s", Tip(), "queued too");
  std::thread stopper([this] { lane_->Stop(); });
  size_t calls = 2;
  const auto reason_of = [&](const std::string& who) {
    return domain::DetailsOf(answers_.Of(who).status()).reason;
  };
  for (std::string late; reason_of(late) != "SERVER_SHUTTING_DOWN"; ++calls) {
    late = absl::StrCat("late", calls);
    Submit("s", Tip(), late);
  }
  script_.LetGo();
  stopper.join();
  EXPECT_EQ(answers_.order().size(), calls);
  EXPECT_EQ(reason_of("queued"), "SERVER_SHUTTING_DOWN");
}

}  // namespace
}  // namespace tracktrove::engine
