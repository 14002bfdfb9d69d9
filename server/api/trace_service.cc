#include "api/trace_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/check.h"
#include "api/commands.h"
#include "api/convert.h"
#include "api/fault_convert.h"
#include "api/log_reactor.h"
#include "api/page.h"
#include "domain/explain.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kDefaultTracePage = 100;
constexpr size_t kMaxExplained = 10'000;

v1::TraceRecord ToRecord(const domain::LogEntry& entry, bool with_diff) {
  v1::TraceRecord record = ToProto(entry.record);
  if (with_diff) AddDiff(entry, record);
  return record;
}

absl::Status Get(store::Reader& reader, const v1::GetTraceRequest& request, v1::GetTraceResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const std::string id, CheckTransactionId(request.transaction()));
  TT_ASSIGN_OR_RETURN(const int size, CheckPageSize(request.page_size(), kDefaultTracePage));
  int64_t after = 0;
  TT_RETURN_IF_ERROR(ReadPageToken(request, after));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const bool with_diff = request.include_diff();
  TT_ASSIGN_OR_RETURN(const auto rows,
                      reader.ReadRecords(snapshot.sandbox.world, {.transaction_id = id,
                                                                  .after_sequence = after,
                                                                  .limit = size + 1,
                                                                  .with_previous_dto = with_diff}));
  if (rows.empty() && request.page_token().empty()) return domain::TransactionNotFound(id);
  const auto convert = [with_diff](const domain::LogEntry& entry) { return ToRecord(entry, with_diff); };
  if (const auto* last = FillPage(rows, size, convert, reply->mutable_records()))
    reply->set_next_page_token(MakePageToken(request, last->record.sequence));
  return absl::OkStatus();
}

// All records, the oldest first, up to a bound.
absl::StatusOr<std::vector<domain::Record>> ReadAll(store::Reader& reader, domain::WorldId world,
                                                    const std::string& id) {
  std::vector<domain::Record> records;
  while (records.size() < kMaxExplained) {
    const int64_t after = records.empty() ? 0 : records.back().sequence;
    auto page = reader.ReadRecords(world, {.transaction_id = id, .after_sequence = after, .limit = kMaxPage});
    if (!page.ok()) return page.status();
    for (domain::LogEntry& entry : *page) records.push_back(std::move(entry.record));
    if (page->size() < kMaxPage) break;
  }
  return records;
}

absl::Status Explain(store::Reader& reader, const v1::ExplainTransactionRequest& request,
                     v1::ExplainTransactionResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const std::string id, CheckTransactionId(request.transaction()));
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const domain::WorldId world = snapshot.sandbox.world;
  TT_ASSIGN_OR_RETURN(const auto transaction, reader.GetTransaction(world, id));
  if (!transaction) return domain::TransactionNotFound(id);
  TT_ASSIGN_OR_RETURN(const domain::Flow flow, ReadFlow(reader, world, transaction->flow));
  TT_ASSIGN_OR_RETURN(const std::vector<domain::Record> records, ReadAll(reader, world, id));
  *reply = ToProto(domain::Explain(snapshot.sandbox.seed, flow, *transaction, records));
  reply->set_complete(records.size() >= static_cast<size_t>(transaction->record_count));
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

grpc::ServerUnaryReactor* TraceService::ExplainTransaction(grpc::CallbackServerContext* context,
                                                           const v1::ExplainTransactionRequest* request,
                                                           v1::ExplainTransactionResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Explain(reader, *request, reply); });
}

}  // namespace tracktrove::api
