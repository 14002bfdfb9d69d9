#include "store/migrations.h"

#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "store/connection.h"

namespace tracktrove::store {
namespace {

absl::Status SchemaMismatch(absl::string_view problem) {
  return domain::WithDetails(absl::StatusCode::kFailedPrecondition,
                             absl::StrCat("this server does not fit the database's schema: ", problem),
                             {.reason = "SCHEMA_MISMATCH", .metadata = {}, .field = {}, .retry_after = {}});
}

// Checks what the database has against the list; answers how many it has.
size_t CountApplied(Connection& connection, absl::Span<const Migration> migrations) {
  size_t count = 0;
  Statement& statement =
      connection.Prepare("select number, name, sha256 from schema_migrations order by number", 3);
  statement.ForEach([&](ResultRow& row) {
    const int64_t number = row.Integer();
    const std::string name = row.Text();
    const std::string sha256 = row.Text();
    if (count >= migrations.size()) {
      throw StatusError(
          SchemaMismatch(absl::StrCat("it has migration ", number, " (", name, "), which is newer")));
    }
    const Migration& known = migrations[count++];
    if (number != known.number || name != known.name || sha256 != known.sha256) {
      throw StatusError(SchemaMismatch(absl::StrCat("migration ", number, " (", name,
                                                    ") was applied with another text than that of ",
                                                    known.number, " (", known.name, ")")));
    }
  });
  return count;
}

// Applies the first that is missing; answers whether one was.
bool ApplyNext(Connection& connection, absl::Span<const Migration> migrations) {
  connection.Begin(TransactionMode::kMigrate);
  connection.Execute(
      "create table if not exists schema_migrations ("
      "number integer not null primary key, name text not null, sha256 text not null)");
  const size_t applied = CountApplied(connection, migrations);
  if (applied < migrations.size()) {
    const Migration& next = migrations[applied];
    connection.Execute(next.text);
    Statement& statement = connection.Prepare(
        "insert into schema_migrations (number, name, sha256)"
        " select r.number, r.name, r.sha256 from {rows(number integer, name text, sha256 text)}");
    statement.NewInput().StartRow().Integer(next.number).Text(next.name).Text(next.sha256);
    statement.Execute();
    spdlog::info("schema: applied migration {} ({})", next.number, next.name);
  }
  connection.Commit();
  return applied < migrations.size();
}

}  // namespace

absl::Status Migrate(Connection& connection, absl::Span<const Migration> migrations) {
  return connection.Run([&] {
    // Each answer but the last means one migration less to apply.
    while (ApplyNext(connection, migrations)) {
    }
  });
}

}  // namespace tracktrove::store
