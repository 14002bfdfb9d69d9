// What differs between databases; everything else in this room is one text for
// all of them. That text has macros where the dialects part ways:
//
//   {rows(a bigint, b text)}  the statement's input rows, as a table `r`
//   {input(a bigint)}         a value of its single input row
//   {find(table t, where)}    after {rows}: joins the rows of `t` that belong to
//                             `r`, through an index and in the order of the input
//   {find_or_null(table t, where)}  after any table: the same, but nulls for
//                             what is not there
//   {member(object, key)}     a member of a JSON object, as text
//   {lock(t)}                 ends a select: locks t's rows, in the order in
//                             which they are found, and waits for other writers
//   {try_lock(t)}             the same, but leaves out rows that others hold
//   {delete(table, a bigint)} deletes the rows whose keys are the input rows
//   {delete_some(table, where, count, a, b)}  deletes up to `count` rows that
//                             meet the condition; a, b tell them apart
//
// Types are PostgreSQL's. Every failure is a soci::soci_error or a StatusError.
#ifndef TRACKTROVE_STORE_DIALECT_H_
#define TRACKTROVE_STORE_DIALECT_H_

#include <soci/soci.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "store/migrations.h"
#include "store/open_store.h"
#include "store/tables.h"
#include "store/watchdog.h"

namespace tracktrove::store {

struct Column {
  std::string name;
  std::string type;
};

// The input of one statement, row by row and in each from the left, in the form
// that the database takes.
class InputRows {
 public:
  virtual ~InputRows() = default;

  virtual void Clear() = 0;
  virtual InputRows& StartRow() = 0;
  virtual InputRows& Integer(int64_t value) = 0;
  virtual InputRows& Text(absl::string_view value) = 0;
  virtual InputRows& Null() = 0;
  virtual void Finish() = 0;

  // Name and text of each parameter. The texts are bound by reference: they are
  // those of the rows given last, and stay where they are.
  virtual std::vector<std::pair<std::string, const std::string*>> parameters() const = 0;

  InputRows& Time(absl::Time value) { return Integer(absl::ToUnixMicros(value)); }
  InputRows& Duration(absl::Duration value) { return Integer(absl::ToInt64Microseconds(value)); }
};

// Adds rows to one table, which they are new to: a key that exists is refused.
class Insertion {
 public:
  virtual ~Insertion() = default;
  // The rows for the next execution; none yet.
  virtual InputRows& NewInput() = 0;
  virtual void Execute() = 0;
};

enum class TransactionMode { kRead, kWrite, kMigrate };
enum class LockMode { kWait, kSkip };
enum class Presence { kRequired, kOptional };

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual std::unique_ptr<soci::session> Connect() const = 0;
  // While the answer lives, what is done on the session fails once it has taken
  // this long, and sooner when the server is found to be silent.
  virtual Watchdog::Watch Limit(soci::session& session, absl::Duration patience) const = 0;
  // Before the session is closed: SOCI tells the server then to forget each of
  // its statements, and would wait for one that is silent.
  virtual void Disconnect(soci::session& session) const = 0;
  // Answers the database's wall time.
  virtual absl::Time Begin(soci::session& session, TransactionMode mode) const = 0;
  // Returns only when the database has said that the transaction is in.
  virtual void Commit(soci::session& session) const = 0;
  // A text of several statements, without input or result.
  virtual void Execute(soci::session& session, const std::string& script) const = 0;
  // The database's wall time, in whole microseconds.
  virtual absl::Time WallTime(soci::session& session) const = 0;
  // UNAVAILABLE when the connection or the database is to blame, DEADLINE_EXCEEDED
  // (QUERY_TOO_LONG) when a statement took too long, else INTERNAL.
  virtual absl::Status StatusOf(const soci::soci_error& error) const = 0;

  // The macros. `position` is the value's place in the input row, from 0.
  virtual std::string Rows(const std::vector<Column>& columns) const = 0;
  virtual std::string Input(const Column& column, int position) const = 0;
  virtual std::string Find(Presence presence, const std::string& table, const std::string& alias,
                           const std::string& condition) const = 0;
  virtual std::string Member(const std::string& object, const std::string& key) const = 0;
  virtual std::string Lock(const std::string& alias, LockMode mode) const = 0;
  virtual std::string Delete(const std::string& table, const std::vector<Column>& key) const = 0;
  virtual std::string DeleteSome(const std::string& table, const std::string& condition,
                                 const std::string& count, const std::string& key) const = 0;
  virtual std::unique_ptr<InputRows> NewInput(int columns) const = 0;
  // The fastest way to add many rows.
  virtual std::unique_ptr<Insertion> NewInsertion(soci::session& session, const Table& table) const = 0;

  virtual absl::Span<const Migration> migrations() const = 0;
  virtual int max_writers() const = 0;
};

// `options` have been checked; `path` is that of their URL.
std::unique_ptr<Dialect> NewSqliteDialect(const std::string& path, const StoreOptions& options);

// INVALID_ARGUMENT when libpq cannot read the URL.
absl::StatusOr<std::unique_ptr<Dialect>> NewPostgresDialect(const StoreOptions& options);

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_DIALECT_H_
