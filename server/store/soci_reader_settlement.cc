// The Reader's part about settlement, disputes and statistics.
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/soci_reader.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

std::string ListBatchesSql() {
  return absl::StrCat("select ", Columns(kBatches, "b"),
                      " from settlement_batches b where b.world_id = {input(world_id bigint)}"
                      " and (b.day, b.number) < ({input(day text)}, {input(number integer)})"
                      " order by b.day desc, b.number desc limit {input(count bigint)}");
}

std::string ListPayoutsSql() {
  return absl::StrCat("select ", Columns(kPayouts, "p"),
                      " from payouts p where p.world_id = {input(world_id bigint)}"
                      " and p.batch = {input(batch text)}"
                      " and (p.payee, p.currency) > ({input(payee text)}, {input(currency text)})"
                      " order by p.payee, p.currency limit {input(count bigint)}");
}

// As ListEntriesSql.
std::string ListDisputesSql(bool of_transaction) {
  return absl::StrCat("select ", Columns(kDisputes, "d"),
                      of_transaction ? " from {rows(world_id bigint, transaction_id uuid)}"
                                       " {find(disputes d, d.world_id = r.world_id"
                                       " and d.transaction_id = r.transaction_id)} where"
                                     : " from disputes d where d.world_id = {input(world_id bigint)} and",
                      " d.sequence < {input(before bigint)}"
                      " and ({input(state smallint)} is null or d.state = {input(state smallint)})"
                      " order by d.sequence desc limit {input(count bigint)}");
}

constexpr char kSettled[] =
    "select b.world_id, b.account, b.currency, b.minor_units from balances b"
    " where b.world_id = {input(world_id bigint)} and b.account like 'payee:%:settled' and b.minor_units <> 0"
    " order by b.account, b.currency";

constexpr char kSumPayouts[] =
    "select max(p.world_id), 'payee:' || p.payee || ':settled', p.currency,"
    " sum(p.gross - p.fees - p.refunds - p.held)"
    " from payouts p where p.world_id = {input(world_id bigint)} group by p.payee, p.currency"
    " having sum(p.gross - p.fees - p.refunds - p.held) <> 0 order by 2, p.currency";

// A batch's id that comes after all others.
const domain::BatchId kLastBatch = {.day = absl::CivilDay(9999, 12, 31), .number = 1 << 30};

}  // namespace

absl::StatusOr<std::pair<std::vector<Balance>, std::vector<Balance>>> SociReader::SettledAndPayouts(
    WorldId world) {
  return connection_.RunSnapshot([&] {
    std::vector<Balance> settled = ReadBalances(kSettled, world);
    return std::make_pair(std::move(settled), ReadBalances(kSumPayouts, world));
  });
}

std::vector<Balance> SociReader::ReadBalances(const std::string& sql, WorldId world) {
  std::vector<Balance> balances;
  Statement& statement = connection_.Prepare(sql, Width(kBalances));
  statement.NewInput().StartRow().Integer(world);
  statement.ForEach([&](ResultRow& row) { balances.push_back(ReadBalance(row).second); });
  return balances;
}

absl::StatusOr<std::optional<domain::SettlementBatch>> SociReader::GetBatch(WorldId world,
                                                                            const domain::BatchId& id) {
  static const std::string& sql =
      *new std::string(absl::StrCat("select ", Columns(kBatches, "b"),
                                    " from settlement_batches b where b.world_id = {input(world_id bigint)}"
                                    " and b.day = {input(day text)} and b.number = {input(number integer)}"));
  return connection_.Run([&] {
    std::optional<domain::SettlementBatch> found;
    Statement& statement = connection_.Prepare(sql, Width(kBatches));
    statement.NewInput().StartRow().Integer(world).Text(absl::FormatCivilTime(id.day)).Integer(id.number);
    statement.ForEach([&](ResultRow& row) { found = ReadBatch(row).second; });
    return found;
  });
}

