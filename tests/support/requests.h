// Requests that tests start from, and how they look at what came back.
#ifndef TRACKTROVE_TESTS_SUPPORT_REQUESTS_H_
#define TRACKTROVE_TESTS_SUPPORT_REQUESTS_H_

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tracktrove/client.h"

namespace tracktrove::testing {

// For tests that need but one.
inline constexpr char kSandbox[] = "s";

// A tip of ₹25.50 that is as it should be.
v1::InitiateTransactionRequest Tip(const std::string& sandbox = "");

// A sandbox with a MANUAL clock that starts on 2026-01-02 09:00 UTC.
v1::CreateSandboxRequest ManualSandbox(const std::string& id, v1::Sandbox::Pace pace, uint64_t seed = 7);

// The whole trace of a transaction; fails the test when it cannot be read.
std::vector<v1::TraceRecord> TraceOf(const Client& client, const std::string& sandbox, const std::string& id);

// Every record of a sandbox up to its head.
std::vector<v1::TraceRecord> LogOf(const Client& client, const std::string& sandbox);

// What makes two runs equal: each decided record without sequence, index, hash
// and wall time, by (draw key or ordinal of the transaction, index).
std::vector<std::string> DecidedRecords(const Client& client, const std::string& sandbox);

absl::Time TimeOf(const google::protobuf::Timestamp& time);

// The reason in an error's details; empty without one.
std::string ReasonOf(const absl::Status& status);

// Sequences gapless, chain whole, ledger zero.
void ExpectSound(const Client& client, const std::string& sandbox);

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_REQUESTS_H_
