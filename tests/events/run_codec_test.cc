#include "events/run_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "domain/hash.h"
#include "tests/support/test_log.h"

namespace tracktrove::events {
namespace {

using tracktrove::testing::TestLog;

constexpr domain::WorldId kLargestWorld = std::numeric_limits<domain::WorldId>::max();

domain::Text Text(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// Every field set to something of its own, and the awkward of each.
Run FullRun() {
  domain::LogEntry full;
  full.world = kLargestWorld;
  full.record = {.sequence = 8,
                 .transaction_id = "01890a5d-ac96-774b-bcce-b302099a8057",
                 .index = 3,
                 .time = absl::FromUnixMicros(1767344400000001),
                 .wall_time = absl::FromUnixMicros(-1),
                 .type = domain::RecordType::kClockAdvanced,
                 .record_class = domain::RecordClass::kObserved,
                 .service = "risk",
                 .step = "assess",
                 .attempt = 2,
                 .from_state = domain::State::kEscrow,
                 .to_state = domain::State::kFailed,
                 .dto = Text("{\"a\":\"\0 ₹\"}"),
                 .failure = domain::Failure{.code = "RISK",
                                            .message = "refused",
                                            .step = "assess",
                                            .final = true,
                                            .next_retry_time = absl::FromUnixMicros(1767344400000002),
                                            .fault_rule_id = "rule"},
                 .fault_rule_id = "rule",
                 .fault_kind = domain::FaultKind::kAddedLatency,
                 .fault_duration = absl::Milliseconds(20),
                 .actor = "client",
                 .duration = absl::Microseconds(1234567),
                 .detail = std::string("bytes \0\xff", 8),
                 .hash = ""};
  full.kind = domain::Kind::kPurchase;
  full.amount = {.currency = "INR", .minor_units = std::numeric_limits<int64_t>::min()};
  full.payer = "asha";
  full.payee = "ravi";
  full.previous_dto = Text("{}");
  domain::LogEntry plain;
  plain.world = kLargestWorld;
  plain.record.sequence = 9;
  plain.record.time = plain.record.wall_time = absl::UnixEpoch();
  plain.previous_dto = full.record.dto;
  Run run{.before = {7, std::string(64, 'a'), kLargestWorld}, .entries = {}};
  for (domain::LogEntry* entry : {&full, &plain}) {
    entry->record.hash = domain::ChainHash(run.End().hash, entry->record);
    run.entries.push_back(std::make_shared<const domain::LogEntry>(*entry));
  }
  return run;
}

TEST(RunCodec, ARunComesBackInEveryField) {
  const auto run = FullRun();
  const std::string bytes = EncodeRun(kLargestWorld, run);
  const auto back = DecodeRun(kLargestWorld, bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->before, run.before);
  ASSERT_EQ(back->entries.size(), 2u);
  // The hash covers all of a record but its wall time and its failure's step.
  const domain::LogEntry& full = *back->entries[0];
  EXPECT_EQ(full.record.sequence, 8);
  EXPECT_EQ(full.record.hash, run.entries[0]->record.hash);
  EXPECT_EQ(full.record.wall_time, absl::FromUnixMicros(-1));
  EXPECT_EQ(full.record.failure, run.entries[0]->record.failure);
  EXPECT_EQ(*full.record.dto, *run.entries[0]->record.dto);
  EXPECT_EQ(full.kind, domain::Kind::kPurchase);
  EXPECT_EQ(full.amount, run.entries[0]->amount);
  EXPECT_EQ(full.payer, "asha");
  EXPECT_EQ(full.payee, "ravi");
  EXPECT_EQ(*full.previous_dto, "{}");
  const domain::LogEntry& plain = *back->entries[1];
  EXPECT_EQ(plain.record.dto, nullptr);
  EXPECT_EQ(plain.record.failure, std::nullopt);
  EXPECT_EQ(plain.previous_dto, full.record.dto) << "one text for both";
  EXPECT_EQ(EncodeRun(kLargestWorld, *back), bytes);
}

TEST(RunCodec, EachDtoIsWrittenOnce) {
  TestLog log("s", kLargestWorld, /*dto_bytes=*/10'000);
  const std::string bytes = EncodeRun(kLargestWorld, log.Append(5));  // six DTOs, ten mentions
  EXPECT_GT(bytes.size(), 60'000u);
  EXPECT_LT(bytes.size(), 62'000u);
}

TEST(RunCodec, DamageOfAnyByteIsFoundOut) {
  const std::string bytes = EncodeRun(kLargestWorld, FullRun());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(DecodeRun(kLargestWorld, damaged).has_value(), false) << "byte " << i;
  }
}

// As Redis or a replica gone mad might send it.
TEST(RunCodec, NonsenseUnderARightChecksumIsReadWithoutHarm) {
  const std::string bytes = EncodeRun(kLargestWorld, FullRun());
  const std::string content = bytes.substr(0, bytes.size() - 8);
  const auto sign = [](const std::string& text) {
    const auto digest = domain::FieldHash(2).Text(text).Finish();
    return text + std::string(digest.begin(), digest.begin() + 8);
  };
  ASSERT_EQ(sign(content), bytes);
  for (size_t i = 1; i < content.size(); ++i) {
    EXPECT_FALSE(DecodeRun(kLargestWorld, sign(content.substr(0, i))).has_value()) << i << " bytes";
    for (const int flip : {0x01, 0x40, 0x80, 0xff}) {
      std::string damaged = content;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const auto run = DecodeRun(kLargestWorld, sign(damaged));
      EXPECT_TRUE(!run || run->End() == FullRun().End()) << "byte " << i;
    }
  }
}

TEST(RunCodec, EveryCutAndEveryAdditionIsFoundOut) {
  const std::string bytes = EncodeRun(kLargestWorld, FullRun());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeRun(kLargestWorld, bytes.substr(0, size)).has_value(), false) << size << " bytes";
  }
  EXPECT_FALSE(DecodeRun(kLargestWorld, bytes + '\0').has_value());
}

TEST(RunCodec, ARunOfAnotherWorldIsNoneOfOurs) {
  const std::string bytes = EncodeRun(kLargestWorld, FullRun());
  EXPECT_FALSE(DecodeRun(kLargestWorld - 1, bytes).has_value());
}

TEST(RunCodec, RecordsThatDoNotHaveTheHashTheyClaimAreRefused) {
  TestLog log("s", kLargestWorld);
  auto run = log.Append(3);
  auto altered = std::make_shared<domain::LogEntry>(*run.entries[1]);
  altered->record.actor = "somebody else";
  run.entries[1] = altered;
  EXPECT_FALSE(DecodeRun(kLargestWorld, EncodeRun(kLargestWorld, run)).has_value());
  EXPECT_TRUE(DecodeRun(kLargestWorld, EncodeRun(kLargestWorld, log.Since(0))).has_value());
}

}  // namespace
}  // namespace tracktrove::events
