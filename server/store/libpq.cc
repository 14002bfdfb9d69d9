#include "store/libpq.h"

#include <soci/postgresql/soci-postgresql.h>

namespace tracktrove::store::libpq {

Result Checked(PGconn* connection, PGresult* result) {
  Result checked(result, &PQclear);
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_COPY_IN:
      return checked;
    default:
      const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      throw soci::postgresql_soci_error(PQerrorMessage(connection), sqlstate == nullptr ? "08006" : sqlstate);
  }
}

Result Query(PGconn* connection, const char* script) {
  return Checked(connection, PQexec(connection, script));
}

}  // namespace tracktrove::store::libpq
