// The numbered changes of the schema. Their texts are the files of sql/,
// embedded when the server is built.
#ifndef TRACKTROVE_STORE_MIGRATIONS_H_
#define TRACKTROVE_STORE_MIGRATIONS_H_

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace tracktrove::store {

class Connection;

struct Migration {
  int number;  // from 1, gapless
  const char* name;
  const char* sha256;  // of the file, in hex
  const char* text;
};

// Generated from sql/sqlite and sql/postgres.
absl::Span<const Migration> SqliteMigrations();
absl::Span<const Migration> PostgresMigrations();

// Applies those that the database lacks, in order, each in a transaction of its
// own. FAILED_PRECONDITION when the database knows one that is not in the list,
// or knows one by another text.
absl::Status Migrate(Connection& connection, absl::Span<const Migration> migrations);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_MIGRATIONS_H_
