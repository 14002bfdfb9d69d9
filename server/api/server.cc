#include "api/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/admin_service.h"
#include "api/dispute_service.h"
#include "api/edge.h"
#include "api/fault_service.h"
#include "api/flow_service.h"
#include "api/ledger_service.h"
#include "api/sandbox_service.h"
#include "api/settlement_service.h"
#include "api/simulation_service.h"
#include "api/trace_service.h"
#include "api/transaction_service.h"

namespace tracktrove::api {
namespace {

constexpr int kMaxMessageBytes = 1 << 20;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreamsPerConnection = 4096;

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  // A second server on the port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 15 * 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 60 * 60'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 5 * 60'000);
}

}  // namespace

void EnableReflectionAndHealth() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
}

struct Server::Services {
  Services(engine::Engine& engine, events::Hub& hub, std::string auth_token)
      : edge{engine, hub, std::move(auth_token)} {}

  Edge edge;
  SandboxService sandbox{edge};
  TransactionService transaction{edge};
  TraceService trace{edge};
  LedgerService ledger{edge};
  SettlementService settlement{edge};
  DisputeService dispute{edge};
  AdminService admin{edge};
  FlowService flow{edge};
  FaultService fault{edge};
  SimulationService simulation{edge};
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

Server::Server(engine::Engine& engine, events::Hub& hub, std::string auth_token)
    : services_(std::make_unique<Services>(engine, hub, std::move(auth_token))) {}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

absl::Status Server::Start(const std::string& host, int port) {
  grpc::ServerBuilder builder;
  SetLimits(builder);
  const std::string address = absl::StrCat(host, ":", port);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &services_->port);
  builder.RegisterService(&services_->sandbox);
  builder.RegisterService(&services_->transaction);
  builder.RegisterService(&services_->trace);
  builder.RegisterService(&services_->ledger);
  builder.RegisterService(&services_->settlement);
  builder.RegisterService(&services_->dispute);
  builder.RegisterService(&services_->admin);
  builder.RegisterService(&services_->flow);
  builder.RegisterService(&services_->fault);
  builder.RegisterService(&services_->simulation);
  services_->server = builder.BuildAndStart();
  if (!services_->server || services_->port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, "; is the port in use?"));
  }
  if (auto* health = services_->server->GetHealthCheckService()) health->SetServingStatus(true);
  return absl::OkStatus();
}

int Server::port() const { return services_->port; }

void Server::Withdraw() {
  if (!services_->server) return;
  if (auto* health = services_->server->GetHealthCheckService()) health->SetServingStatus(false);
}

void Server::Shutdown(absl::Duration grace) {
  if (!services_->server) return;
  services_->server->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
  services_->server->Wait();
  services_->server.reset();
}

}  // namespace tracktrove::api
