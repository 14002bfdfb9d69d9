// Where a store comes from.
#ifndef TRACKTROVE_STORE_OPEN_STORE_H_
#define TRACKTROVE_STORE_OPEN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/store.h"

namespace tracktrove::store {

struct StoreOptions {
  // `sqlite:PATH`, a file whose folder exists; it is made when it is missing.
  std::string url;

  // SQLite's setting of that name. FULL survives a power cut at any time; OFF,
  // for tests, survives only a crash of the process.
  std::string synchronous = "FULL";

  // How long a statement waits for another process that writes to the file.
  absl::Duration busy_timeout = absl::Seconds(5);
};

// INVALID_ARGUMENT for options that name no database, UNAVAILABLE when the
// database cannot be opened. The schema is Migrate's business.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_OPEN_STORE_H_
