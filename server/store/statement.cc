#include "store/statement.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tracktrove::store {
namespace {

// At most `count`, the last of which may have commas of its own.
std::vector<std::string> Arguments(absl::string_view list, int count) {
  std::vector<std::string> arguments = absl::StrSplit(list, absl::MaxSplits(',', count - 1));
  arguments.resize(count);
  for (std::string& argument : arguments) absl::StripAsciiWhitespace(&argument);
  return arguments;
}

Column ParseColumn(const std::string& declaration) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(declaration, absl::MaxSplits(' ', 1));
  return {parts.first, parts.second};
}

std::vector<Column> ParseColumns(absl::string_view list) {
  std::vector<Column> columns;
  for (const absl::string_view declaration : absl::StrSplit(list, ','))
    columns.push_back(ParseColumn(std::string(absl::StripAsciiWhitespace(declaration))));
  return columns;
}

// Expands the macros of one text.
class Expansion {
 public:
  Expansion(const Dialect& dialect, std::string text) : dialect_(dialect), text_(std::move(text)) {
    // The innermost first, so that one may stand in another's arguments.
    for (size_t end = text_.find('}'); end != std::string::npos; end = text_.find('}')) {
      const size_t begin = text_.rfind('{', end);
      if (begin == std::string::npos) throw std::logic_error(absl::StrCat("unbalanced braces in: ", text_));
      text_.replace(begin, end - begin + 1, Expand(text_.substr(begin + 1, end - begin - 1)));
    }
  }

  const std::string& text() const { return text_; }
  int input_columns() const { return static_cast<int>(columns_.size()); }

 private:
  std::string Expand(absl::string_view macro) {
    const size_t open = macro.find('(');
    if (open == absl::string_view::npos || macro.back() != ')') {
      throw std::logic_error(absl::StrCat("malformed macro: ", macro));
    }
    const absl::string_view name = macro.substr(0, open);
    const absl::string_view list = macro.substr(open + 1, macro.size() - open - 2);
    if (name == "lock") return dialect_.Lock(std::string(list), LockMode::kWait);
    if (name == "try_lock") return dialect_.Lock(std::string(list), LockMode::kSkip);
    if (name == "input") return Input(ParseColumn(std::string(list)));
    if (name == "rows") return dialect_.Rows(columns_ = ParseColumns(list));
    if (name == "member") {
      const std::vector<std::string> arguments = Arguments(list, 2);
      return dialect_.Member(arguments[0], arguments[1]);
    }
    if (name == "find") return Find(Presence::kRequired, list);
    if (name == "find_or_null") return Find(Presence::kOptional, list);
    if (name == "delete") {
      const std::vector<std::string> arguments = Arguments(list, 2);
      return dialect_.Delete(arguments[0], columns_ = ParseColumns(arguments[1]));
    }
    if (name == "delete_some") {
      const std::vector<std::string> arguments = Arguments(list, 4);
      return dialect_.DeleteSome(arguments[0], arguments[1], arguments[2], arguments[3]);
    }
    throw std::logic_error(absl::StrCat("unknown macro: ", macro));
  }

  std::string Find(Presence presence, absl::string_view list) {
    const std::vector<std::string> arguments = Arguments(list, 2);
    const Column table = ParseColumn(arguments[0]);  // its name and its alias
    return dialect_.Find(presence, table.name, table.type, arguments[1]);
  }

  // A value may be used several times; it is given once, in order of first use.
  std::string Input(const Column& column) {
    auto it = std::find_if(columns_.begin(), columns_.end(),
                           [&](const Column& c) { return c.name == column.name; });
    if (it == columns_.end()) it = columns_.insert(it, column);
    return dialect_.Input(column, static_cast<int>(it - columns_.begin()));
  }

  const Dialect& dialect_;
  std::string text_;
  std::vector<Column> columns_;
};

}  // namespace

std::string* ResultRow::Next() {
  const size_t column = next_++;
  if (column >= values_.size()) throw std::logic_error("a result has fewer columns than are read");
  return indicators_[column] == soci::i_null ? nullptr : &values_[column];
}

std::optional<int64_t> ResultRow::OptionalInteger() {
  const std::string* value = Next();
  if (value == nullptr) return std::nullopt;
  int64_t integer = 0;
  if (!absl::SimpleAtoi(*value, &integer)) {
    throw std::runtime_error(absl::StrCat("column ", next_, " of a result is no 64-bit integer: ", *value));
  }
  return integer;
}

int64_t ResultRow::Integer() {
  const std::optional<int64_t> value = OptionalInteger();
  if (!value) throw std::runtime_error(absl::StrCat("column ", next_, " of a result is null"));
  return *value;
}

std::optional<std::string> ResultRow::OptionalText() {
  std::string* value = Next();
  if (value == nullptr) return std::nullopt;
  return std::move(*value);
}

std::string ResultRow::Text() {
  std::optional<std::string> value = OptionalText();
  if (!value) throw std::runtime_error(absl::StrCat("column ", next_, " of a result is null"));
  return *std::move(value);
}

domain::Text ResultRow::SharedText() {
  std::optional<std::string> value = OptionalText();
  return value ? std::make_shared<const std::string>(*std::move(value)) : nullptr;
}

std::optional<absl::Time> ResultRow::OptionalTime() {
  const std::optional<int64_t> micros = OptionalInteger();
  if (!micros) return std::nullopt;
  return absl::FromUnixMicros(*micros);
}

Statement::Statement(soci::session& session, const Dialect& dialect, const std::string& text, int columns)
    : row_(columns), statement_(session) {
  const Expansion expansion(dialect, text);
  input_ = dialect.NewInput(expansion.input_columns());
  statement_.alloc();
  statement_.prepare(expansion.text());
  if (expansion.input_columns() > 0) {
    for (const auto& [name, value] : input_->parameters()) statement_.exchange(soci::use(*value, name));
  }
  for (int i = 0; i < columns; ++i) statement_.exchange(soci::into(row_.values_[i], row_.indicators_[i]));
  statement_.define_and_bind();
}

InputRows& Statement::NewInput() {
  input_->Clear();
  return *input_;
}

int64_t Statement::Execute() {
  Start();
  return statement_.get_affected_rows();
}

bool Statement::Start() {
  input_->Finish();
  row_.next_ = 0;
  return statement_.execute(true);
}

bool Statement::Fetch() {
  row_.next_ = 0;
  return statement_.fetch();
}

}  // namespace tracktrove::store
