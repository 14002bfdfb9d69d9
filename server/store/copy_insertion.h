// PostgreSQL's COPY: adds rows for half of what the fastest statement costs the
// server, as they do not pass through its executor.
#ifndef TRACKTROVE_STORE_COPY_INSERTION_H_
#define TRACKTROVE_STORE_COPY_INSERTION_H_

#include <memory>

#include "store/dialect.h"
#include "store/libpq.h"

namespace tracktrove::store {

std::unique_ptr<Insertion> NewCopyInsertion(PGconn* connection, const Table& table);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_COPY_INSERTION_H_
