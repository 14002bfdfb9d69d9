#include "tests/e2e/load.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/support/requests.h"

namespace tracktrove::testing {
namespace {

constexpr size_t kRemembered = 64;

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status);
}

std::string SubjectOf(const v1::Transaction& transaction) { return transaction.id(); }
std::string SubjectOf(const v1::TraceRecord& record) { return record.transaction_id(); }

}  // namespace

Client ImpatientClient(const std::string& endpoint) {
  Options options;
  options.endpoint = endpoint;
  options.retry.max_attempts = 1;
  return Client(options);
}

Client PatientClient(const std::vector<std::string>& endpoints) {
  Options options;
  options.endpoint = absl::StrCat("ipv4:", absl::StrJoin(endpoints, ","));
  options.retry.max_attempts = 1000;
  options.retry.max_backoff = absl::Milliseconds(250);
  return Client(options);
}

// One thread's part of the load.
class Load::Worker {
 public:
  Worker(Load& load, int number)
      : load_(load),
        name_(absl::StrCat("w", number, "-")),
        random_(load.options_.seed * 1000 + number),
        patient_(PatientClient(load.endpoints_)) {
    for (const std::string& endpoint : load.endpoints_) once_.push_back(ImpatientClient(endpoint));
  }

  void Run() {
    while (load_.TakeTurn()) {
      const uint64_t choice = Below(10);
      if (choice < 2 && !held_.empty()) {
        Capture(Take(held_));
      } else if (choice == 2 && !held_.empty()) {
        Cancel(Take(held_));
      } else if (choice == 3 && !captured_.empty()) {
        Refund(captured_[Below(captured_.size())]);
      } else if (choice == 4 && !captured_.empty()) {
        Snapshot(captured_[Below(captured_.size())]);
      } else {
        Initiate();
      }
    }
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string NewId() { return absl::StrCat(name_, ++requests_); }

  std::string Take(std::deque<std::string>& from) {
    std::string taken = from.front();
    from.pop_front();
    return taken;
  }
  static void Remember(std::deque<std::string>& in, const std::string& transaction) {
    in.push_back(transaction);
    if (in.size() > kRemembered) in.pop_front();
  }

  void Initiate() {
    v1::InitiateTransactionRequest request = Tip(load_.options_.sandbox);
    request.set_request_id(NewId());
    request.mutable_simulation()->set_success_rate(0.9);
    request.mutable_simulation()->set_transient_failure_rate(0.1);
    const bool holds = Below(2) == 0;
    if (holds) {
      request.set_capture(v1::Transaction::MANUAL);
      const int64_t millis = absl::ToInt64Milliseconds(load_.options_.hold_ttl);
      request.mutable_hold_ttl()->set_seconds(millis / 1000);
      request.mutable_hold_ttl()->set_nanos(static_cast<int32_t>(millis % 1000 * 1'000'000));
    }
    const std::string transaction =
        Send(request.request_id(), [&](const Client& client) { return client.InitiateTransaction(request); });
    if (!transaction.empty()) Remember(holds ? held_ : captured_, transaction);
  }

  void Capture(const std::string& transaction) {
    v1::CompleteTransactionRequest request;
    request.set_sandbox(load_.options_.sandbox);
    request.set_request_id(CaptureId(transaction));
    request.set_transaction(transaction);
    Send(request.request_id(), [&](const Client& client) { return client.CompleteTransaction(request); });
    Remember(captured_, transaction);
  }

  void Cancel(const std::string& transaction) {
    v1::CancelTransactionRequest request;
    request.set_sandbox(load_.options_.sandbox);
    request.set_request_id(NewId());
    request.set_transaction(transaction);
    request.set_reason(request.request_id());
    Send(request.request_id(), [&](const Client& client) { return client.CancelTransaction(request); });
  }

  void Refund(const std::string& transaction) {
    v1::RefundTransactionRequest request;
    request.set_sandbox(load_.options_.sandbox);
    request.set_request_id(NewId());
    request.set_transaction(transaction);
    request.mutable_amount()->set_currency_code("INR");
    request.mutable_amount()->set_minor_units(1 + static_cast<int64_t>(Below(2000)));
    request.set_reason(request.request_id());
    Send(request.request_id(), [&](const Client& client) { return client.RefundTransaction(request); });
  }

  void Snapshot(const std::string& transaction) {
    v1::RecordSnapshotRequest request;
    request.set_sandbox(load_.options_.sandbox);
    request.set_request_id(NewId());
    request.set_transaction(transaction);
    request.set_service("checkout");
    request.set_step(request.request_id());
    (*request.mutable_dto()->mutable_fields())["seen"].set_bool_value(true);
    Send(request.request_id(), [&](const Client& client) { return client.RecordSnapshot(request); });
  }

  // Answers the transaction of the acknowledgement; empty without one.
  template <typename Call>
  std::string Send(const std::string& id, const Call& call) {
    load_.Ask(id);
    const absl::Time start = absl::Now();
    auto answer = call(once_[Below(once_.size())]);
    load_.Attempted(absl::Now() - start);
    if (MayPass(answer.status())) {
      if (Below(8) == 0) return "";
      answer = call(patient_);
    }
    if (answer.ok()) {
      load_.Acknowledged(id, SubjectOf(*answer));
      return SubjectOf(*answer);
    }
    if (absl::IsFailedPrecondition(answer.status())) {
      load_.Refused(id);
    } else {
      load_.Failed(id, answer.status());
    }
    return "";
  }

  Load& load_;
  const std::string name_;
  std::mt19937_64 random_;
  std::vector<Client> once_;
  const Client patient_;
  int64_t requests_ = 0;
  std::deque<std::string> held_;
  std::deque<std::string> captured_;
};

Load::Load(std::vector<std::string> endpoints, LoadOptions options)
    : endpoints_(std::move(endpoints)), options_(std::move(options)) {
  for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this, i] { Worker(*this, i).Run(); });
}

Load::~Load() { Finish(); }

bool Load::AwaitAcknowledged(int64_t more, absl::Duration patience) {
  sync::MutexLock lock(&mutex_);
  const auto there = [this, goal = acknowledged_ + more] { return acknowledged_ >= goal; };
  return lock.AwaitUntil(absl::Now() + patience, there);
}

void Load::Finish() {
  {
    sync::MutexLock lock(&mutex_);
    finishing_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Load::TakeTurn() {
  sync::MutexLock lock(&mutex_);
  return !finishing_ && calls_++ < options_.max_calls;
}

void Load::Ask(const std::string& id) {
  sync::MutexLock lock(&mutex_);
  journal_.Ask(id);
}

void Load::Attempted(absl::Duration took) {
  sync::MutexLock lock(&mutex_);
  slowest_ = std::max(slowest_, took);
}

void Load::Acknowledged(const std::string& id, const std::string& transaction) {
  sync::MutexLock lock(&mutex_);
  journal_.Acknowledge(id, transaction);
  ++acknowledged_;
}

void Load::Refused(const std::string& id) {
  sync::MutexLock lock(&mutex_);
  journal_.Refuse(id);
}

void Load::Failed(const std::string& id, const absl::Status& status) {
  sync::MutexLock lock(&mutex_);
  problems_.push_back(absl::StrCat(id, " was answered ", status.ToString()));
}

}  // namespace tracktrove::testing
