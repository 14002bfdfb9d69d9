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
  // `sqlite:PATH`, a file whose folder exists; it is made when it is missing. Or
  // `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, as PostgreSQL's own clients
  // read it; the database exists.
  std::string url;

  // Takes a PostgreSQL that may lose what it has confirmed: one with `fsync`,
  // `full_page_writes` or `synchronous_commit` off.
  bool allow_unsafe = false;

  // SQLite's setting of that name. FULL survives a power cut at any time; OFF,
  // for tests, survives only a crash of the process.
  std::string synchronous = "FULL";

  // How long a statement waits for another process that writes to the file.
  absl::Duration busy_timeout = absl::Seconds(5);
};

// INVALID_ARGUMENT for options that name no database, UNAVAILABLE when the
// database cannot be opened, FAILED_PRECONDITION when it does not suit. The
// schema is Migrate's business.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_OPEN_STORE_H_
