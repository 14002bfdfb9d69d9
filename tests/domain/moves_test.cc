#include "domain/moves.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace tracktrove::domain {
namespace {

constexpr State kStates[] = {State::kNone,   State::kInitiated, State::kEscrow, State::kCompleted,
                             State::kFailed, State::kRefunded,  State::kSettled};

TEST(Moves, AreExactlyThoseOfTheTable) {
  const std::set<std::pair<State, State>> legal = {
      {State::kNone, State::kInitiated},     {State::kInitiated, State::kEscrow},
      {State::kInitiated, State::kFailed},   {State::kEscrow, State::kFailed},
      {State::kEscrow, State::kCompleted},   {State::kEscrow, State::kRefunded},
      {State::kFailed, State::kInitiated},   {State::kCompleted, State::kSettled},
      {State::kCompleted, State::kRefunded}, {State::kSettled, State::kRefunded},
  };
  for (const State from : kStates) {
    for (const State to : kStates) {
      EXPECT_EQ(IsLegalMove(from, to), legal.count({from, to}) > 0) << Name(from) << " to " << Name(to);
    }
  }
}

}  // namespace
}  // namespace tracktrove::domain
