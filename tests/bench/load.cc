#include "tests/bench/load.h"

#include <mutex>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/bench/measure.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::bench {
std::string Payer(int number) { return absl::StrFormat("asha-%05d", number); }
std::string Payee(int number) { return absl::StrFormat("ravi-%05d", number); }

void CreateSandbox(const Client& client, const std::string& name, v1::Sandbox::Clock::Mode clock,
                   v1::Sandbox::Pace pace) {
  v1::CreateSandboxRequest request;
  request.set_sandbox_id(name);
  request.set_seed(7);
  request.set_clock_mode(clock);
  request.set_pace(pace);
  Must(client.CreateSandbox(request).status(), "creating sandbox " + name);
}

v1::InitiateTransactionRequest Tip(const std::string& sandbox, int64_t number) {
  v1::InitiateTransactionRequest request;
  request.set_sandbox(sandbox);
  request.set_kind(v1::Transaction::TIP);
  request.mutable_amount()->set_currency_code("INR");
  request.mutable_amount()->set_minor_units(2550);
  request.set_payer(Payer(static_cast<int>(number % kAccounts)));
  request.set_payee(Payee(static_cast<int>(number * 7 % kAccounts)));
  request.set_channel("ios");
  auto& payload = *request.mutable_payload()->mutable_fields();
  payload["orderId"].set_string_value(absl::StrFormat("ord-%08d", number));
  payload["restaurant"].set_string_value("Dosa Corner");
  return request;
}

Gate For(absl::Duration span) {
  return [end = absl::Now() + span](int64_t) { return absl::Now() < end; };
}

Gate UpTo(int64_t count) {
  return [count](int64_t number) { return number < count; };
}

Gate AtPace(int a_second, int64_t count) {
  return [start = absl::Now(), a_second, count](int64_t number) {
    absl::SleepFor(start + absl::Seconds(1) * number / a_second - absl::Now());
    return number < count;
  };
}

Throughput Initiate(const Client& client, int in_flight, const Maker& make, const Gate& gate,
                    const Taker& take) {
  std::mutex mutex;
  absl::Status failure;
  Throughput result;
  const absl::Time start = absl::Now();
  {
    Pipeline pipeline(client, in_flight, [&](const absl::StatusOr<v1::Transaction>& answer) {
      if (answer.ok() && take) take(*answer);
      if (answer.ok()) return;
      std::lock_guard lock(mutex);
      failure = answer.status();
    });
    for (; gate(result.count); ++result.count) pipeline.Submit(make(result.count));
  }
  result.took = absl::Now() - start;
  Must(failure, "an initiate failed");
  return result;
}

}  // namespace tracktrove::bench
