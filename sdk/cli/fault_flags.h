// A fault and where it strikes, as flags.
#ifndef TRACKTROVE_SDK_CLI_FAULT_FLAGS_H_
#define TRACKTROVE_SDK_CLI_FAULT_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tracktrove/v1/fault.pb.h"
#include "tracktrove/v1/transaction.pb.h"

namespace tracktrove::cli {

struct FaultFlags {
  std::string kind, code, message, duration;
  std::optional<double> capture_part;
};

// The kind is a positional argument.
void AddFaultFlags(CLI::App& command, FaultFlags& flags, bool required);
v1::Fault FaultOf(const FaultFlags& flags);

// A fault in one word.
struct FaultWord {
  v1::Fault fault;
  std::string step;              // empty: wherever the fault can act
  std::optional<double> chance;  // above 0 to 1
};

// `KIND[@STEP][=VALUE][:CHANCE]`, such as `added-latency@score-risk=2s:0.1`: the
// value is a step-error's code, a partial-capture's part, any other's duration.
absl::StatusOr<FaultWord> ParseFaultWord(absl::string_view text);

// Of `initiate`: it goes wrong once, and certainly.
absl::StatusOr<v1::PlannedFault> ParsePlannedFault(absl::string_view text);

// Of `simulate`: a rule of its own, with a chance for each transaction.
absl::StatusOr<v1::FaultRule> ParseFaultRule(absl::string_view text);

// A part of one, 0.25, in parts per million.
int32_t Ppm(double part);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_FAULT_FLAGS_H_
