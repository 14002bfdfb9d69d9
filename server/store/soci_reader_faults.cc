// The Reader's part about flows and fault rules.
#include <optional>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/soci_reader.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

std::string SelectSql(const Table& table, absl::string_view condition, absl::string_view rest = "") {
  return absl::StrCat("select ", Columns(table, "t"), " from ", table.name,
                      " t where t.world_id = {input(world_id bigint)} and ", condition, rest);
}

}  // namespace

absl::StatusOr<std::vector<domain::Flow>> SociReader::ListFlows(WorldId world, const std::string& after_id,
                                                                int limit) {
  static const std::string& sql = *new std::string(SelectSql(
      kFlows, "t.flow_id > {input(after text)}", " order by t.flow_id limit {input(count bigint)}"));
  return connection_.Run([&] {
    std::vector<domain::Flow> flows;
    Statement& statement = connection_.Prepare(sql, Width(kFlows));
    statement.NewInput().StartRow().Integer(world).Text(after_id).Integer(limit);
    statement.ForEach([&](ResultRow& row) { flows.push_back(ReadFlow(row).second); });
    return flows;
  });
}

absl::StatusOr<std::optional<domain::Flow>> SociReader::GetFlow(WorldId world, const std::string& id) {
  static const std::string& sql = *new std::string(SelectSql(kFlows, "t.flow_id = {input(flow_id text)}"));
  return connection_.Run([&] {
    std::optional<domain::Flow> found;
    Statement& statement = connection_.Prepare(sql, Width(kFlows));
    statement.NewInput().StartRow().Integer(world).Text(id);
    statement.ForEach([&](ResultRow& row) { found = ReadFlow(row).second; });
    return found;
  });
}

absl::StatusOr<std::vector<domain::FaultRule>> SociReader::ListFaultRules(WorldId world,
                                                                          int64_t after_ordinal, int limit) {
  static const std::string& sql = *new std::string(SelectSql(
      kFaultRules, "t.ordinal > {input(after bigint)}", " order by t.ordinal limit {input(count bigint)}"));
  return connection_.Run([&] {
    std::vector<domain::FaultRule> rules;
    Statement& statement = connection_.Prepare(sql, Width(kFaultRules));
    statement.NewInput().StartRow().Integer(world).Integer(after_ordinal).Integer(limit);
    statement.ForEach([&](ResultRow& row) { rules.push_back(ReadFaultRule(row).second); });
    return rules;
  });
}

absl::StatusOr<std::optional<domain::FaultRule>> SociReader::GetFaultRule(WorldId world,
                                                                          const std::string& id) {
  static const std::string& sql =
      *new std::string(SelectSql(kFaultRules, "t.fault_rule_id = {input(fault_rule_id text)}"));
  return connection_.Run([&] {
    std::optional<domain::FaultRule> found;
    Statement& statement = connection_.Prepare(sql, Width(kFaultRules));
    statement.NewInput().StartRow().Integer(world).Text(id);
    statement.ForEach([&](ResultRow& row) { found = ReadFaultRule(row).second; });
    return found;
  });
}

}  // namespace tracktrove::store
