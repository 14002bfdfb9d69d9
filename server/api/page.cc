#include "api/page.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/fingerprint.h"
#include "domain/errors.h"

namespace tracktrove::api::internal {
namespace {

constexpr char kSeparator[] = "\n";  // no part contains one: they are numbers and names
constexpr size_t kMaxName = 255;

std::string Binding(const google::protobuf::Message& request) {
  return Fingerprint(request, {"page_size", "page_token"}).substr(0, 16);
}

}  // namespace

std::string PartToText(int64_t part) { return absl::StrCat(part); }
std::string PartToText(int part) { return absl::StrCat(part); }
std::string PartToText(const std::string& part) { return part; }
std::string PartToText(const domain::BatchId& part) { return part.ToString(); }

bool ReadPart(const std::string& text, int64_t& part) { return absl::SimpleAtoi(text, &part) && part >= 1; }

bool ReadPart(const std::string& text, int& part) { return absl::SimpleAtoi(text, &part) && part >= 0; }

bool ReadPart(const std::string& text, std::string& part) {
  const auto is_printable = [](char c) { return c > 0x20 && c < 0x7f; };
  part = text;
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), is_printable);
}

bool ReadPart(const std::string& text, domain::BatchId& part) {
  const std::optional<domain::BatchId> batch = domain::ParseBatchId(text);
  if (batch) part = *batch;
  return batch.has_value();
}

std::string JoinToken(const google::protobuf::Message& request, const std::vector<std::string>& parts) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(Binding(request), kSeparator, absl::StrJoin(parts, kSeparator)));
}

std::vector<std::string> SplitToken(const std::string& token) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return {};
  std::vector<std::string> parts = absl::StrSplit(text, kSeparator);
  parts.erase(parts.begin());
  return parts;
}

absl::Status PageTokenInvalid() {
  return domain::WithDetails(
      absl::StatusCode::kInvalidArgument,
      "page_token must be one that this call returned for the same filters",
      {.reason = "PAGE_TOKEN_INVALID", .metadata = {}, .field = "page_token", .retry_after = {}});
}

}  // namespace tracktrove::api::internal
