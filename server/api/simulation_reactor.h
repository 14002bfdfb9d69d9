// The stream of RunSimulation: starts a simulation or joins one, tells how far
// it is, and ends with its report. It looks at the stored simulation when the
// hub says that something happened, at most ten times a second; what it has not
// told yet is replaced by what is newer.
#ifndef TRACKTROVE_API_SIMULATION_REACTOR_H_
#define TRACKTROVE_API_SIMULATION_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/edge.h"
#include "events/hub.h"
#include "sync/mutex.h"
#include "tracktrove/v1/simulation.pb.h"

namespace tracktrove::api {

class SimulationReactor : public grpc::ServerWriteReactor<v1::RunSimulationResponse>,
                          public events::Listener,
                          public std::enable_shared_from_this<SimulationReactor> {
 public:
  static grpc::ServerWriteReactor<v1::RunSimulationResponse>* Start(const Edge& edge,
                                                                    grpc::CallbackServerContext* context,
                                                                    const v1::RunSimulationRequest& request);

  void OnWake(events::Wake why) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  SimulationReactor(const Edge& edge, grpc::CallbackServerContext* context)
      : edge_(edge), context_(context) {}

  absl::Status Begin(const v1::RunSimulationRequest& request);
  void OnStarted(const absl::StatusOr<std::string>& answer);
  void Watch(int64_t number);

  // Looks when there is news, nothing else is under way and the time has come.
  void Pump();
  void Look();
  void OnLooked(absl::StatusOr<v1::Simulation> simulation);
  // `last`: nothing will follow.
  void Send(v1::RunSimulationResponse response, bool last);
  // The client is gone: ends the simulation, if this stream started it.
  void Abandon();
  void FinishOnce(const absl::Status& status);
  void CutOffIfStalled();

  const Edge& edge_;
  grpc::CallbackServerContext* const context_;
  std::string sandbox_;
  bool owner_ = false;  // the simulation ends with this stream

  sync::Mutex mutex_;
  std::shared_ptr<SimulationReactor> self_;     // until OnDone
  int64_t number_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: not started yet
  bool news_ ABSL_GUARDED_BY(mutex_) = false;   // since the last look
  bool looking_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);             // while it waits for next_look_
  std::optional<v1::RunSimulationResponse> next_ ABSL_GUARDED_BY(mutex_);  // after the one being written
  std::optional<absl::Time> write_started_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;    // the report is being sent, or next
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;     // the client is
  bool cut_off_ ABSL_GUARDED_BY(mutex_) = false;  // it did not read; its simulation goes on
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  v1::RunSimulationResponse response_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SIMULATION_REACTOR_H_
