// The one table of legal moves.
#ifndef TRACKTROVE_DOMAIN_MOVES_H_
#define TRACKTROVE_DOMAIN_MOVES_H_

#include "domain/vocabulary.h"

namespace tracktrove::domain {

// Whether a transaction may go from one state to the other. Staying where it
// is is no move and not in the table. Guards of the single commands are
// stricter; this is what no command gets past.
bool IsLegalMove(State from, State to);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_MOVES_H_
