// A stream whose filter nothing passes.
#include "engine/log_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/open_store.h"
#include "tests/engine/commands.h"
#include "tests/simulation/text_codec.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::engine {
namespace {

class LogStreamTest : public ::testing::Test {
 protected:
  LogStreamTest() {
    store_ = *store::OpenStore({.url = "sqlite:" + folder_.path() + "/store.db", .synchronous = "OFF"});
    EXPECT_TRUE(store_->Migrate().ok());
    EngineOptions options;
    options.reader_threads = 1;
    engine_ = std::make_unique<Engine>(options, *store_, *holds_, hub_, codec_);
    EXPECT_TRUE(engine_->Start().ok());
  }

  void Submit(domain::Command command, const std::string& who) {
    Call call = CallOf("s", std::move(command));
    call.done = answers_.For(who);
    engine_->Submit(std::move(call));
  }

  template <typename Condition>
  bool Await(const Condition& condition) {
    sync::MutexLock lock(&mutex_);
    return lock.AwaitUntil(absl::Now() + kPatience, condition);
  }

  sync::Mutex mutex_;
  int pulses_ = 0;
  std::optional<LogBatch> got_;

  tracktrove::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  events::Hub hub_{{.pulse_interval = absl::Milliseconds(5)}};
  std::unique_ptr<holds::Holds> holds_ = holds::NewInProcessHolds();
  const simulation::TextCodec codec_;
  Answers answers_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(LogStreamTest, AWalkThroughALongLogInWhichNothingPassesGivesSignsOfLifeOfWhereItStands) {
  constexpr int kTips = 200;
  Submit(ManualSandbox(7, domain::Pace::kInstant), "create");
  for (int i = 0; i < kTips; ++i) Submit(Tip(), absl::StrCat("tip", i));
  ASSERT_TRUE(answers_.AwaitCount(kTips + 1));
  Submit(domain::UpdateSandbox{}, "one more");
  ASSERT_TRUE(answers_.AwaitCount(kTips + 2)) << "so that all of the tips is published";
  const int64_t head = hub_.End("s")->sequence;
  ASSERT_GT(head, 600);

  LogStreamOptions options;
  options.sandbox = "s";
  options.resume_after = 0;
  options.filter = [](const domain::LogEntry&) { return false; };
  options.on_pulse = [this] {
    sync::MutexLock lock(&mutex_);
    ++pulses_;
  };
  const auto stream = LogStream::Open(*engine_, hub_, std::move(options));
  const auto deliver = [this](absl::StatusOr<LogBatch> batch) {
    sync::MutexLock lock(&mutex_);
    ASSERT_TRUE(batch.ok()) << batch.status();
    got_ = *std::move(batch);
  };
  stream->Next(deliver);
  ASSERT_TRUE(Await([&] { return got_.has_value(); }));
  const int64_t opened_at = got_->cursor;

  // The one reading thread is kept until a sign of life is wanted.
  int seen = 0;
  bool wanted = false;
  ASSERT_TRUE(engine_
                  ->Read([&](store::Reader&) {
                    sync::MutexLock lock(&mutex_);
                    lock.AwaitUntil(absl::Now() + kPatience, [&] { return wanted; });
                  })
                  .ok());
  {
    sync::MutexLock lock(&mutex_);
    got_.reset();
  }
  stream->Next(deliver);
  {
    sync::MutexLock lock(&mutex_);
    seen = pulses_;
  }
  ASSERT_TRUE(Await([&] { return pulses_ > seen; }));
  {
    sync::MutexLock lock(&mutex_);
    wanted = true;
  }
  ASSERT_TRUE(Await([&] { return got_.has_value(); }));
  EXPECT_TRUE(got_->entries.empty());
  EXPECT_GT(got_->cursor, opened_at);
  EXPECT_LT(got_->cursor, head);
}

}  // namespace
}  // namespace tracktrove::engine
