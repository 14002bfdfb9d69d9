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
  in_transaction_ = true;
  return wall;
}

void Connection::Commit() {
  dialect_->Commit(*session_);
  in_transaction_ = false;
}

void Connection::Rollback() {
  if (!in_transaction_) return;
  in_transaction_ = false;
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
  in_transaction_ = false;
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
  Close();
  return status;
}

}  // namespace tracktrove::store
