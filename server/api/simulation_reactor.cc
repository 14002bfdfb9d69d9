#include "api/simulation_reactor.h"

#include <utility>

#include "absl/time/clock.h"
#include "api/check.h"
#include "api/log_reactor.h"
#include "api/simulation_convert.h"
#include "api/simulation_look.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

// Between two messages about the same simulation.
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);

}  // namespace

grpc::ServerWriteReactor<v1::RunSimulationResponse>* SimulationReactor::Start(
    const Edge& edge, grpc::CallbackServerContext* context, const v1::RunSimulationRequest& request) {
  std::shared_ptr<SimulationReactor> reactor(new SimulationReactor(edge, context));
  reactor->self_ = reactor;
  absl::Status status = edge.Authorize(*context);
  if (status.ok()) status = reactor->Begin(request);
  if (!status.ok()) reactor->FinishOnce(status);
  return reactor.get();
}

absl::Status SimulationReactor::Begin(const v1::RunSimulationRequest& request) {
  TT_ASSIGN_OR_RETURN(sandbox_, CheckSandbox(request.sandbox()));
  if (!request.simulation().empty()) {
    if (request.has_spec() || !request.request_id().empty())
      return domain::BadField("simulation", "goes with neither spec nor request_id");
    TT_ASSIGN_OR_RETURN(const int64_t number, CheckSimulationId(request.simulation()));
    Watch(number);
    return absl::OkStatus();
  }
  TT_ASSIGN_OR_RETURN(engine::Call call, ToCall(request));
  owner_ = true;
  call.deadline = DeadlineOf(*context_, kDefaultDeadline);
  call.done = [self = shared_from_this()](const absl::StatusOr<std::string>& answer) {
    self->OnStarted(answer);
  };
  edge_.engine.Submit(std::move(call));
  return absl::OkStatus();
}

void SimulationReactor::OnStarted(const absl::StatusOr<std::string>& answer) {
  if (!answer.ok()) return FinishOnce(answer.status());
  v1::Simulation simulation;
  absl::StatusOr<int64_t> number = domain::BrokenInvariant("a stored reply is of another type");
  if (simulation.ParseFromString(*answer)) number = CheckSimulationId(simulation.id());
  if (!number.ok()) return FinishOnce(number.status());
  Watch(*number);
}

void SimulationReactor::Watch(int64_t number) {
  edge_.hub.Listen(sandbox_, weak_from_this());
  bool gone;
  {
    sync::MutexLock lock(&mutex_);
    number_ = number;
    news_ = true;
    gone = gone_;
  }
  gone ? Abandon() : Pump();
}

void SimulationReactor::OnWake(events::Wake why) {
  bool quiet = false;
  {
    sync::MutexLock lock(&mutex_);
    if (why == events::Wake::kNews || why == events::Wake::kReread) news_ = true;
    quiet = why == events::Wake::kPulse && !write_started_ && !ended_;
  }
  if (why == events::Wake::kClosing) return FinishOnce(domain::ServerShuttingDown());
  if (why == events::Wake::kPulse) CutOffIfStalled();
  if (quiet) {
    v1::RunSimulationResponse response;
    response.mutable_heartbeat();
    Send(std::move(response), /*last=*/false);
  }
  Pump();
}

void SimulationReactor::Pump() {
  {
    sync::MutexLock lock(&mutex_);
    if (finished_ || ended_ || looking_ || !news_ || number_ == 0) return;
    const absl::Time now = absl::Now();
    if (now < next_look_) {
      if (alarm_) return;
      alarm_ = std::make_unique<grpc::Alarm>();
      alarm_->Set(absl::ToChronoTime(next_look_), [self = shared_from_this()](bool) {
        {
          sync::MutexLock inner(&self->mutex_);
          self->alarm_.reset();
        }
        self->Pump();
      });
      return;
    }
    news_ = false;
    looking_ = true;
    next_look_ = now + kLookInterval;
  }
  Look();
}

void SimulationReactor::Look() {
  int64_t number;
  {
    sync::MutexLock lock(&mutex_);
    number = number_;
  }
  LookAtSimulation(edge_, sandbox_, number,
                   [self = shared_from_this()](absl::StatusOr<v1::Simulation> simulation) {
                     self->OnLooked(std::move(simulation));
                   });
}

void SimulationReactor::OnLooked(absl::StatusOr<v1::Simulation> simulation) {
  {
    sync::MutexLock lock(&mutex_);
    looking_ = false;
    // The reading threads are busy: what is not read now is read next time.
    if (absl::IsResourceExhausted(simulation.status())) news_ = true;
  }
  if (simulation.ok()) {
    const bool last = simulation->state() != v1::Simulation::RUNNING;
    v1::RunSimulationResponse response;
    *response.mutable_simulation() = *std::move(simulation);
    Send(std::move(response), last);
  } else if (!absl::IsResourceExhausted(simulation.status())) {
    return FinishOnce(simulation.status());
  }
  Pump();
}

void SimulationReactor::Send(v1::RunSimulationResponse response, bool last) {
  {
    sync::MutexLock lock(&mutex_);
    if (finished_ || ended_) return;
    ended_ = last;
    if (write_started_) {
      next_ = std::move(response);
      return;
    }
    write_started_ = absl::Now();
    response_ = std::move(response);
  }
  StartWrite(&response_);
}

void SimulationReactor::OnWriteDone(bool ok) {
  bool more, ended;
  {
    sync::MutexLock lock(&mutex_);
    write_started_.reset();
    more = ok && next_ && !finished_;
    ended = ended_ && !more;
    if (more) {
      write_started_ = absl::Now();
      response_ = *std::exchange(next_, std::nullopt);
    }
  }
  if (more) {
    StartWrite(&response_);
  } else if (!ok) {
    FinishOnce(absl::CancelledError("the client is gone"));
  } else if (ended) {
    FinishOnce(absl::OkStatus());
  }
}

void SimulationReactor::OnCancel() {
  bool writing;
  {
    sync::MutexLock lock(&mutex_);
    gone_ = true;
    writing = write_started_.has_value();
  }
  Abandon();
  if (!writing) FinishOnce(absl::CancelledError("the client is gone"));  // else OnWriteDone does
}

void SimulationReactor::Abandon() {
  engine::Call call;
  {
    sync::MutexLock lock(&mutex_);
    if (!owner_ || ended_ || cut_off_ || number_ == 0) return;
    call.command = domain::CancelSimulation{number_, "its client is gone"};
  }
  call.sandbox = sandbox_;
  call.done = [](const absl::StatusOr<std::string>&) {};  // it may have ended by itself
  edge_.engine.Submit(std::move(call));
}

void SimulationReactor::FinishOnce(const absl::Status& status) {
  {
    sync::MutexLock lock(&mutex_);
    if (std::exchange(finished_, true)) return;
  }
  Finish(ToGrpc(status));
}

void SimulationReactor::CutOffIfStalled() {
  sync::MutexLock lock(&mutex_);
  if (!self_ || !write_started_ || absl::Now() - *write_started_ <= kStallLimit) return;
  cut_off_ = true;
  context_->TryCancel();
}

void SimulationReactor::OnDone() {
  std::shared_ptr<SimulationReactor> self;
  sync::MutexLock lock(&mutex_);
  alarm_.reset();
  self.swap(self_);
  // `lock` goes before `self`, so the mutex outlives the unlocking.
}

}  // namespace tracktrove::api