absl::StatusOr<std::vector<domain::SettlementBatch>> SociReader::ListBatches(
    WorldId world, const std::optional<domain::BatchId>& before, int limit) {
  static const std::string& sql = *new std::string(ListBatchesSql());
  const domain::BatchId from = before.value_or(kLastBatch);
  return connection_.Run([&] {
    std::vector<domain::SettlementBatch> batches;
    Statement& statement = connection_.Prepare(sql, Width(kBatches));
    InputRows& input = statement.NewInput().StartRow().Integer(world);
    input.Text(absl::FormatCivilTime(from.day)).Integer(from.number).Integer(limit);
    statement.ForEach([&](ResultRow& row) { batches.push_back(ReadBatch(row).second); });
    return batches;
  });
}

absl::StatusOr<std::vector<PayeePayout>> SociReader::ListPayouts(WorldId world, const domain::BatchId& batch,
                                                                 const std::string& after_payee,
                                                                 const std::string& after_currency,
                                                                 int limit) {
  static const std::string& sql = *new std::string(ListPayoutsSql());
  return connection_.Run([&] {
    std::vector<PayeePayout> payouts;
    Statement& statement = connection_.Prepare(sql, Width(kPayouts));
    InputRows& input = statement.NewInput().StartRow().Integer(world).Text(batch.ToString());
    input.Text(after_payee).Text(after_currency).Integer(limit);
    statement.ForEach([&](ResultRow& row) { payouts.push_back(ReadPayout(row)); });
    return payouts;
  });
}

absl::StatusOr<std::optional<domain::Dispute>> SociReader::GetDispute(WorldId world, const std::string& id) {
  static const std::string& sql =
      *new std::string(absl::StrCat("select ", Columns(kDisputes, "d"), " from disputes d where d.world_id =",
                                    " {input(world_id bigint)} and d.dispute_id = {input(dispute_id uuid)}"));
  return connection_.Run([&] {
    std::optional<domain::Dispute> found;
    Statement& statement = connection_.Prepare(sql, Width(kDisputes));
    statement.NewInput().StartRow().Integer(world).Text(id);
    statement.ForEach([&](ResultRow& row) { found = ReadDispute(row).second; });
    return found;
  });
}

absl::StatusOr<std::vector<domain::Dispute>> SociReader::ListDisputes(WorldId world,
                                                                      const DisputeFilter& filter,
                                                                      int64_t before_sequence, int limit) {
  static const std::string& all_sql = *new std::string(ListDisputesSql(false));
  static const std::string& one_sql = *new std::string(ListDisputesSql(true));
  return connection_.Run([&] {
    std::vector<domain::Dispute> disputes;
    Statement& statement = connection_.Prepare(filter.transaction_id ? one_sql : all_sql, Width(kDisputes));
    InputRows& input = statement.NewInput().StartRow().Integer(world);
    if (filter.transaction_id) input.Text(*filter.transaction_id);
    input.Integer(before_sequence == 0 ? kNewest : before_sequence);
    filter.state ? input.Integer(static_cast<int>(*filter.state)) : input.Null();
    input.Integer(limit);
    statement.ForEach([&](ResultRow& row) { disputes.push_back(ReadDispute(row).second); });
    return disputes;
  });
}

absl::StatusOr<std::vector<StatisticsCount>> SociReader::CountStatistics(WorldId world, absl::Time from) {
  return connection_.Run([&] {
    std::vector<StatisticsCount> counts;
    Statement& statement = connection_.Prepare(
        "select s.state, s.kind, s.failure_code, s.final, sum(s.count) from statistics s"
        " where s.world_id = {input(world_id bigint)} and s.bucket_us >= {input(from_us bigint)}"
        " group by s.state, s.kind, s.failure_code, s.final"
        " order by s.state, s.kind, s.failure_code, s.final",
        5);
    statement.NewInput().StartRow().Integer(world).Time(from);
    statement.ForEach([&](ResultRow& row) {
      counts.push_back({.key = {.bucket = {},
                                .state = row.Enum<domain::State>(),
                                .kind = row.Enum<domain::Kind>(),
                                .failure_code = row.Text(),
                                .final = row.Integer() != 0},
                        .count = row.Integer()});
    });
    return counts;
  });
}

}  // namespace tracktrove::store
