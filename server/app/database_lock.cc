#include "app/database_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace tracktrove::app {

absl::StatusOr<DatabaseLock> DatabaseLock::Take(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  const std::string lock = (error ? path : real.string()) + ".lock";
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return absl::InvalidArgumentError(absl::StrCat("the database ", path, ": cannot write to ", lock));
  DatabaseLock taken(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0)
    return absl::FailedPreconditionError(absl::StrCat("the database ", path, " is in use by another server"));
  return taken;
}

DatabaseLock::~DatabaseLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace tracktrove::app
