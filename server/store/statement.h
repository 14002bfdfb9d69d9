// One prepared SQL statement: input rows in, result rows out, both as text.
#ifndef TRACKTROVE_STORE_STATEMENT_H_
#define TRACKTROVE_STORE_STATEMENT_H_

#include <soci/soci.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "domain/vocabulary.h"
#include "store/dialect.h"

namespace tracktrove::store {

// The row a result stands at, read column by column from the left. A value that
// is not of the asked type is a std::runtime_error.
class ResultRow {
 public:
  explicit ResultRow(int columns) : values_(columns), indicators_(columns) {}

  int64_t Integer();
  std::string Text();
  std::optional<int64_t> OptionalInteger();
  std::optional<std::string> OptionalText();
  domain::Text SharedText();  // null for null

  absl::Time Time() { return absl::FromUnixMicros(Integer()); }
  std::optional<absl::Time> OptionalTime();
  absl::Duration Duration() { return absl::Microseconds(Integer()); }
  template <typename T>
  T Enum() {
    return static_cast<T>(Integer());
  }

 private:
  friend class Statement;

  // The next column's value, or null.
  std::string* Next();

  std::vector<std::string> values_;
  std::vector<soci::indicator> indicators_;
  size_t next_ = 0;
};

class Statement {
 public:
  // `text` as dialect.h describes it; `columns` is how many the result has.
  Statement(soci::session& session, const Dialect& dialect, const std::string& text, int columns);

  // The rows for the next execution; none yet.
  InputRows& NewInput();

  // Runs it; answers how many rows it changed.
  int64_t Execute();

  // Runs it and visits each row of the result, to the last: a statement that is
  // left in the middle would hold its locks.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (bool got = Start(); got; got = Fetch()) visit(row_);
  }

 private:
  bool Start();
  bool Fetch();

  std::unique_ptr<InputRows> input_;
  ResultRow row_;
  soci::statement statement_;
};

}  // namespace tracktrove::store

#endif  // TRACKTROVE_STORE_STATEMENT_H_
