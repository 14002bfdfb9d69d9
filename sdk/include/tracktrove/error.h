// What a status from TrackTrove says beside its code and message. Test the
// reason, never the message.
#ifndef TRACKTROVE_ERROR_H_
#define TRACKTROVE_ERROR_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tracktrove {

struct ErrorInfo {
  // UPPER_SNAKE, for example `REQUEST_ID_REUSED`; the protos name them by rpc.
  std::string reason;
  // `tracktrove` for errors of the server itself.
  std::string domain;
  // What the reason is about, for example `oldest_sequence`.
  std::map<std::string, std::string> metadata;
};

// What is wrong with one field of a request.
struct FieldViolation {
  std::string field;
  std::string description;
};

// Nothing when the status did not come from a server, for example because none
// could be reached.
std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status);

// Empty unless the request's shape was refused.
std::vector<FieldViolation> GetFieldViolations(const absl::Status& status);

// How long the server asks to wait before the next attempt.
std::optional<absl::Duration> GetRetryDelay(const absl::Status& status);

}  // namespace tracktrove

#endif  // TRACKTROVE_ERROR_H_
