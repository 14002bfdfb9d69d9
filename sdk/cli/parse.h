// Flag values that CLI11 does not know.
#ifndef TRACKTROVE_SDK_CLI_PARSE_H_
#define TRACKTROVE_SDK_CLI_PARSE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace tracktrove::cli {

// An enum's names as flags have them: `BID_ADJUSTMENT` is `bid-adjustment`.
// Without the unspecified one.
std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor* type);
std::string EnumName(const google::protobuf::EnumDescriptor* type, int value);
absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor* type, absl::string_view name);

// `90s`, `1h30m`, `500ms`, `7d`; not negative.
absl::StatusOr<google::protobuf::Duration> ParseDuration(absl::string_view text);

// RFC 3339, `2026-01-05T18:00:00+05:30`; also as FormatTime writes it, with a
// space in place of the T.
absl::StatusOr<google::protobuf::Timestamp> ParseTime(absl::string_view text);

// Each `key:value`; the value may hold further colons. No key twice.
absl::StatusOr<std::map<std::string, std::string>> ParseLabels(const std::vector<std::string>& labels);

// A JSON object, or `@FILE` that holds one.
absl::StatusOr<google::protobuf::Struct> ParseDocument(const std::string& text);

// All of it, at most 1 MiB.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_PARSE_H_
