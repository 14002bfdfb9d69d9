// Builds the parts and wires them: the whole server as one object that can be
// embedded. It touches nothing process-wide (signals, logging, gRPC plugins):
// that is for main.
#ifndef TRACKTROVE_APP_APP_H_
#define TRACKTROVE_APP_APP_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config/options.h"
#include "engine/lane.h"
#include "store/store.h"

namespace tracktrove::app {

// What an embedder may put in place of the ordinary.
struct Extras {
  std::string sqlite_synchronous = "FULL";  // OFF: for tests that need no durability
  engine::Barrier barrier;                  // see engine/lane.h
  // Answers the store to use in place of the one that was opened; may be empty.
  std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)> wrap_store = nullptr;
};

class App {
 public:
  // A running server, or why there is none. `options` must be complete.
  static absl::StatusOr<std::unique_ptr<App>> Start(const config::Options& options,
                                                    const Extras& extras = {});

  // As Stop.
  ~App();

  // The gRPC port, also when a free one was asked for.
  int port() const;

  // Ends in order: health says NOT_SERVING, streams end with a resume sequence,
  // what is queued is finished, then everything else ends. Idempotent.
  void Stop();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tracktrove::app

#endif  // TRACKTROVE_APP_APP_H_
