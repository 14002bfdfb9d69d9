#include "store/copy_insertion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tracktrove::store {
namespace {

constexpr size_t kPiece = size_t{1} << 20;  // what libpq is given at a time

// The text format: a row a line, a tab between values, `\\N` for null.
class CopyRows : public InputRows {
 public:
  void Clear() override { text_.clear(); }

  InputRows& StartRow() override {
    EndRow();
    in_row_ = false;
    return *this;
  }

  InputRows& Integer(int64_t value) override {
    absl::StrAppend(&StartValue(), value);
    return *this;
  }

  InputRows& Text(absl::string_view value) override {
    AppendEscaped(StartValue(), value);
    return *this;
  }

  InputRows& Null() override {
    StartValue() += "\\N";
    return *this;
  }

  void Finish() override { EndRow(); }

  std::vector<std::pair<std::string, const std::string*>> parameters() const override { return {}; }

  const std::string& text() const { return text_; }

 private:
  void EndRow() {
    if (!text_.empty()) text_ += '\n';
  }

  std::string& StartValue() {
    if (in_row_) text_ += '\t';
    in_row_ = true;
    return text_;
  }

  // Copies whole runs. A line's end may be written as it is after a backslash.
  static void AppendEscaped(std::string& text, absl::string_view value) {
    size_t copied = 0;
    for (size_t i = 0; i < value.size(); ++i) {
      const char c = value[i];
      if (c != '\\' && c != '\n' && c != '\r' && c != '\t') continue;
      text.append(value.data() + copied, i - copied);
      text += '\\';
      copied = i;
    }
    text.append(value.data() + copied, value.size() - copied);
  }

  std::string text_;
  bool in_row_ = false;
};

class CopyInsertion : public Insertion {
 public:
  CopyInsertion(PGconn* connection, const Table& table)
      : connection_(connection),
        statement_(absl::StrCat("copy ", table.name, " (", ColumnNames(table), ") from stdin")) {}

  InputRows& NewInput() override {
    rows_.Clear();
    return rows_;
  }

  // What fails on the way is told by the result at the end.
  void Execute() override {
    rows_.Finish();
    libpq::Query(connection_, statement_.c_str());
    const std::string& text = rows_.text();
    for (size_t sent = 0; sent < text.size(); sent += kPiece) {
      const auto size = static_cast<int>(std::min(kPiece, text.size() - sent));
      if (PQputCopyData(connection_, text.data() + sent, size) != 1) break;
    }
    PQputCopyEnd(connection_, nullptr);
    const libpq::Result result = libpq::Checked(connection_, PQgetResult(connection_));
    while (PGresult* rest = PQgetResult(connection_)) PQclear(rest);
  }

 private:
  PGconn* const connection_;
  const std::string statement_;
  CopyRows rows_;
};

}  // namespace

std::unique_ptr<Insertion> NewCopyInsertion(PGconn* connection, const Table& table) {
  return std::make_unique<CopyInsertion>(connection, table);
}

}  // namespace tracktrove::store
