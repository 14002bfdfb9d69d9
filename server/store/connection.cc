#include "store/connection.h"

#include "domain/errors.h"

namespace tracktrove::store {

Statement& Connection::Prepare(const std::string& text, int columns) {
  std::unique_ptr<Statement>& statement = statements_[text];
  if (!statement) statement = std::make_unique<Statement>(*session_, *dialect_, text, columns);
  return *statement;
}

Insertion& Connection::InsertInto(const Table& table) {
  std::unique_ptr<Insertion>& insertion = insertions_[table.name];
  if (!insertion) insertion = dialect_->NewInsertion(*session_, table);
  return *insertion;
}

absl::Time Connection::Begin(TransactionMode mode) {
  const absl::Time wall = dialect_->Begin(*session_, mode);
  transaction_ = mode;
  return wall;
}

void Connection::Commit() {
  dialect_->Commit(*session_);
  transaction_.reset();
}

void Connection::Rollback() {
  if (!transaction_) return;
  transaction_.reset();
  // A failure closes the connection, and that rolls back as well.
  Run([this] { Execute("rollback"); }).IgnoreError();
}

void Connection::Open() {
  if (!session_) session_ = dialect_->Connect();
}

void Connection::Close() {
  if (session_) dialect_->Disconnect(*session_);
  insertions_.clear();
  statements_.clear();
  session_.reset();
  transaction_.reset();
}

absl::Status Connection::Failed() {
  absl::Status status;
  try {
    throw;
  } catch (const StatusError& error) {
    status = error.status();
  } catch (const soci::soci_error& error) {
    status = dialect_->StatusOf(error);
  } catch (const std::exception& error) {
    status = domain::BrokenInvariant(error.what());
  }
  // What is written is small: when that takes too long, the database is not well.
  if (transaction_ == TransactionMode::kWrite && absl::IsDeadlineExceeded(status))
    status = domain::DatabaseUnavailable(status.message());
  Close();
  return status;
}

}  // namespace tracktrove::store
