#include "events/hub.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/time/clock.h"
#include "sync/mutex.h"

namespace tracktrove::events {
namespace {

std::vector<Entry> Entries(int64_t first, int64_t last) {
  std::vector<Entry> entries;
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    auto entry = std::make_shared<domain::LogEntry>();
    entry->record.sequence = sequence;
    entry->record.dto = std::make_shared<const std::string>(100, 'x');
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<int64_t> Sequences(const Hub::Page& page) {
  std::vector<int64_t> sequences;
  for (const Entry& entry : page.entries) sequences.push_back(entry->record.sequence);
  return sequences;
}

class Probe : public Listener {
 public:
  void OnWake(Wake why) override {
    sync::MutexLock lock(&mutex_);
    wakes_.push_back(why);
  }
  bool Await(Wake why) {
    sync::MutexLock lock(&mutex_);
    const auto came = [&] { return std::find(wakes_.begin(), wakes_.end(), why) != wakes_.end(); };
    return lock.AwaitUntil(absl::Now() + absl::Seconds(30), came);
  }

 private:
  sync::Mutex mutex_;
  std::vector<Wake> wakes_;
};

TEST(Hub, ReadsGoOnAfterTheCursorUpToTheLimit) {
  Hub hub(HubOptions{});
  hub.Publish("s", Entries(1, 5));
  EXPECT_EQ(Sequences(hub.Read("s", 2, 2)), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(Sequences(hub.Read("s", 4, 10)), std::vector<int64_t>{5});
  const Hub::Page caught_up = hub.Read("s", 5, 10);
  EXPECT_TRUE(caught_up.entries.empty());
  EXPECT_FALSE(caught_up.behind);
}

TEST(Hub, ACursorThatFellOutOfTheRingIsBehind) {
  Hub hub(HubOptions{.ring_records = 3});
  hub.Publish("s", Entries(1, 10));
  EXPECT_TRUE(hub.Read("s", 6, 10).behind);
  EXPECT_EQ(Sequences(hub.Read("s", 7, 10)), (std::vector<int64_t>{8, 9, 10}));
}

TEST(Hub, TheRingIsBoundedInBytesToo) {
  Hub hub(HubOptions{.ring_records = 1000, .ring_bytes = 250});
  hub.Publish("s", Entries(1, 10));
  EXPECT_TRUE(hub.Read("s", 7, 10).behind);
  EXPECT_EQ(Sequences(hub.Read("s", 8, 10)), (std::vector<int64_t>{9, 10}));
}

TEST(Hub, WakesListenersOfTheSandboxOnly) {
  Hub hub(HubOptions{.pulse_interval = absl::Hours(1)});
  const auto here = std::make_shared<Probe>();
  hub.Listen("s", here);
  hub.Publish("s", Entries(1, 1));
  EXPECT_TRUE(here->Await(Wake::kNews));
}

TEST(Hub, TellsOfADeletedSandboxAndForgetsItsRecords) {
  Hub hub(HubOptions{.pulse_interval = absl::Hours(1)});
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  hub.Publish("s", Entries(1, 5));
  hub.Forget("s");
  EXPECT_TRUE(probe->Await(Wake::kGone));
  hub.Publish("s", Entries(1, 2));
  EXPECT_EQ(Sequences(hub.Read("s", 0, 10)), (std::vector<int64_t>{1, 2}));
}

TEST(Hub, GivesSignsOfLife) {
  Hub hub(HubOptions{.pulse_interval = absl::Milliseconds(5)});
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  EXPECT_TRUE(probe->Await(Wake::kPulse));
}

TEST(Hub, ClosingTellsThoseWhoListenAndThoseWhoComeLater) {
  Hub hub(HubOptions{.pulse_interval = absl::Hours(1)});
  const auto before = std::make_shared<Probe>();
  const auto after = std::make_shared<Probe>();
  hub.Listen("s", before);
  hub.Close();
  EXPECT_TRUE(before->Await(Wake::kClosing));
  hub.Listen("s", after);
  EXPECT_TRUE(after->Await(Wake::kClosing));
}

}  // namespace
}  // namespace tracktrove::events
