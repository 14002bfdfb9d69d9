// Loads that the measures share: sandboxes, requests, and how fast they go in.
#ifndef TRACKTROVE_TESTS_BENCH_LOAD_H_
#define TRACKTROVE_TESTS_BENCH_LOAD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/support/requests.h"
#include "tracktrove/client.h"

namespace tracktrove::bench {

using testing::TimeOf;

// Payers and payees that loads spread over.
inline constexpr int kAccounts = 10'000;

// As many as keep a server busy and its queue short.
inline constexpr int kInFlight = 256;

// The name of one of them, `asha-00042`; all are of one width.
std::string Payer(int number);
std::string Payee(int number);

void CreateSandbox(const Client& client, const std::string& name, v1::Sandbox::Clock::Mode clock,
                   v1::Sandbox::Pace pace);

// The `number`th request of a load: a tip of ₹25.50 between accounts that
// follow from the number, with a payload of the size that clients send.
v1::InitiateTransactionRequest Tip(const std::string& sandbox, int64_t number);

struct Throughput {
  int64_t count = 0;
  absl::Duration took;
  double PerSecond() const { return static_cast<double>(count) / absl::ToDoubleSeconds(took); }
};

// Makes the request of a number, from 0 on.
using Maker = std::function<v1::InitiateTransactionRequest(int64_t number)>;

// Asked before each request whether there is to be one; may wait, which paces a load.
using Gate = std::function<bool(int64_t number)>;
Gate For(absl::Duration span);
Gate UpTo(int64_t count);
Gate AtPace(int a_second, int64_t count);

// Takes an answer; called on several threads at once.
using Taker = std::function<void(const v1::Transaction&)>;

// Keeps up to `in_flight` initiates under way for as long as the gate lets them
// in, and awaits the last answer. An error ends the run.
Throughput Initiate(const Client& client, int in_flight, const Maker& make, const Gate& gate,
                    const Taker& take = nullptr);

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_LOAD_H_
