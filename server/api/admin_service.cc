#include "api/admin_service.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/check.h"
#include "api/commands.h"
#include "api/fault_commands.h"
#include "domain/chain_walk.h"
#include "domain/decide_sandbox.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

constexpr int kDefaultVerify = 10'000;
constexpr int kMaxVerify = 100'000;
constexpr int kReadAtOnce = 1000;

// The hash that the record after `after` was chained to.
absl::StatusOr<std::string> HashAt(store::Reader& reader, const domain::Sandbox& sandbox, int64_t after) {
  const int64_t beginning = sandbox.oldest_sequence - 1;
  const auto out_of_range = domain::CursorOutOfRange(after, sandbox.oldest_sequence, sandbox.head_sequence);
  if (after < beginning) return out_of_range;
  const int64_t before = std::max(after - 1, beginning);
  auto record =
      reader.ReadRecords(sandbox.world, {.transaction_id = {}, .after_sequence = before, .limit = 1});
  if (!record.ok()) return record.status();
  if (record->empty()) return out_of_range;
  return after == beginning ? domain::HashBefore(record->front().record) : record->front().record.hash;
}

void Report(const domain::ChainWalk& walk, const std::string& problem, v1::VerifyTrailResponse* reply) {
  reply->set_ok(false);
  reply->set_bad_sequence(walk.sequence());
  reply->set_problem(problem);
}

// `left` records at most, of the sandbox as it was read.
absl::Status Walk(store::Reader& reader, const domain::Sandbox& sandbox, int left,
                  const v1::VerifyTrailRequest& request, v1::VerifyTrailResponse* reply) {
  const int64_t start =
      request.after_sequence() == 0 ? sandbox.oldest_sequence - 1 : request.after_sequence();
  TT_ASSIGN_OR_RETURN(std::string hash, HashAt(reader, sandbox, start));
  domain::ChainWalk walk(start, std::move(hash));
  reply->set_ok(true);
  reply->set_last_sequence(start);

  // Up to the head as it was read: what comes meanwhile is for the next call.
  const int64_t head = sandbox.head_sequence;
  const int64_t end = request.until_sequence() == 0 ? head : std::min(head, request.until_sequence());
  while (reply->ok() && left > 0 && walk.sequence() < end) {
    const int64_t missing = end - walk.sequence();
    const int limit = static_cast<int>(std::min<int64_t>({left, kReadAtOnce, missing}));
    auto records = reader.ReadRecords(
        sandbox.world, {.transaction_id = {}, .after_sequence = walk.sequence(), .limit = limit});
    if (!records.ok()) return records.status();
    if (records->empty()) {
      reply->set_ok(false);
      reply->set_bad_sequence(walk.sequence() + 1);
      reply->set_problem(absl::StrCat("the log ends here, but its head is ", sandbox.head_sequence));
    }
    for (const domain::LogEntry& entry : *records) {
      if (const std::string problem = walk.Step(entry.record); !problem.empty()) {
        Report(walk, problem, reply);
        break;
      }
      reply->set_checked_records(reply->checked_records() + 1);
      reply->set_last_sequence(walk.sequence());
    }
    left -= limit;
  }
  if (reply->ok() && walk.sequence() >= end) {
    reply->set_complete(true);
    if (walk.sequence() == head && walk.hash() != sandbox.head_hash)
      Report(walk, "it is the last record, but not the stored head", reply);
  }
  return absl::OkStatus();
}

absl::Status Verify(store::Reader& reader, const v1::VerifyTrailRequest& request,
                    v1::VerifyTrailResponse* reply) {
  TT_ASSIGN_OR_RETURN(const std::string name, CheckSandbox(request.sandbox()));
  TT_ASSIGN_OR_RETURN(const int most, CheckPageSize(request.page_size(), kDefaultVerify, kMaxVerify));
  TT_RETURN_IF_ERROR(CheckRange(request.after_sequence(), "after_sequence", 0, INT64_MAX));
  if (request.until_sequence() != 0) {
    TT_RETURN_IF_ERROR(
        CheckRange(request.until_sequence(), "until_sequence", request.after_sequence(), INT64_MAX));
  }
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot snapshot, FindSandbox(reader, name));
  const absl::Status walked = Walk(reader, snapshot.sandbox, most, request, reply);
  TT_RETURN_IF_ERROR(StillThere(reader, snapshot.sandbox));  // else what it missed says nothing
  return walked;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::OverrideState(grpc::CallbackServerContext* context,
                                                      const v1::OverrideStateRequest* request,
                                                      v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

grpc::ServerUnaryReactor* AdminService::VerifyTrail(grpc::CallbackServerContext* context,
                                                    const v1::VerifyTrailRequest* request,
                                                    v1::VerifyTrailResponse* reply) {
  return Read(edge_, context, absl::OkStatus(),
              [request, reply](store::Reader& reader) { return Verify(reader, *request, reply); });
}

grpc::ServerUnaryReactor* AdminService::ForceRetry(grpc::CallbackServerContext* context,
                                                   const v1::ForceRetryRequest* request,
                                                   v1::Transaction* reply) {
  return Write(edge_, context, ToCall(*request), reply);
}

}  // namespace tracktrove::api
