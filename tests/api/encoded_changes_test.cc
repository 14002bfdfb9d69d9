#include "api/encoded_changes.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::api {
namespace {

events::Entry Change(domain::WorldId world, int64_t sequence) {
  auto entry = std::make_shared<domain::LogEntry>();
  entry->world = world;
  entry->record.sequence = sequence;
  entry->payer = absl::StrCat(world, "/", sequence);
  return entry;
}

// The payers, by which the changes above are told apart.
std::vector<std::string> PayersIn(grpc::ByteBuffer bytes) {
  v1::WatchTransactionsResponse response;
  EXPECT_TRUE(grpc::SerializationTraits<v1::WatchTransactionsResponse>::Deserialize(&bytes, &response).ok());
  std::vector<std::string> payers;
  if (response.has_change()) payers.push_back(response.change().payer());
  for (const v1::TransactionChange& change : response.changes().changes()) payers.push_back(change.payer());
  return payers;
}

using Payers = std::vector<std::string>;

TEST(EncodedChanges, AreTheSameForAllAndCanBeReadByEach) {
  EncodedChanges changes;
  const std::vector<events::Entry> entries = {Change(1, 1), Change(1, 2)};
  for (int reader = 0; reader < 3; ++reader) EXPECT_EQ(PayersIn(changes.Of(entries)), (Payers{"1/1", "1/2"}));
}

TEST(EncodedChanges, OfOtherPlacesAreOthersEvenBetweenEqualEnds) {
  EncodedChanges changes;
  const std::vector<events::Entry> all = {Change(1, 1), Change(1, 2), Change(1, 4)};
  const std::vector<events::Entry> filtered = {Change(1, 1), Change(1, 3), Change(1, 4)};
  const std::vector<events::Entry> again = {Change(2, 1), Change(2, 2), Change(2, 4)};
  EXPECT_EQ(PayersIn(changes.Of(all)), (Payers{"1/1", "1/2", "1/4"}));
  EXPECT_EQ(PayersIn(changes.Of(filtered)), (Payers{"1/1", "1/3", "1/4"}));
  EXPECT_EQ(PayersIn(changes.Of(again)), (Payers{"2/1", "2/2", "2/4"}));
}

TEST(EncodedChanges, AreRightAlsoForWhoComesLate) {
  EncodedChanges changes;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t sequence = 1; sequence <= 100; ++sequence) {
      const std::vector<events::Entry> entries = {Change(1, sequence)};
      EXPECT_EQ(PayersIn(changes.Of(entries)), Payers{absl::StrCat("1/", sequence)});
    }
  }
}

}  // namespace
}  // namespace tracktrove::api
