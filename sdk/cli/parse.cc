#include "sdk/cli/parse.h"

#include <cstdint>
#include <fstream>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"

namespace tracktrove::cli {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

std::optional<absl::Duration> DurationOf(absl::string_view text) {
  int64_t days;
  if (absl::EndsWith(text, "d") && absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    return absl::Hours(24) * days;
  }
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  return duration;
}

}  // namespace

std::string EnumName(const google::protobuf::EnumDescriptor* type, int value) {
  const google::protobuf::EnumValueDescriptor* found = type->FindValueByNumber(value);
  if (found == nullptr) return absl::StrCat(value);
  return absl::StrReplaceAll(absl::AsciiStrToLower(found->name()), {{"_", "-"}});
}

std::vector<std::string> EnumNames(const google::protobuf::EnumDescriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) names.push_back(EnumName(type, type->value(i)->number()));
  }
  return names;
}

absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor* type, absl::string_view name) {
  const std::string upper = absl::StrReplaceAll(absl::AsciiStrToUpper(name), {{"-", "_"}});
  const google::protobuf::EnumValueDescriptor* found = type->FindValueByName(upper);
  if (found == nullptr || found->number() == 0) return Invalid("`", name, "`: no such ", type->name());
  return found->number();
}

absl::StatusOr<google::protobuf::Duration> ParseDuration(absl::string_view text) {
  const std::optional<absl::Duration> duration = DurationOf(text);
  if (!duration || *duration < absl::ZeroDuration() || *duration == absl::InfiniteDuration()) {
    return Invalid("duration `", text, "`: write it like 90s, 1h30m, 500ms or 7d");
  }
  google::protobuf::Duration result;
  absl::Duration rest;
  result.set_seconds(absl::IDivDuration(*duration, absl::Seconds(1), &rest));
  result.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return result;
}

absl::StatusOr<google::protobuf::Timestamp> ParseTime(absl::string_view text) {
  absl::Time time;
  std::string problem;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &problem) &&
      !absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", text, &time, &problem)) {
    return Invalid("time `", text, "`: write it like 2026-01-05T18:00:00+05:30");
  }
  google::protobuf::Timestamp result;
  result.set_seconds(absl::ToUnixSeconds(time));
  result.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(result.seconds()))));
  return result;
}

absl::StatusOr<std::map<std::string, std::string>> ParseLabels(const std::vector<std::string>& labels) {
  std::map<std::string, std::string> result;
  for (const std::string& label : labels) {
    const size_t colon = label.find(':');
    if (colon == 0 || colon == std::string::npos)
      return Invalid("label `", label, "`: write it like key:value");
    if (!result.emplace(label.substr(0, colon), label.substr(colon + 1)).second) {
      return Invalid("label `", label, "`: the key was given before");
    }
  }
  return result;
}

absl::StatusOr<google::protobuf::Struct> ParseDocument(const std::string& text) {
  absl::StatusOr<std::string> json = text;
  if (absl::StartsWith(text, "@")) json = ReadFile(text.substr(1));
  if (!json.ok()) return json.status();
  google::protobuf::Struct document;
  const auto status = google::protobuf::util::JsonStringToMessage(*json, &document);
  if (!status.ok()) return Invalid("not a JSON object: ", std::string(status.message()));
  return document;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kMaxFileBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad() || (!file.eof() && file.fail()) || !file.is_open()) return Invalid(path, ": cannot be read");
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kMaxFileBytes) return Invalid(path, ": larger than 1 MiB");
  return content;
}

}  // namespace tracktrove::cli
