#include "domain/moves.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tracktrove::domain {
namespace {

using Move = std::pair<State, State>;

constexpr std::array<Move, 10> kLegalMoves = {{
    {State::kNone, State::kInitiated},      // InitiateTransaction
    {State::kInitiated, State::kEscrow},    // the hold step succeeds
    {State::kInitiated, State::kFailed},    // a step fails, or it is cancelled
    {State::kEscrow, State::kFailed},       // a step fails; the funds are released
    {State::kFailed, State::kInitiated},    // the next attempt
    {State::kEscrow, State::kCompleted},    // captured
    {State::kEscrow, State::kRefunded},     // the hold expired, or it is cancelled
    {State::kCompleted, State::kSettled},   // paid out
    {State::kCompleted, State::kRefunded},  // nothing of it is left
    {State::kSettled, State::kRefunded},    // likewise
}};

}  // namespace

bool IsLegalMove(State from, State to) {
  return std::find(kLegalMoves.begin(), kLegalMoves.end(), Move(from, to)) != kLegalMoves.end();
}

}  // namespace tracktrove::domain
