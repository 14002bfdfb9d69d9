// Equal seeds and commands decide alike, in whatever order they come.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/domain/random_commands.h"
#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

// What happens to each of some transactions, by draw key; each list of commands
// is given at one instant.
struct Script {
  static constexpr int kTransactions = 40, kRounds = 6;
  std::vector<InitiateTransaction> initiates;
  std::vector<std::vector<int>> choices;  // by round and transaction
};

Script AnyScript(uint64_t seed) {
  Random random(seed);
  Script script;
  for (int i = 0; i < Script::kTransactions; ++i) {
    script.initiates.push_back(AnyTransaction(random));
    script.initiates.back().draw_key = "tip-" + std::to_string(i);
  }
  script.choices.resize(Script::kRounds, std::vector<int>(Script::kTransactions));
  for (auto& round : script.choices) {
    for (int& choice : round) choice = static_cast<int>(Below(random, 5));
  }
  return script;
}

// Runs the script with the transactions of each round in an order that `order`
// shuffles; answers the decided records' content, by draw key.
std::map<std::string, std::vector<std::string>> DigestOf(const Script& script, Pace pace, uint64_t order) {
  World world(ManualSandbox(pace));
  Random random(order);
  std::vector<int> turns(Script::kTransactions);
  for (int i = 0; i < Script::kTransactions; ++i) turns[i] = i;
  std::vector<std::string> ids(Script::kTransactions);
  for (int round = 0; round < Script::kRounds; ++round) {
    for (size_t i = turns.size() - 1; i > 0; --i) std::swap(turns[i], turns[Below(random, i + 1)]);
    for (const int i : turns) {
      if (round == 0) ids[i] = world.Initiate(script.initiates[i]).id;
      const int choice = script.choices[round][i];
      if (choice == 0) (void)world.Do(CompleteTransaction{ids[i], {}});
      if (choice == 1)
        (void)world.Do(RefundTransaction{ids[i], Money{script.initiates[i].amount.currency, 7}, ""});
      if (choice == 2 && round > 3) (void)world.Do(CancelTransaction{ids[i], ""});
    }
    world.AdvanceBy(absl::Milliseconds(150));
  }
  world.AdvanceBy(absl::Hours(1));
  std::map<std::string, std::vector<std::string>> digest;
  for (const Record& record : world.records) {
    if (record.record_class != RecordClass::kDecided || record.transaction_id.empty()) continue;
    digest[world.Get(record.transaction_id).draw_key].push_back(ContentHash(record));
  }
  return digest;
}

TEST(Determinism, GivesEqualContentForEqualSeedsHoweverCommandsOfDifferentDrawKeysInterleave) {
  for (const Pace pace : {Pace::kInstant, Pace::kPaced}) {
    for (uint64_t seed = 0; seed < 10; ++seed) {
      const Script script = AnyScript(seed);
      const auto digest = DigestOf(script, pace, 0);
      ASSERT_EQ(digest.size(), static_cast<size_t>(Script::kTransactions));
      for (uint64_t order = 1; order < 4; ++order) EXPECT_EQ(DigestOf(script, pace, order), digest);
      EXPECT_NE(DigestOf(AnyScript(seed + 1000), pace, 0), digest);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
