// The gRPC server: all services on one port, with reflection and health.
#ifndef TRACKTROVE_API_SERVER_H_
#define TRACKTROVE_API_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "events/hub.h"

namespace tracktrove::api {

// Switches server reflection and grpc.health.v1 on for every server of this
// process: gRPC knows no other way. Call it once, before any Server.
void EnableReflectionAndHealth();

class Server {
 public:
  // Both must outlive it.
  Server(engine::Engine& engine, events::Hub& hub, std::string auth_token);
  ~Server();

  // Listens; port 0 picks a free one. UNAVAILABLE when the address cannot be had.
  absl::Status Start(const std::string& host, int port);
  int port() const;

  // Health says NOT_SERVING from now on.
  void Withdraw();

  // Ends all calls, by force after `grace`.
  void Shutdown(absl::Duration grace);

 private:
  struct Services;
  std::unique_ptr<Services> services_;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_SERVER_H_
