#include "tests/e2e/scene.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/requests.h"

namespace tracktrove::testing {
namespace {

using ::testing::IsEmpty;

constexpr int64_t kStart = 1767344400;
constexpr char kStepped[] = "stepped";

bool EndsItsTransaction(const v1::TraceRecord& record) {
  switch (record.to_state()) {
    case v1::Transaction::COMPLETED:
    case v1::Transaction::REFUNDED:
    case v1::Transaction::SETTLED:
      return true;
    case v1::Transaction::FAILED:
      return record.error().final();
    default:
      return false;
  }
}

}  // namespace

ClockMover::ClockMover(const std::vector<std::string>& endpoints, const std::string& sandbox)
    : client_(PatientClient(endpoints)), sandbox_(sandbox), thread_([this] { Run(); }) {}

ClockMover::~ClockMover() { Finish(); }

Problems ClockMover::Finish() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
  return problems_;
}

void ClockMover::Run() {
  for (int64_t moves = 1; !finishing_; ++moves) {
    v1::AdvanceClockRequest request;
    request.set_sandbox(sandbox_);
    request.set_request_id(absl::StrCat("move-", moves));
    request.mutable_by()->set_seconds(1);
    const auto moved = client_.WithTimeout(kPatience).AdvanceClock(request);
    if (!moved.ok()) {
      problems_.push_back(absl::StrCat("move ", moves, " was answered ", moved.status().ToString()));
      return;
    }
    if (moved->clock().time().seconds() != kStart + moves)
      problems_.push_back(absl::StrCat("move ", moves, " ended ", moved->clock().time().seconds() - kStart,
                                       " seconds after the start"));
  }
}

Scene::Scene(std::vector<std::string> endpoints, std::vector<std::string> followed, uint64_t seed)
    : endpoints_(std::move(endpoints)), followed_(std::move(followed)), client_(PatientClient(endpoints_)) {
  Play("instant", v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT, 6, seed);
  Play("paced", v1::Sandbox::Clock::REALTIME, v1::Sandbox::PACED, 2, seed + 1);
  Play(kStepped, v1::Sandbox::Clock::MANUAL, v1::Sandbox::PACED, 2, seed + 2);
  mover_ = std::make_unique<ClockMover>(endpoints_, kStepped);
}

void Scene::Play(const std::string& sandbox, v1::Sandbox::Clock::Mode clock, v1::Sandbox::Pace pace,
                 int workers, uint64_t seed) {
  v1::CreateSandboxRequest request;
  request.set_sandbox_id(sandbox);
  request.set_seed(seed);
  request.set_clock_mode(clock);
  if (clock == v1::Sandbox::Clock::MANUAL) request.mutable_start_time()->set_seconds(kStart);
  request.set_pace(pace);
  const auto created = client_.CreateSandbox(request);
  ASSERT_TRUE(created.ok()) << created.status();
  Part part{.sandbox = sandbox, .clock = clock, .subscribers = {}, .load = nullptr};
  for (const std::string& endpoint : followed_)
    part.subscribers.push_back(std::make_unique<Subscriber>(PatientClient({endpoint}), sandbox, 0));
  part.load =
      std::make_unique<Load>(endpoints_, LoadOptions{.sandbox = sandbox, .seed = seed, .workers = workers});
  parts_.push_back(std::move(part));
}

void Scene::AwaitProgress(int64_t more) {
  for (const Part& part : parts_)
    ASSERT_TRUE(part.load->AwaitAcknowledged(more, kPatience)) << part.sandbox << " stands still";
}

// A MANUAL clock stands still, so nothing is over before it is moved.
void Scene::Advance(const Part& part) {
  v1::AdvanceClockRequest day;
  day.set_sandbox(part.sandbox);
  day.set_request_id("the day after");
  day.mutable_by()->set_seconds(24 * 3600);
  const auto moved = client_.AdvanceClock(day);
  ASSERT_TRUE(moved.ok()) << moved.status();
}

// A REALTIME clock is let run, so that holds and retries end by themselves.
void Scene::AwaitEnds(const Part& part) {
  std::set<std::string> under_way;
  v1::ListTransactionsRequest list;
  list.set_sandbox(part.sandbox);
  list.set_page_size(1000);
  for (const auto& transaction : client_.ListTransactions(list)) {
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    under_way.insert(transaction->id());
  }
  const auto all_over = [&](const v1::TraceRecord& record) {
    if (EndsItsTransaction(record)) under_way.erase(record.transaction_id());
    return under_way.empty();
  };
  EXPECT_TRUE(part.subscribers.front()->Await(all_over, kPatience))
      << under_way.size() << " are still under way";
}

void Scene::ExpectSound() {
  for (Part& part : parts_) part.load->Finish();
  EXPECT_THAT(mover_->Finish(), IsEmpty());
  for (Part& part : parts_) {
    SCOPED_TRACE(part.sandbox);
    EXPECT_THAT(part.load->problems(), IsEmpty());
    part.clock == v1::Sandbox::Clock::MANUAL ? Advance(part) : AwaitEnds(part);
    const auto evidence = Gather(client_, part.sandbox);
    ASSERT_TRUE(evidence.ok()) << evidence.status();
    EXPECT_THAT(CheckAll(*evidence, part.load->journal()), IsEmpty());
    for (const auto& subscriber : part.subscribers) {
      const auto received = subscriber->ReceiveUpTo(evidence->sandbox.head_sequence(), kPatience);
      EXPECT_TRUE(subscriber->failure().ok()) << subscriber->failure();
      EXPECT_THAT(CheckReceived(*evidence, received, 0), IsEmpty());
    }
    EXPECT_GT(evidence->sandbox.transaction_count(), 0);
    const std::vector<absl::Duration> lateness = LatenessOfHolds(*evidence);
    lateness_.insert(lateness_.end(), lateness.begin(), lateness.end());
  }
  std::sort(lateness_.begin(), lateness_.end());
}

absl::Duration Scene::slowest_attempt() const {
  absl::Duration slowest;
  for (const Part& part : parts_) slowest = std::max(slowest, part.load->slowest_attempt());
  return slowest;
}

}  // namespace tracktrove::testing
