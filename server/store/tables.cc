#include "store/tables.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tracktrove::store {
namespace {

// The names in a list of columns with their types.
std::vector<std::string> Names(absl::string_view columns) {
  std::vector<std::string> names;
  for (const absl::string_view column : absl::StrSplit(columns, ", ")) {
    names.emplace_back(column.substr(0, column.find(' ')));
  }
  return names;
}

std::string Qualified(absl::string_view columns, absl::string_view alias) {
  return absl::StrJoin(Names(columns), ", ", [alias](std::string* out, const std::string& name) {
    absl::StrAppend(out, alias, ".", name);
  });
}

}  // namespace

int Width(const Table& table) { return static_cast<int>(Names(table.columns).size()); }

std::string ColumnNames(const Table& table) { return absl::StrJoin(Names(table.columns), ", "); }

std::string Columns(const Table& table, absl::string_view alias) { return Qualified(table.columns, alias); }

std::string InsertInto(const Table& table) {
  // The `where` keeps SQLite from reading an `on conflict` behind it as part of a join.
  return absl::StrCat("insert into ", table.name, " (", ColumnNames(table), ") select ",
                      Qualified(table.columns, "r"), " from {rows(", table.columns, ")} where true");
}

std::string Upsert(const Table& table) {
  const std::vector<std::string> key = Names(table.key);
  std::vector<std::string> updates;
  for (const std::string& name : Names(table.columns)) {
    if (std::find(key.begin(), key.end(), name) != key.end()) continue;
    updates.push_back(absl::StrCat(name, " = excluded.", name));
  }
  return absl::StrCat(InsertInto(table), " on conflict (", table.key, ") do update set ",
                      absl::StrJoin(updates, ", "));
}

std::string AddTo(const Table& table, absl::string_view sums) {
  std::vector<std::string> updates;
  for (const std::string& name : Names(sums)) {
    updates.push_back(absl::StrCat(name, " = ", table.name, ".", name, " + excluded.", name));
  }
  return absl::StrCat(InsertInto(table), " on conflict (", table.key, ") do update set ",
                      absl::StrJoin(updates, ", "));
}

std::string InsertMissing(const Table& table) {
  return absl::StrCat(InsertInto(table), " on conflict (", table.key, ") do nothing");
}

}  // namespace tracktrove::store
