// Messages of WatchTransactions, encoded once for all who get the same. Streams
// that keep up with a sandbox all do, and of many the encoding would cost more
// than the commit that they are told of.
#ifndef TRACKTROVE_API_ENCODED_CHANGES_H_
#define TRACKTROVE_API_ENCODED_CHANGES_H_

#include <grpcpp/support/byte_buffer.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "domain/vocabulary.h"
#include "events/run.h"
#include "sync/mutex.h"

namespace tracktrove::api {

// From any thread.
class EncodedChanges {
 public:
  // One WatchTransactionsResponse with all of these, at least one.
  grpc::ByteBuffer Of(absl::Span<const events::Entry> entries);

 private:
  // A record never changes, so its place says which it is.
  using Places = std::vector<std::pair<domain::WorldId, int64_t>>;
  struct Message {
    Places places;
    grpc::ByteBuffer bytes;
  };

  // Few: who is late by more than that has long been on its own.
  static constexpr size_t kKept = 32;

  sync::Mutex mutex_;
  std::array<Message, kKept> kept_ ABSL_GUARDED_BY(mutex_);
  size_t oldest_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_ENCODED_CHANGES_H_
