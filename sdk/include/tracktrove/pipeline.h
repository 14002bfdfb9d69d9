// Many initiates in flight from one thread.
#ifndef TRACKTROVE_PIPELINE_H_
#define TRACKTROVE_PIPELINE_H_

#include <memory>

#include "tracktrove/client.h"

namespace tracktrove {

// Submit from one thread; answers arrive in any order on the connection's
// threads, several at a time.
class Pipeline {
 public:
  // `on_answer` is called once for each Submit and must not wait.
  // `max_in_flight` is at least 1.
  Pipeline(Client client, int max_in_flight, TransactionCallback on_answer);

  // Drains.
  ~Pipeline();

  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Waits while as many as allowed are in flight.
  void Submit(v1::InitiateTransactionRequest request);

  // Waits until all are answered. Every call ends by its timeout.
  void Drain();

 private:
  struct State;

  Client client_;
  // Shared with the calls in flight.
  std::shared_ptr<State> state_;
};

}  // namespace tracktrove

#endif  // TRACKTROVE_PIPELINE_H_
