#include "tracktrove/pipeline.h"

#include <utility>

#include "absl/synchronization/mutex.h"

namespace tracktrove {

struct Pipeline::State {
  State(int max, TransactionCallback callback) : max_in_flight(max), on_answer(std::move(callback)) {}

  const int max_in_flight;
  const TransactionCallback on_answer;
  absl::Mutex mutex;
  int in_flight = 0;

  bool HasRoom() const { return in_flight < max_in_flight; }
  bool IsEmpty() const { return in_flight == 0; }
};

Pipeline::Pipeline(Client client, int max_in_flight, TransactionCallback on_answer)
    : client_(std::move(client)), state_(std::make_shared<State>(max_in_flight, std::move(on_answer))) {}

Pipeline::~Pipeline() { Drain(); }

void Pipeline::Submit(v1::InitiateTransactionRequest request) {
  {
    absl::MutexLock lock(&state_->mutex, absl::Condition(state_.get(), &State::HasRoom));
    ++state_->in_flight;
  }
  client_.AsyncInitiateTransaction(std::move(request),
                                   [state = state_](absl::StatusOr<v1::Transaction> answer) {
                                     state->on_answer(std::move(answer));
                                     absl::MutexLock lock(&state->mutex);
                                     --state->in_flight;
                                   });
}

void Pipeline::Drain() {
  absl::MutexLock lock(&state_->mutex, absl::Condition(state_.get(), &State::IsEmpty));
}

}  // namespace tracktrove
