#include "events/hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "sync/mutex.h"
#include "tests/support/test_log.h"

namespace tracktrove::events {
namespace {

using tracktrove::testing::kWorld;
using tracktrove::testing::SequencesOf;
using tracktrove::testing::TestLog;
using Sequences = std::vector<int64_t>;

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
  void Forget() {
    sync::MutexLock lock(&mutex_);
    wakes_.clear();
  }

 private:
  sync::Mutex mutex_;
  std::vector<Wake> wakes_;
};

// Keeps what it is told, and serves what it is given.
class FakeRelay : public Relay {
 public:
  void Start(OnNews) override {}
  void Tell(const std::string&, domain::WorldId, const Run& run) override { told.push_back(run); }
  Run Fetch(const std::string&, domain::WorldId, int64_t after) override {
    asked.push_back(after);
    return kept;
  }

  std::vector<Run> told;
  std::vector<int64_t> asked;
  Run kept;
};

Position At(const TestLog& log, int64_t sequence) { return log.Since(sequence).before; }

TEST(Hub, ReadsGoOnAfterTheCursorUpToTheLimit) {
  Hub hub(HubOptions{});
  TestLog log("s", kWorld);
  hub.Publish("s", kWorld, log.Append(5));
  EXPECT_EQ(SequencesOf(hub.Read("s", At(log, 2), 2).entries), (Sequences{3, 4}));
  EXPECT_EQ(SequencesOf(hub.Read("s", At(log, 4), 10).entries), Sequences{5});
  const Hub::Page caught_up = hub.Read("s", log.head(), 10);
  EXPECT_TRUE(caught_up.entries.empty());
  EXPECT_FALSE(caught_up.behind);
}

TEST(Hub, ACursorThatFellOutOfTheRingIsBehind) {
  Hub hub({.ring = {.records = 3}});
  TestLog log("s", kWorld);
  hub.Publish("s", kWorld, log.Append(10));
  EXPECT_TRUE(hub.Read("s", At(log, 6), 10).behind);
  EXPECT_EQ(SequencesOf(hub.Read("s", At(log, 7), 10).entries), (Sequences{8, 9, 10}));
}

TEST(Hub, ACursorOfAnotherLogIsBehindWhateverItsNumber) {
  Hub hub(HubOptions{});
  TestLog log("s", kWorld), other("made again", kWorld);
  hub.Publish("s", kWorld, log.Append(5));
  other.Append(3);
  EXPECT_TRUE(hub.Read("s", other.head(), 10).behind);
}

TEST(Hub, ACursorAheadOfTheRingWaits) {
  Hub hub(HubOptions{});
  TestLog log("s", kWorld);
  hub.Publish("s", kWorld, log.Append(5));
  log.Append(1);  // committed elsewhere, and read from the database
  const Hub::Page page = hub.Read("s", log.head(), 10);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(page.behind);
}

TEST(Hub, PublishingLateTwiceOrAfterAGapNeverPutsARecordOutOfPlace) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld);
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  const auto first = log.Append(3), second = log.Append(3);
  hub.Publish("s", kWorld, first);
  log.Append(2);  // another replica's
  const auto third = log.Append(2);
  hub.Publish("s", kWorld, third);
  EXPECT_TRUE(probe->Await(Wake::kReread));
  EXPECT_TRUE(hub.Read("s", first.End(), 10).behind);
  EXPECT_EQ(SequencesOf(hub.Read("s", third.before, 10).entries), (Sequences{9, 10}));
  hub.Merge("s", log.Since(5));
  hub.Publish("s", kWorld, third);
  EXPECT_EQ(SequencesOf(hub.Read("s", At(log, 5), 10).entries), (Sequences{6, 7, 8, 9, 10}));
  EXPECT_EQ(hub.End("s"), log.head());
}

TEST(Hub, WakesListenersOfTheSandboxOnly) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld);
  const auto here = std::make_shared<Probe>();
  hub.Listen("s", here);
  hub.Publish("s", kWorld, log.Append(1));
  EXPECT_TRUE(here->Await(Wake::kNews));
}

TEST(Hub, TellsOfADeletedSandboxAndForgetsItsRecords) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld), again("made again", kWorld + 1);
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  hub.Publish("s", kWorld, log.Append(5));
  hub.Forget("s");
  EXPECT_TRUE(probe->Await(Wake::kReread));
  hub.Publish("s", kWorld + 1, again.Append(2));
  EXPECT_EQ(SequencesOf(hub.Read("s", {}, 10).entries), (Sequences{1, 2}));
}

TEST(Hub, ASandboxMadeAgainIsToldFromItsRecordsToo) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld), again("made again", kWorld + 1);
  const auto probe = std::make_shared<Probe>();
  hub.Publish("s", kWorld, log.Append(5));
  hub.Listen("s", probe);
  hub.Publish("s", kWorld + 1, again.Append(2));
  EXPECT_TRUE(probe->Await(Wake::kReread));
  EXPECT_EQ(SequencesOf(hub.Read("s", {}, 10).entries), (Sequences{1, 2}));
}

TEST(Hub, GivesSignsOfLife) {
  Hub hub({.pulse_interval = absl::Milliseconds(5)});
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  EXPECT_TRUE(probe->Await(Wake::kPulse));
}

// Makes news of a sandbox whenever it is told some, so that there always are some.
class Busybody : public Probe {
 public:
  Busybody(Hub& hub, std::string sandbox) : hub_(hub), sandbox_(std::move(sandbox)), log_(sandbox_, kWorld) {}

  void OnWake(Wake why) override {
    Probe::OnWake(why);
    if (why == Wake::kNews) hub_.Publish(sandbox_, kWorld, log_.Append(1));
  }

