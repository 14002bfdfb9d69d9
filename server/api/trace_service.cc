#include "api/trace_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/log_reactor.h"
#include "api/page.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kDefaultTracePage = 100;

v1::TraceRecord ToRecord(const domain::LogEntry& entry, bool with_diff) {
  v1::TraceRecord record = ToProto(entry.record);
  if (with_diff) AddDiff(entry, record);
  return record;
}

absl::Status Get(store::Reader& reader, const v1::GetTraceRequest& request, v1::GetTraceResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const std::string id, CheckTransactionId(request.transaction()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size(), kDefaultTracePage));
  TT_ASSIGN_OR_RETURN(const auto position, ReadPageToken(request, request.page_token(), 1));
  int64_t after = 0;
  if (!position.empty() && !absl::SimpleAtoi(position[0], &after))
    return domain::BadField("page_token", "is damaged");

  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  auto page = reader.ReadRecords(snapshot.sandbox.world, {.transaction_id = id,
                                                          .after_sequence = after,
                                                          .limit = size + 1,
                                                          .with_previous_dto = request.include_diff()});
  if (!page.ok()) return page.status();
  if (page->empty() && position.empty()) return domain::TransactionNotFound(id);
  const bool more = static_cast<int>(page->size()) > size;
  if (more) page->pop_back();
  for (const domain::LogEntry& entry : *page) *reply->add_records() = ToRecord(entry, request.include_diff());
  if (more) reply->set_next_page_token(MakePageToken(request, {absl::StrCat(page->back().record.sequence)}));
  return absl::OkStatus();
}

absl::StatusOr<engine::LogStreamOptions> ToOptions(const v1::StreamTraceRequest& request) {
  engine::LogStreamOptions options;
  TT_ASSIGN_OR_RETURN(options.sandbox, CheckSandbox(request.sandbox()));
  if (!request.transaction().empty()) {
    TT_ASSIGN_OR_RETURN(options.transaction_id, CheckTransactionId(request.transaction()));
  }
  if (request.has_resume_after()) {
    if (request.resume_after() < 0) return domain::BadField("resume_after", "must not be negative");
    options.resume_after = request.resume_after();
  }
  if (request.stop_at_final() && !options.transaction_id) {
    return domain::BadField("stop_at_final", "needs a transaction");
  }
  options.stop_at_final = request.stop_at_final();
  options.with_previous_dto = request.include_diff();
  if (!request.types().empty()) {
    options.filter = [types = request.types()](const domain::LogEntry& entry) {
      return std::find(types.begin(), types.end(), static_cast<int>(entry.record.type)) != types.end();
    };
  }
  return options;
}

}  // namespace

grpc::ServerUnaryReactor* TraceService::GetTrace(grpc::CallbackServerContext* context,
                                                 const v1::GetTraceRequest* request,
                                                 v1::GetTraceResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Get(reader, *request, reply); });
}

grpc::ServerWriteReactor<v1::StreamTraceResponse>* TraceService::StreamTrace(
    grpc::CallbackServerContext* context, const v1::StreamTraceRequest* request) {
  const bool with_diff = request->include_diff();
  return LogReactor<v1::StreamTraceResponse>::Start(
      edge_, context, ToOptions(*request),
      [with_diff](LogReactor<v1::StreamTraceResponse>::Entries entries, v1::StreamTraceResponse& response) {
        *response.mutable_record() = ToRecord(*entries[0], with_diff);
        return size_t{1};
      });
}

grpc::ServerUnaryReactor* TraceService::RecordSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::RecordSnapshotRequest* request,
                                                       v1::TraceRecord* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

}  // namespace tracktrove::api
