// Pages of a list: how much goes into one, and the tokens that say where the
// next one goes on.
#ifndef TRACKTROVE_API_PAGE_H_
#define TRACKTROVE_API_PAGE_H_

#include <google/protobuf/message.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "domain/settlement_batch.h"

namespace tracktrove::api {

// A client takes a message of 4 MiB, unless it was made to take more.
inline constexpr size_t kMaxPageBytes = 3 << 20;

// Takes rows into a page: `size` at most, and no more than fit; the first always
// does. Answers the last one in it when others follow, else null.
template <typename Row, typename Convert, typename Item>
const Row* FillPage(const std::vector<Row>& rows, int size, Convert convert,
                    google::protobuf::RepeatedPtrField<Item>* items) {
  size_t bytes = 0;
  const auto last = [&] { return &rows[items->size() - 1]; };
  for (const Row& row : rows) {
    if (items->size() == size) return last();
    Item item = convert(row);
    bytes += item.ByteSizeLong();
    if (bytes > kMaxPageBytes && !items->empty()) return last();
    items->Add(std::move(item));
  }
  return nullptr;
}

namespace internal {

// The parts of a place: what is counted from one, what is counted from zero, a
// name, a batch's id. Reading one answers false for what none can be.
std::string PartToText(int64_t part);
std::string PartToText(int part);
std::string PartToText(const std::string& part);
std::string PartToText(const domain::BatchId& part);
bool ReadPart(const std::string& text, int64_t& part);
bool ReadPart(const std::string& text, int& part);
bool ReadPart(const std::string& text, std::string& part);
bool ReadPart(const std::string& text, domain::BatchId& part);

std::string JoinToken(const google::protobuf::Message& request, const std::vector<std::string>& parts);
// What it was joined of, without the request; empty when it was not.
std::vector<std::string> SplitToken(const std::string& token);
absl::Status PageTokenInvalid();

}  // namespace internal

// A token for what comes after this place. It is bound to the request's list and
// filters.
template <typename... Parts>
std::string MakePageToken(const google::protobuf::Message& request, const Parts&... parts) {
  return internal::JoinToken(request, {internal::PartToText(parts)...});
}

// Reads the place from the request's token; a request for a first page leaves it
// as it is. INVALID_ARGUMENT (PAGE_TOKEN_INVALID) for a token that is not exactly
// the one that would be made for such a request and that place.
template <typename Request, typename... Parts>
absl::Status ReadPageToken(const Request& request, Parts&... parts) {
  const std::string& token = request.page_token();
  if (token.empty()) return absl::OkStatus();
  const std::vector<std::string> texts = internal::SplitToken(token);
  size_t next = 0;
  const bool read = texts.size() == sizeof...(parts) && (internal::ReadPart(texts[next++], parts) && ...);
  if (!read || MakePageToken(request, parts...) != token) return internal::PageTokenInvalid();
  return absl::OkStatus();
}

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_PAGE_H_
