#include "domain/moves.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/domain/world.h"

namespace tracktrove::domain {
namespace {

TEST(Moves, AreExactlyThoseOfTheTable) {
  const std::set<std::pair<State, State>> legal = {
      {State::kNone, State::kInitiated},     {State::kInitiated, State::kEscrow},
      {State::kInitiated, State::kFailed},   {State::kEscrow, State::kFailed},
      {State::kEscrow, State::kCompleted},   {State::kEscrow, State::kRefunded},
      {State::kFailed, State::kInitiated},   {State::kCompleted, State::kSettled},
      {State::kCompleted, State::kRefunded}, {State::kSettled, State::kRefunded},
  };
  for (const State from : kStatesAndNone) {
    for (const State to : kStatesAndNone) {
      EXPECT_EQ(IsLegalMove(from, to), legal.count({from, to}) > 0) << Name(from) << " to " << Name(to);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
