// What every handler goes through: who may call, how long a call may take, and
// how it is handed to the engine. Handlers run on gRPC's few callback threads,
// so nothing here waits.
#ifndef TRACKTROVE_API_EDGE_H_
#define TRACKTROVE_API_EDGE_H_

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/status.h"
#include "domain/errors.h"
#include "engine/engine.h"
#include "events/hub.h"

namespace tracktrove::api {

// Of a call whose client sets none.
inline constexpr absl::Duration kDefaultDeadline = absl::Seconds(30);

struct Edge {
  engine::Engine& engine;
  events::Hub& hub;
  std::string auth_token;  // empty: nobody is asked for one

  // UNAUTHENTICATED unless the call carries `authorization: Bearer TOKEN`.
  absl::Status Authorize(const grpc::CallbackServerContext& context) const;
};

// When the client gives up, or `fallback` from now.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration fallback);

// Puts an encoded reply where gRPC takes it from; false when it is of another type.
template <typename Reply>
bool SetReply(const std::string& encoded, Reply* reply) {
  return reply->ParseFromString(encoded);
}
inline bool SetReply(const std::string& encoded, grpc::ByteBuffer* reply) {
  const grpc::Slice slice(encoded);
  *reply = grpc::ByteBuffer(&slice, 1);
  return true;
}

// Reads a request that gRPC has left encoded.
template <typename Request>
absl::Status ReadRequest(const grpc::ByteBuffer& encoded, Request* request) {
  grpc::ByteBuffer consumed = encoded;
  if (grpc::SerializationTraits<Request>::Deserialize(&consumed, request).ok()) return absl::OkStatus();
  return domain::BadField("request", "cannot be read; is it nested too deeply?");
}

// A write: submits the call, and answers with what it was answered with.
template <typename Reply>
grpc::ServerUnaryReactor* Write(const Edge& edge, grpc::CallbackServerContext* context,
                                absl::StatusOr<engine::Call> call, Reply* reply,
                                absl::Duration default_deadline = kDefaultDeadline) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = edge.Authorize(*context);
  if (status.ok()) status = call.status();
  if (!status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  call->deadline = DeadlineOf(*context, default_deadline);
  call->done = [reactor, reply](const absl::StatusOr<std::string>& answer) {
    if (answer.ok() && !SetReply(*answer, reply)) {
      reactor->Finish(ToGrpc(domain::BrokenInvariant("a stored reply is of another type")));
    } else {
      reactor->Finish(ToGrpc(answer.status()));
    }
  };
  edge.engine.Submit(*std::move(call));
  return reactor;
}

// A read: runs `work(reader)`, which fills the reply and answers a status, on a
// reading thread. `shape` is what the check of the request said.
template <typename Work>
grpc::ServerUnaryReactor* Read(const Edge& edge, grpc::CallbackServerContext* context, absl::Status shape,
                               Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = edge.Authorize(*context);
  if (status.ok()) status = std::move(shape);
  if (status.ok()) {
    status = edge.engine.Read([context, reactor, work = std::move(work)](store::Reader& reader) {
      const bool gone = context->IsCancelled();
      reactor->Finish(ToGrpc(gone ? absl::CancelledError("the client is gone") : work(reader)));
    });
  }
  if (!status.ok()) reactor->Finish(ToGrpc(status));
  return reactor;
}

// The sandbox as stored, or NOT_FOUND.
absl::StatusOr<store::SandboxSnapshot> FindSandbox(store::Reader& reader, const std::string& name);

// ABORTED (SANDBOX_RESET) when it has been reset since it was read: what was read
// of it after that may lack what was purged.
absl::Status StillThere(store::Reader& reader, const domain::Sandbox& sandbox);

// A built-in flow or one of the world's own, or NOT_FOUND.
absl::StatusOr<domain::Flow> ReadFlow(store::Reader& reader, domain::WorldId world, const std::string& id);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_EDGE_H_
