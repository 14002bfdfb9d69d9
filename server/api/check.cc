#include "api/check.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/sandbox.h"
#include "domain/status_macros.h"

namespace tracktrove::api {
namespace {

using domain::BadField;
using domain::Json;

constexpr int kMaxId = 63;
constexpr int kMaxParty = 128;
constexpr int kMaxLabels = 50;
constexpr int kMaxLabelKey = 63;

// Every character is a letter, a digit, or one of `others`.
bool OnlyOf(const std::string& text, absl::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || others.find(c) != absl::string_view::npos;
  });
}

absl::StatusOr<Json> ToJson(const google::protobuf::Value& value, absl::string_view field, int depth);

absl::StatusOr<Json> ToJson(const google::protobuf::Struct& object, absl::string_view field, int depth) {
  if (depth > domain::kMaxDocumentLevels)
    return BadField(field,
                    absl::StrCat("must not be more than ", domain::kMaxDocumentLevels, " levels deep"));
  Json json = Json::object();
  for (const auto& [key, value] : object.fields()) {
    if (key.find('\0') != std::string::npos) return BadField(field, "must not contain U+0000");
    TT_ASSIGN_OR_RETURN(json[key], ToJson(value, field, depth));
  }
  return json;
}

absl::StatusOr<Json> ToJson(const google::protobuf::ListValue& list, absl::string_view field, int depth) {
  if (depth > domain::kMaxDocumentLevels)
    return BadField(field,
                    absl::StrCat("must not be more than ", domain::kMaxDocumentLevels, " levels deep"));
  Json json = Json::array();
  for (const auto& value : list.values()) {
    TT_ASSIGN_OR_RETURN(Json item, ToJson(value, field, depth));
    json.push_back(std::move(item));
  }
  return json;
}

absl::StatusOr<Json> ToJson(const google::protobuf::Value& value, absl::string_view field, int depth) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNullValue:
    case google::protobuf::Value::KIND_NOT_SET:
      return Json();
    case google::protobuf::Value::kBoolValue:
      return Json(value.bool_value());
    case google::protobuf::Value::kNumberValue:
      if (!std::isfinite(value.number_value())) return BadField(field, "must not contain NaN or an infinity");
      return Json(value.number_value());
    case google::protobuf::Value::kStringValue:
      if (value.string_value().find('\0') != std::string::npos)
        return BadField(field, "must not contain U+0000");
      return Json(value.string_value());
    case google::protobuf::Value::kStructValue:
      return ToJson(value.struct_value(), field, depth + 1);
    case google::protobuf::Value::kListValue:
      return ToJson(value.list_value(), field, depth + 1);
  }
  return Json();
}

}  // namespace

absl::StatusOr<std::string> CheckSandbox(const std::string& name, absl::string_view field) {
  if (name.empty()) return std::string(domain::kDefaultSandbox);
  TT_RETURN_IF_ERROR(CheckId(name, field));
  return name;
}

