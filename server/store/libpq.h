// PostgreSQL's own client library, where SOCI has no way to it.
#ifndef TRACKTROVE_STORE_LIBPQ_H_
#define TRACKTROVE_STORE_LIBPQ_H_

#include <libpq-fe.h>

#include <memory>

namespace tracktrove::store::libpq {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The result, unless it says that something failed; that is thrown as SOCI
// throws it.
Result Checked(PGconn* connection, PGresult* result);

// Runs statements without input; answers the last one's result.
Result Query(PGconn* connection, const char* script);

}  // namespace tracktrove::store::libpq

#endif  // TRACKTROVE_STORE_LIBPQ_H_
