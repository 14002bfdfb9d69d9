#include "api/encoded_changes.h"

#include <algorithm>

#include "api/convert.h"
#include "api/edge.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::api {
namespace {

v1::WatchTransactionsResponse ToResponse(absl::Span<const events::Entry> entries) {
  v1::WatchTransactionsResponse response;
  if (entries.size() == 1) {
    *response.mutable_change() = ToChange(*entries[0]);
    return response;
  }
  v1::TransactionChanges& changes = *response.mutable_changes();
  for (const events::Entry& entry : entries) *changes.add_changes() = ToChange(*entry);
  changes.set_sequence(entries.back()->record.sequence);
  return response;
}

}  // namespace

// Two that ask for the same at once may both encode it: nobody waits for that.
grpc::ByteBuffer EncodedChanges::Of(absl::Span<const events::Entry> entries) {
  Places places;
  places.reserve(entries.size());
  for (const events::Entry& entry : entries) places.emplace_back(entry->world, entry->record.sequence);
  {
    sync::MutexLock lock(&mutex_);
    const auto same = std::find_if(kept_.begin(), kept_.end(),
                                   [&](const Message& message) { return message.places == places; });
    if (same != kept_.end()) return same->bytes;
  }
  grpc::ByteBuffer bytes;
  SetReply(ToResponse(entries).SerializeAsString(), &bytes);
  sync::MutexLock lock(&mutex_);
  kept_[oldest_] = {std::move(places), bytes};
  oldest_ = (oldest_ + 1) % kKept;
  return bytes;
}

}  // namespace tracktrove::api
