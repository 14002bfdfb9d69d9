// A session with the database: one connection, its prepared statements, and the
// seam where exceptions end. Belongs to one thread at a time.
#ifndef TRACKTROVE_STORE_CONNECTION_H_
#define TRACKTROVE_STORE_CONNECTION_H_

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/dialect.h"
#include "store/statement.h"

namespace tracktrove::store {

// Takes a status through the seam as it is.
class StatusError : public std::exception {
 public:
  explicit StatusError(absl::Status status) : status_(std::move(status)) {}
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

class Connection {
 public:
  // Connects when it is first used. Work that takes longer than `patience` fails;
  // by default that is longer than the database lets a statement run.
  explicit Connection(std::shared_ptr<const Dialect> dialect, absl::Duration patience = absl::Seconds(35))
      : dialect_(std::move(dialect)), patience_(patience) {}
  ~Connection() { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // What Run answers: a Status for work that returns nothing, else a StatusOr.
  template <typename Work, typename Value = std::invoke_result_t<Work>>
  using ResultOf = std::conditional_t<std::is_void_v<Value>, absl::Status,
                                      absl::StatusOr<std::conditional_t<std::is_void_v<Value>, int, Value>>>;

  // The seam: runs `work`, which uses the functions below and throws what the
  // database throws. After a failure of any kind the connection is closed, which
  // rolls back what was open: nothing half done can be committed by mistake,
  // and the next use connects again.
  template <typename Work>
  ResultOf<Work> Run(Work work) {
    try {
      Open();
      const Watchdog::Watch watch = dialect_->Limit(*session_, patience_);
      if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
        work();
        return absl::OkStatus();
      } else {
        return work();
      }
    } catch (...) {
      return Failed();
    }
  }

  // Several statements that see one state of the database.
  template <typename Work>
  ResultOf<Work> RunSnapshot(Work work) {
    return Run([&] {
      Begin(TransactionMode::kRead);
      auto result = work();
      Commit();
      return result;
    });
  }

  // The statement of this text (see dialect.h), prepared once. The texts of this
  // room are few and fixed, so the cache needs no bound.
  Statement& Prepare(const std::string& text, int columns = 0);

  // Adds rows to this table.
  Insertion& InsertInto(const Table& table);

  absl::Time Begin(TransactionMode mode);  // answers the database's wall time
  void Commit();
  void Execute(const std::string& script) { dialect_->Execute(*session_, script); }
  absl::Time WallTime() { return dialect_->WallTime(*session_); }

  // Closing rolls back a transaction that is open.
  bool in_transaction() const { return transaction_.has_value(); }
  void Rollback();

 private:
  void Open();
  void Close();

  // Inside a catch clause: closes, and answers what went wrong.
  absl::Status Failed();

  const std::shared_ptr<const Dialect> dialect_;
  const absl::Duration patience_;
  std::unique_ptr<soci::session> session_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;  // of `session_`
  absl::flat_hash_map<std::string, std::unique_ptr<Insertion>> insertions_;  // by table, of `session_`
  std::optional<TransactionMode> transaction_;                               // the one that is open
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_CONNECTION_H_
