// A dispute: a payer wants captured money back. What it is about waits in
// reserve until it is won (the payee keeps it) or lost (the payer gets it).
#ifndef TRACKTROVE_DOMAIN_DISPUTE_H_
#define TRACKTROVE_DOMAIN_DISPUTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/money.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {

// One piece of evidence for the payee's side.
struct Evidence {
  std::string title;
  std::string text;
  Text document;    // canonical JSON of an object; never null
  absl::Time time;  // when it was submitted
};

struct Dispute {
  static constexpr int kMaxEvidence = 20;

  std::string id;
  std::string transaction_id;
  DisputeState state = DisputeState::kOpen;
  DisputeReason reason = DisputeReason::kOther;
  std::string text;  // the payer's words
  Money amount;
  std::vector<Evidence> evidence;  // at most kMaxEvidence
  absl::Time deadline;             // lost unless it is over by then
  absl::Time create_time;
  std::optional<absl::Time> close_time;  // once it is won or lost
  std::string resolution;                // why it was
  int64_t sequence = 0;                  // of the record that opened it

  bool IsOver() const { return state == DisputeState::kWon || state == DisputeState::kLost; }
};

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_DISPUTE_H_
