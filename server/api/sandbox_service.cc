#include "api/sandbox_service.h"

#include <utility>

#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/page.h"
#include "domain/statistics.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

v1::Sandbox SnapshotToProto(const store::SandboxSnapshot& snapshot) {
  return ToProto(snapshot.sandbox, snapshot.sandbox.clock.Now(snapshot.wall));
}

absl::Status List(store::Reader& reader, const v1::ListSandboxesRequest& request,
                  v1::ListSandboxesResponse* reply) {
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size()));
  std::string after;
  TT_RETURN_IF_ERROR(ReadPageToken(request, after));
  TT_ASSIGN_OR_RETURN(const auto rows, reader.ListSandboxes(after, size + 1));
  const auto convert = [](const store::SandboxSnapshot& snapshot) { return SnapshotToProto(snapshot); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_sandboxes()))
    reply->set_next_page_token(MakePageToken(request, last->sandbox.name));
  return absl::OkStatus();
}

absl::Status CountStatistics(store::Reader& reader, const v1::GetStatisticsRequest& request,
                             v1::GetStatisticsResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  absl::Duration window = absl::Hours(24);
  if (request.has_window()) {
    TT_ASSIGN_OR_RETURN(window, CheckDuration(request.window(), "window", domain::kStatisticsBucket,
                                              domain::kStatisticsKept));
  }
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const absl::Time now = snapshot.sandbox.clock.Now(snapshot.wall);
  const absl::Time from = domain::BucketOf(now - window);
  TT_ASSIGN_OR_RETURN(const auto counts, reader.CountStatistics(snapshot.sandbox.world, from));
  *reply = ToProto(counts, from, now);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SandboxService::CreateSandbox(grpc::CallbackServerContext* context,
                                                        const v1::CreateSandboxRequest* request,
                                                        v1::Sandbox* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* SandboxService::GetSandbox(grpc::CallbackServerContext* context,
                                                     const v1::GetSandboxRequest* request,
                                                     v1::Sandbox* reply) {
  const auto name = CheckSandbox(request->sandbox());
  return Read(edge_, context, name.status(), [name, reply](store::Reader& reader) -> absl::Status {
    TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, *name));
    *reply = SnapshotToProto(snapshot);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SandboxService::ListSandboxes(grpc::CallbackServerContext* context,
                                                        const v1::ListSandboxesRequest* request,
                                                        v1::ListSandboxesResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return List(reader, *request, reply); });
}

grpc::ServerUnaryReactor* SandboxService::UpdateSandbox(grpc::CallbackServerContext* context,
                                                        const v1::UpdateSandboxRequest* request,
                                                        v1::Sandbox* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* SandboxService::DeleteSandbox(grpc::CallbackServerContext* context,
                                                        const v1::DeleteSandboxRequest* request,
                                                        v1::DeleteSandboxResponse* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* SandboxService::ResetSandbox(grpc::CallbackServerContext* context,
                                                       const v1::ResetSandboxRequest* request,
                                                       v1::Sandbox* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

// A clock move may take its time: it waits as long as its client does.
grpc::ServerUnaryReactor* SandboxService::AdvanceClock(grpc::CallbackServerContext* context,
                                                       const v1::AdvanceClockRequest* request,
                                                       v1::AdvanceClockResponse* reply) {
  return Write(edge_, context, ToCall(*request), reply, absl::InfiniteDuration());
}

grpc::ServerUnaryReactor* SandboxService::GetStatistics(grpc::CallbackServerContext* context,
                                                        const v1::GetStatisticsRequest* request,
                                                        v1::GetStatisticsResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return CountStatistics(reader, *request, reply); });
}

}  // namespace tracktrove::api