 private:
  Hub& hub_;
  const std::string sandbox_;
  TestLog log_;
};

TEST(Hub, GivesSignsOfLifeHoweverMuchIsNewElsewhere) {
  Hub hub({.pulse_interval = absl::Milliseconds(5)});
  const auto quiet = std::make_shared<Probe>();
  const auto busy = std::make_shared<Busybody>(hub, "busy");
  hub.Listen("quiet", quiet);
  hub.Listen("busy", busy);
  EXPECT_TRUE(quiet->Await(Wake::kPulse));
}

TEST(Hub, ASandboxThatIsAlwaysNewKeepsNoOtherFromItsTurn) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("z", kWorld);
  const auto busy = std::make_shared<Busybody>(hub, "a");
  hub.Listen("a", busy);
  EXPECT_TRUE(busy->Await(Wake::kNews));
  const auto other = std::make_shared<Probe>();
  hub.Listen("z", other);
  EXPECT_TRUE(other->Await(Wake::kNews));
}

TEST(Hub, WhoListenedBeforeARingKnewItsPlaceIsWokenWhenItLearnsIt) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld);
  log.Append(5);  // another replica's
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  ASSERT_TRUE(probe->Await(Wake::kNews)) << "it begins";
  EXPECT_FALSE(hub.Read("s", At(log, 3), 10).behind) << "nobody knows of more";
  probe->Forget();
  hub.Recall("s", kWorld, 1, log.head(), 10);  // for a second listener
  EXPECT_TRUE(probe->Await(Wake::kNews));
  EXPECT_TRUE(hub.Read("s", At(log, 3), 10).behind);
}

TEST(Hub, ClosingTellsThoseWhoListenAndThoseWhoComeLater) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  const auto before = std::make_shared<Probe>();
  const auto after = std::make_shared<Probe>();
  hub.Listen("s", before);
  hub.Close();
  EXPECT_TRUE(before->Await(Wake::kClosing));
  hub.Listen("s", after);
  EXPECT_TRUE(after->Await(Wake::kClosing));
}

TEST(Hub, KeepsNoMoreRingsThanItsBoundButThoseWithListeners) {
  Hub hub({.max_rings = 2, .pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld);
  const auto probe = std::make_shared<Probe>();
  hub.Listen("listened", probe);
  hub.Publish("listened", kWorld, log.Append(1));
  for (const char* name : {"a", "b", "c"}) {
    TestLog other(name, kWorld);
    hub.Publish(name, kWorld, other.Append(1));
  }
  EXPECT_NE(hub.End("listened"), std::nullopt);
  EXPECT_EQ(hub.End("a"), std::nullopt);
  EXPECT_NE(hub.End("c"), std::nullopt);
  EXPECT_EQ(hub.Listened(), std::vector<std::string>{"listened"});
}

TEST(Hub, LacksOnlyWhatSomebodyListensTo) {
  Hub hub({.pulse_interval = absl::Hours(1)});
  TestLog log("s", kWorld);
  hub.Publish("s", kWorld, log.Append(2));
  const Position known = log.head();
  log.Append(1);
  EXPECT_FALSE(hub.Lacks("s", log.head()));
  const auto probe = std::make_shared<Probe>();
  hub.Listen("s", probe);
  EXPECT_TRUE(hub.Lacks("s", log.head()));
  EXPECT_FALSE(hub.Lacks("s", known));
}

TEST(Hub, RecallsFromTheRingWhatTheDatabaseConfirms) {
  Hub hub(HubOptions{});
  TestLog log("s", kWorld), other("made again", kWorld);
  hub.Publish("s", kWorld, log.Append(6));
  EXPECT_EQ(SequencesOf(*hub.Recall("s", kWorld, 2, At(log, 5), 100)), (Sequences{3, 4, 5, 6}));
  EXPECT_EQ(SequencesOf(*hub.Recall("s", kWorld, 2, At(log, 5), 2)), (Sequences{3, 4}));
  other.Append(5);
  EXPECT_EQ(hub.Recall("s", kWorld, 2, other.head(), 100), std::nullopt);
}

TEST(Hub, RecallsFromTheRelayWhatTheRingLacksAndKeepsItForTheNext) {
  FakeRelay relay;
  Hub hub(HubOptions{}, &relay);
  TestLog log("s", kWorld);
  log.Append(10);
  relay.kept = log.Since(4);
  for (int listener = 0; listener < 3; ++listener) {
    EXPECT_EQ(SequencesOf(*hub.Recall("s", kWorld, 7, log.head(), 100)), (Sequences{8, 9, 10}));
  }
  EXPECT_EQ(relay.asked, Sequences{7});
  EXPECT_EQ(hub.Recall("s", kWorld, 2, log.head(), 100), std::nullopt) << "nobody keeps that";
}

TEST(Hub, TakesNothingFromTheRelayThatIsOfAnotherLog) {
  FakeRelay relay;
  Hub hub(HubOptions{}, &relay);
  TestLog log("s", kWorld), other("made again", kWorld);
  log.Append(10);
  relay.kept = other.Append(10);
  EXPECT_EQ(hub.Recall("s", kWorld, 7, log.head(), 100), std::nullopt);
  EXPECT_EQ(hub.End("s"), log.head());
}

TEST(Hub, TellsTheRelayWhatIsPublished) {
  FakeRelay relay;
  Hub hub(HubOptions{}, &relay);
  TestLog log("s", kWorld);
  hub.Publish("s", kWorld, log.Append(2));
  ASSERT_EQ(relay.told.size(), 1u);
  EXPECT_EQ(relay.told[0].End(), log.head());
}

}  // namespace
}  // namespace tracktrove::events