absl::Status CheckId(const std::string& id, absl::string_view field) {
  if (id.empty()) return BadField(field, "is required");
  const bool starts_well = absl::ascii_isalnum(static_cast<unsigned char>(id[0]));
  if (id.size() > kMaxId || !starts_well || !OnlyOf(id, "-_.")) {
    return BadField(field,
                    absl::StrCat("must be at most ", kMaxId,
                                 " letters, digits, '-', '_' or '.', starting with a letter or digit"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CheckUuid(const std::string& id, absl::string_view field) {
  bool sound = id.size() == 36;
  for (size_t i = 0; sound && i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    sound = dash ? id[i] == '-' : (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
  }
  if (!sound) return BadField(field, absl::StrCat("must be the id of a ", field, ", a UUID in lower case"));
  return id;
}

absl::StatusOr<std::string> CheckTransactionId(const std::string& id) { return CheckUuid(id, "transaction"); }

absl::StatusOr<domain::BatchId> CheckBatchId(const std::string& id) {
  const std::optional<domain::BatchId> batch = domain::ParseBatchId(id);
  if (!batch) return BadField("batch", "must be a batch's id, like 2026-01-02 or 2026-01-02.2");
  return *batch;
}

absl::Status CheckText(const std::string& text, absl::string_view field, int max, bool required) {
  if (required && text.empty()) return BadField(field, "is required");
  if (static_cast<int>(text.size()) > max)
    return BadField(field, absl::StrCat("must be at most ", max, " bytes"));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control))
    return BadField(field, "must not contain control characters");
  return absl::OkStatus();
}

absl::Status CheckParty(const std::string& party, absl::string_view field) {
  if (party.empty()) return BadField(field, "is required");
  if (party.size() > kMaxParty || !OnlyOf(party, "-_.@")) {
    return BadField(field,
                    absl::StrCat("must be at most ", kMaxParty, " letters, digits, '-', '_', '.' or '@'"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> CheckLabels(
    const google::protobuf::Map<std::string, std::string>& labels) {
  if (labels.size() > kMaxLabels) return BadField("labels", absl::StrCat("must be at most ", kMaxLabels));
  std::map<std::string, std::string> checked;
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMaxLabelKey || !OnlyOf(key, "-_./")) {
      return BadField("labels", absl::StrCat("must have keys of 1 to ", kMaxLabelKey,
                                             " letters, digits, '-', '_', '.' or '/'"));
    }
    TT_RETURN_IF_ERROR(CheckText(value, absl::StrCat("labels[", key, "]"), kMaxKey));
    checked[key] = value;
  }
  return checked;
}

absl::StatusOr<int64_t> CheckRate(double rate, absl::string_view field) {
  if (!(rate >= 0 && rate <= 1)) return BadField(field, "must be between 0 and 1");  // NaN too
  return std::llround(rate * static_cast<double>(domain::kPpm));
}

absl::StatusOr<absl::Duration> CheckDuration(const google::protobuf::Duration& duration,
                                             absl::string_view field, absl::Duration min,
                                             absl::Duration max) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  const bool signs_agree = (seconds >= 0 && nanos >= 0) || (seconds <= 0 && nanos <= 0);
  constexpr int32_t kMaxNanos = 999'999'999;
  const bool sound = nanos >= -kMaxNanos && nanos <= kMaxNanos && signs_agree;
  const absl::Duration value =
      absl::Trunc(absl::Seconds(seconds) + absl::Nanoseconds(nanos), absl::Microseconds(1));
  if (!sound || value < min || value > max) {
    return BadField(field,
                    absl::StrCat("must be ", absl::FormatDuration(min), " to ", absl::FormatDuration(max)));
  }
  return value;
}

absl::StatusOr<absl::Time> CheckTime(const google::protobuf::Timestamp& time, absl::string_view field) {
  constexpr int64_t kYear9000 = 221'845'392'000;  // 9000-01-01 in seconds since 1970
  if (time.seconds() < 0 || time.seconds() >= kYear9000 || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return BadField(field, "must be in the years 1970 to 8999");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / 1000);
}

absl::Status CheckRange(int64_t value, absl::string_view field, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be ", min, " to ", max, "; it is ", value));
}

absl::StatusOr<domain::Text> CheckDocument(const google::protobuf::Struct& document, absl::string_view field,
                                           int max) {
  TT_ASSIGN_OR_RETURN(const Json json, ToJson(document, field, 1));
  domain::Text text = domain::CanonicalText(json);
  if (static_cast<int>(text->size()) > max) {
    return BadField(field,
                    absl::StrCat("must be at most ", max, " bytes as canonical JSON; it is ", text->size()));
  }
  return text;
}

absl::StatusOr<int> CheckPageSize(int32_t size, int default_size, int max) {
  if (size < 0) return BadField("page_size", "must not be negative");
  return size == 0 ? default_size : std::min<int>(size, max);
}

}  // namespace tracktrove::api
