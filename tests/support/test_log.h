// A sandbox's log to make up records with, chained as those that are committed.
#ifndef TRACKTROVE_TESTS_SUPPORT_TEST_LOG_H_
#define TRACKTROVE_TESTS_SUPPORT_TEST_LOG_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/record.h"
#include "events/run.h"

namespace tracktrove::testing {

inline constexpr domain::WorldId kWorld = 1;

class TestLog {
 public:
  // Logs of different names differ from their first record on.
  explicit TestLog(std::string name, domain::WorldId world, size_t dto_bytes = 100)
      : name_(std::move(name)), world_(world), dto_bytes_(dto_bytes) {}

  // Goes on by some records, and answers them.
  events::Run Append(int count) {
    events::Run run{.before = head_, .entries = {}};
    domain::Text dto = std::make_shared<const std::string>(dto_bytes_, 'x');
    for (int i = 0; i < count; ++i) {
      auto entry = std::make_shared<domain::LogEntry>();
      entry->world = world_;
      domain::Record& record = entry->record;
      record.sequence = head_.sequence + 1;
      record.transaction_id = "t";
      if (record.sequence == 1) record.type = domain::RecordType::kSandboxCreated;
      record.time = absl::FromUnixSeconds(1'000'000 + record.sequence);
      record.wall_time = record.time;
      record.service = name_;
      entry->previous_dto = dto;
      record.dto = dto = std::make_shared<const std::string>(dto_bytes_, 'a' + i % 26);
      record.hash = domain::ChainHash(head_.hash, record);
      head_ = events::PositionOf(*entry);
      run.entries.push_back(entry);
      entries_.push_back(entry);
    }
    return run;
  }

  // Its records after `after`, up to the head.
  events::Run Since(int64_t after) const {
    events::Run run;
    if (after > 0) run.before = events::PositionOf(*entries_[after - 1]);
    run.entries.assign(entries_.begin() + after, entries_.end());
    return run;
  }

  const events::Position& head() const { return head_; }

 private:
  std::string name_;
  domain::WorldId world_;
  size_t dto_bytes_;
  events::Position head_;
  std::vector<events::Entry> entries_;
};

inline std::vector<int64_t> SequencesOf(const std::vector<events::Entry>& entries) {
  std::vector<int64_t> sequences;
  for (const events::Entry& entry : entries) sequences.push_back(entry->record.sequence);
  return sequences;
}

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_TEST_LOG_H_
