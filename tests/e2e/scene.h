// What crash tests wreck: sandboxes of each kind under load, their clocks, their
// holds and somebody who subscribes to each; and the proof afterwards that
// nothing was lost, doubled, early or forgotten.
#ifndef TRACKTROVE_TESTS_E2E_SCENE_H_
#define TRACKTROVE_TESTS_E2E_SCENE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/load.h"
#include "tests/support/subscriber.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

// How long whatever was broken may take to work again before the test says that
// it does not. Real times are reported; they are a small part of it.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

// Moves a sandbox's MANUAL clock by a second at a time. Each move is asked for
// until it is acknowledged, so the clock tells whether one was lost or doubled.
class ClockMover {
 public:
  ClockMover(const std::vector<std::string>& endpoints, const std::string& sandbox);
  ~ClockMover();

  // Ends it after the move under way; answers what went wrong.
  Problems Finish();

 private:
  void Run();

  const Client client_;
  const std::string sandbox_;
  std::atomic<bool> finishing_ = false;
  Problems problems_;
  std::thread thread_;
};

class Scene {
 public:
  // Begins at once, at servers of one database. Somebody follows each sandbox at
  // each of those that are `followed`.
  Scene(std::vector<std::string> endpoints, std::vector<std::string> followed, uint64_t seed);
  Scene(const std::string& endpoint, uint64_t seed) : Scene({endpoint}, {endpoint}, seed) {}

  // Waits until every load has got `more` acknowledgements; fails the test when
  // that takes longer than kPatience.
  void AwaitProgress(int64_t more);

  // Ends the loads, waits until all that they began is over, and proves everything.
  void ExpectSound();

  // How long the slowest single attempt of a call took.
  absl::Duration slowest_attempt() const;
  // After ExpectSound: how late holds of REALTIME sandboxes expired, in ascending order.
  const std::vector<absl::Duration>& lateness() const { return lateness_; }

 private:
  struct Part {
    std::string sandbox;
    v1::Sandbox::Clock::Mode clock;
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    std::unique_ptr<Load> load;
  };

  void Play(const std::string& sandbox, v1::Sandbox::Clock::Mode clock, v1::Sandbox::Pace pace, int workers,
            uint64_t seed);
  void Advance(const Part& part);
  void AwaitEnds(const Part& part);

  const std::vector<std::string> endpoints_;
  const std::vector<std::string> followed_;
  const Client client_;
  std::vector<Part> parts_;
  std::vector<absl::Duration> lateness_;
  std::unique_ptr<ClockMover> mover_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_E2E_SCENE_H_
