// A gRPC server in this process whose answers the test scripts.
#ifndef TRACKTROVE_TESTS_SDK_FAKE_SERVER_H_
#define TRACKTROVE_TESTS_SDK_FAKE_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "tracktrove/v1/sandbox.grpc.pb.h"
#include "tracktrove/v1/simulation.grpc.pb.h"
#include "tracktrove/v1/trace.grpc.pb.h"
#include "tracktrove/v1/transaction.grpc.pb.h"

namespace tracktrove {

inline const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "down");

class FakeServer {
 public:
  using TraceWriter = grpc::ServerWriter<v1::StreamTraceResponse>;
  using WatchWriter = grpc::ServerWriter<v1::WatchTransactionsResponse>;
  using RunWriter = grpc::ServerWriter<v1::RunSimulationResponse>;

  // Set them before Start; calls come from many threads.
  std::function<grpc::Status(grpc::ServerContext&, const v1::InitiateTransactionRequest&, v1::Transaction&)>
      initiate;
  std::function<grpc::Status(const v1::DeleteSandboxRequest&)> delete_sandbox;
  std::function<grpc::Status(const v1::StreamTraceRequest&, TraceWriter&)> stream_trace;
  std::function<grpc::Status(const v1::WatchTransactionsRequest&, WatchWriter&)> watch_transactions;
  std::function<grpc::Status(const v1::RunSimulationRequest&, RunWriter&)> run_simulation;

  // Again after Stop: on the same port.
  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(endpoint(), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&transactions_);
    builder.RegisterService(&sandboxes_);
    builder.RegisterService(&traces_);
    builder.RegisterService(&simulations_);
    server_ = builder.BuildAndStart();
  }

  // Calls that are under way are cut off.
  void Stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  std::string endpoint() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  struct Transactions final : v1::TransactionService::Service {
    explicit Transactions(FakeServer& owner) : fake(owner) {}
    grpc::Status InitiateTransaction(grpc::ServerContext* context,
                                     const v1::InitiateTransactionRequest* request,
                                     v1::Transaction* response) override {
      return fake.initiate(*context, *request, *response);
    }
    grpc::Status WatchTransactions(grpc::ServerContext*, const v1::WatchTransactionsRequest* request,
                                   WatchWriter* writer) override {
      return fake.watch_transactions(*request, *writer);
    }
    FakeServer& fake;
  };
  struct Sandboxes final : v1::SandboxService::Service {
    explicit Sandboxes(FakeServer& owner) : fake(owner) {}
    grpc::Status DeleteSandbox(grpc::ServerContext*, const v1::DeleteSandboxRequest* request,
                               v1::DeleteSandboxResponse*) override {
      return fake.delete_sandbox(*request);
    }
    FakeServer& fake;
  };
  struct Traces final : v1::TraceService::Service {
    explicit Traces(FakeServer& owner) : fake(owner) {}
    grpc::Status StreamTrace(grpc::ServerContext*, const v1::StreamTraceRequest* request,
                             TraceWriter* writer) override {
      return fake.stream_trace(*request, *writer);
    }
    FakeServer& fake;
  };

  struct Simulations final : v1::SimulationService::Service {
    explicit Simulations(FakeServer& owner) : fake(owner) {}
    grpc::Status RunSimulation(grpc::ServerContext*, const v1::RunSimulationRequest* request,
                               RunWriter* writer) override {
      return fake.run_simulation(*request, *writer);
    }
    FakeServer& fake;
  };

  int port_ = 0;
  Transactions transactions_{*this};
  Sandboxes sandboxes_{*this};
  Traces traces_{*this};
  Simulations simulations_{*this};
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tracktrove

#endif  // TRACKTROVE_TESTS_SDK_FAKE_SERVER_H_
