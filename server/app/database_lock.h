// An embedded database, held by this process alone for as long as it runs: two
// servers on one would each think it the only one. Whatever becomes of the
// process, the system lets go of it.
#ifndef TRACKTROVE_APP_DATABASE_LOCK_H_
#define TRACKTROVE_APP_DATABASE_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace tracktrove::app {

class DatabaseLock {
 public:
  // Takes PATH.lock; of a link, that of the file which it leads to. Errors:
  // INVALID_ARGUMENT when it cannot be written, FAILED_PRECONDITION when another
  // process has it.
  static absl::StatusOr<DatabaseLock> Take(const std::string& path);

  DatabaseLock(DatabaseLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DatabaseLock& operator=(DatabaseLock&&) = delete;
  ~DatabaseLock();

 private:
  explicit DatabaseLock(int file) : file_(file) {}
  int file_;
};

}  // namespace tracktrove::app

#endif  // TRACKTROVE_APP_DATABASE_LOCK_H_
