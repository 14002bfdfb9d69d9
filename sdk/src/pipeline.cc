#include "tracktrove/pipeline.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace tracktrove {

struct Pipeline::State {
  State(int max, TransactionCallback callback) : max_in_flight(max), on_answer(std::move(callback)) {}

  const int max_in_flight;
  const TransactionCallback on_answer;
  std::mutex mutex;
  std::condition_variable answered;
  int in_flight = 0;
};

Pipeline::Pipeline(Client client, int max_in_flight, TransactionCallback on_answer)
    : client_(std::move(client)), state_(std::make_shared<State>(max_in_flight, std::move(on_answer))) {}

Pipeline::~Pipeline() { Drain(); }

void Pipeline::Submit(v1::InitiateTransactionRequest request) {
  {
    std::unique_lock lock(state_->mutex);
    state_->answered.wait(lock, [this] { return state_->in_flight < state_->max_in_flight; });
    ++state_->in_flight;
  }
  client_.AsyncInitiateTransaction(std::move(request),
                                   [state = state_](absl::StatusOr<v1::Transaction> answer) {
                                     state->on_answer(std::move(answer));
                                     std::lock_guard lock(state->mutex);
                                     --state->in_flight;
                                     state->answered.notify_all();
                                   });
}

void Pipeline::Drain() {
  std::unique_lock lock(state_->mutex);
  state_->answered.wait(lock, [this] { return state_->in_flight == 0; });
}

}  // namespace tracktrove
