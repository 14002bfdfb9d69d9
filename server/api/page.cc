#include "api/page.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/fingerprint.h"
#include "domain/errors.h"

namespace tracktrove::api {
namespace {

constexpr char kSeparator = '\n';  // no part contains one: they are numbers and names

std::string Binding(const google::protobuf::Message& request) {
  return Fingerprint(request, {"page_size", "page_token"}).substr(0, 16);
}

}  // namespace

std::string MakePageToken(const google::protobuf::Message& request,
                          const std::vector<std::string>& position) {
  return absl::WebSafeBase64Escape(Binding(request) + kSeparator +
                                   absl::StrJoin(position, std::string(1, kSeparator)));
}

absl::StatusOr<std::vector<std::string>> ReadPageToken(const google::protobuf::Message& request,
                                                       const std::string& token, size_t parts) {
  if (token.empty()) return std::vector<std::string>();
  std::string text;
  std::vector<std::string> position;
  if (absl::WebSafeBase64Unescape(token, &text)) position = absl::StrSplit(text, kSeparator);
  if (position.size() != parts + 1 || position.front() != Binding(request)) {
    return domain::WithDetails(
        absl::StatusCode::kInvalidArgument,
        "page_token must be one that this call returned for the same filters",
        {.reason = "PAGE_TOKEN_INVALID", .metadata = {}, .field = "page_token", .retry_after = {}});
  }
  position.erase(position.begin());
  return position;
}

}  // namespace tracktrove::api
