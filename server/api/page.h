// Page tokens: where the next page goes on, bound to the request they came
// from, so that a token cannot be used with other filters.
#ifndef TRACKTROVE_API_PAGE_H_
#define TRACKTROVE_API_PAGE_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tracktrove::api {

// A token that carries `position` for requests like this one.
std::string MakePageToken(const google::protobuf::Message& request, const std::vector<std::string>& position);

// The position, or empty for a first page. INVALID_ARGUMENT
// (PAGE_TOKEN_INVALID) for a token that was not made for such a request with
// `parts` parts.
absl::StatusOr<std::vector<std::string>> ReadPageToken(const google::protobuf::Message& request,
                                                       const std::string& token, size_t parts);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_PAGE_H_
