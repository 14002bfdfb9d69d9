// The part of the SociReader that reads simulations.
#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/soci_reader.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

std::string ReadRunRecordsSql() {
  return absl::StrCat("select x.arrival, x.kind, x.flow, ", Columns(kTraces, "t"),
                      " from transactions x"
                      " {find(traces t, t.world_id = x.world_id and t.transaction_id = x.transaction_id)}"
                      " where x.world_id = {input(world_id bigint)}"
                      " and x.simulation_number = {input(number bigint)} and x.simulation_number > 0"
                      " and x.arrival >= {input(arrival bigint)} and x.arrival < {input(before bigint)}"
                      " and (x.arrival > {input(arrival bigint)} or t.idx > {input(idx integer)})"
                      " and t.sequence <= {input(last bigint)}"
                      " order by x.arrival, t.idx limit {input(count bigint)}");
}

std::string SumArrivalsSql() {
  return absl::StrCat("select ", Columns(kTransactions, "t"),
                      " from transactions t where t.world_id = {input(world_id bigint)}"
                      " and t.simulation_number = {input(number bigint)} and t.simulation_number > 0"
                      " and t.arrival > {input(after bigint)}"
                      " order by t.arrival limit {input(count bigint)}");
}

}  // namespace

absl::StatusOr<std::optional<StoredSimulation>> SociReader::GetSimulation(WorldId world, int64_t number) {
  static const std::string& sql = *new std::string(
      absl::StrCat("select ", Columns(kSimulations, "s"),
                   ", p.report from simulations s left join simulation_reports p"
                   " on p.world_id = s.world_id and p.number = s.number"
                   " where s.world_id = {input(world_id bigint)} and s.number = {input(number bigint)}"));
  return connection_.Run([&] {
    std::optional<StoredSimulation> found;
    Statement& statement = connection_.Prepare(sql, Width(kSimulations) + 1);
    statement.NewInput().StartRow().Integer(world).Integer(number);
    statement.ForEach([&](ResultRow& row) {
      found = StoredSimulation{ReadSimulation(row).second, {}};
      found->report = row.OptionalText();
    });
    return found;
  });
}

absl::StatusOr<std::vector<domain::SimulationRun>> SociReader::ListSimulations(WorldId world,
                                                                               int64_t before_number,
                                                                               int limit) {
  static const std::string& sql = *new std::string(
      absl::StrCat("select ", Columns(kSimulations, "s"), " from simulations s",
                   " where s.world_id = {input(world_id bigint)} and s.number < {input(before bigint)}",
                   " order by s.number desc limit {input(count bigint)}"));
  return connection_.Run([&] {
    std::vector<domain::SimulationRun> runs;
    Statement& statement = connection_.Prepare(sql, Width(kSimulations));
    statement.NewInput()
        .StartRow()
        .Integer(world)
        .Integer(before_number == 0 ? kNewest : before_number)
        .Integer(limit);
    statement.ForEach([&](ResultRow& row) { runs.push_back(ReadSimulation(row).second); });
    return runs;
  });
}

absl::StatusOr<std::vector<domain::RunRecord>> SociReader::ReadRunRecords(WorldId world, int64_t number,
                                                                          const RunPlace& place,
                                                                          int64_t before,
                                                                          int64_t last_sequence, int limit) {
  static const std::string& sql = *new std::string(ReadRunRecordsSql());
  return connection_.Run([&] {
    std::vector<domain::RunRecord> records;
    Statement& statement = connection_.Prepare(sql, Width(kTraces) + 3);
    statement.NewInput()
        .StartRow()
        .Integer(world)
        .Integer(number)
        .Integer(place.arrival)
        .Integer(before)
        .Integer(place.index)
        .Integer(last_sequence)
        .Integer(limit);
    statement.ForEach([&](ResultRow& row) {
      domain::RunRecord record;
      record.arrival = row.Integer();
      record.kind = row.Enum<domain::Kind>();
      record.flow = row.Text();
      record.record = ReadRecord(row).second;
      records.push_back(std::move(record));
    });
    return records;
  });
}

absl::StatusOr<std::vector<TransactionSums>> SociReader::SumArrivals(WorldId world, int64_t number,
                                                                     int64_t after_arrival, int limit) {
  static const std::string& sql = *new std::string(SumArrivalsSql());
  return connection_.RunSnapshot([&] {
    std::vector<TransactionSums> transactions;
    Statement& statement = connection_.Prepare(sql, Width(kTransactions));
    statement.NewInput().StartRow().Integer(world).Integer(number).Integer(after_arrival).Integer(limit);
    statement.ForEach([&](ResultRow& row) { transactions.push_back({ReadTransaction(row).second, {}}); });
    AddSums(world, transactions);
    return transactions;
  });
}

}  // namespace tracktrove::store
