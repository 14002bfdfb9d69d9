// The Writer's part about settlement, disputes and statistics.
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "store/rows.h"
#include "store/soci_writer.h"
#include "store/tables.h"

namespace tracktrove::store {
namespace {

std::string BatchTimersSql() {
  return absl::StrCat("select ", Columns(kTimers, "t"),
                      " from timers t"
                      " {find(transactions x, x.world_id = t.world_id and x.transaction_id = t.transaction_id"
                      " and x.settlement_batch = {input(batch text)})}"
                      " where t.world_id = {input(world_id bigint)} and t.due_us = {input(pay_us bigint)}"
                      " and t.kind = {input(kind smallint)}"
                      " order by t.sequence limit {input(count bigint)}");
}

// `condition` says which disputes belong to the input rows `r`.
std::string SelectDisputesSql(absl::string_view key, absl::string_view condition) {
  return absl::StrCat("select ", Columns(kDisputes, "d"), " from {rows(world_id bigint, ", key,
                      " uuid)} {find(disputes d, d.world_id = r.world_id and ", condition, ")}");
}

}  // namespace

absl::StatusOr<std::vector<domain::Timer>> SociWriter::BatchTimers(WorldId world,
                                                                   const domain::SettlementRun& batch,
                                                                   int limit) {
  static const std::string& sql = *new std::string(BatchTimersSql());
  return RunInside([&] {
    Statement& statement = connection_.Prepare(sql, Width(kTimers));
    statement.NewInput()
        .StartRow()
        .Text(batch.batch.ToString())
        .Integer(world)
        .Time(batch.pay_time)
        .Integer(static_cast<int>(domain::TimerKind::kSettlement))
        .Integer(limit);
    return ReadTimers(statement);
  });
}

void SociWriter::LoadDisputes(const Wanted& wanted, Found& found) {
  static const std::string& by_id =
      *new std::string(SelectDisputesSql("dispute_id", "d.dispute_id = r.dispute_id"));
  // The condition names that of the partial index.
  static const std::string& open = *new std::string(
      SelectDisputesSql("transaction_id", "d.transaction_id = r.transaction_id and d.state < 3"));
  const auto load = [&](const std::string& sql, const std::vector<WorldKey>& keys) {
    if (keys.empty()) return;
    Statement& statement = connection_.Prepare(sql, Width(kDisputes));
    AddKeys(statement.NewInput(), keys);
    statement.ForEach([&](ResultRow& row) {
      auto [world, dispute] = ReadDispute(row);
      const WorldKey key(world, dispute.id);
      found.disputes.emplace(key, std::move(dispute));
    });
  };
  load(by_id, wanted.disputes);
  load(open, wanted.open_disputes);
}

void SociWriter::WriteSettlement(const Changes& changes) {
  static const std::string& disputes_sql = *new std::string(Upsert(kDisputes));
  static const std::string& batches_sql = *new std::string(Upsert(kBatches));
  static const std::string& drop_sql =
      *new std::string("{delete(settlement_batches, world_id bigint, day text, number integer)}");
  WriteAll(disputes_sql, changes.disputes);
  WriteAll(drop_sql, changes.dropped_batches, [](InputRows& input, const auto& batch) {
    input.StartRow()
        .Integer(batch.first)
        .Text(absl::FormatCivilTime(batch.second.day))
        .Integer(batch.second.number);
  });
  WriteAll(batches_sql, changes.batches);
  AddToPayouts(changes.payouts);
}

void SociWriter::AddToPayouts(const Changes::Rows<domain::PayoutLine>& lines) {
  static const std::string& sql = *new std::string(AddTo(kPayouts, "payments, gross, fees, refunds, held"));
  // Each payee once, in a fixed order.
  std::map<std::tuple<WorldId, std::string, std::string, std::string>, PayeePayout> sums;
  for (const auto& [world, line] : lines) {
    PayeePayout& sum = sums[{world, line.batch ? line.batch->ToString() : "", line.payee, line.currency}];
    const std::optional<domain::Payout> total = CheckedAdd(sum.payout, line.payout);
    if (!total)
      throw StatusError(domain::BrokenInvariant(absl::StrCat("the payout of ", line.payee, " overflows")));
    sum = {line.payee, line.currency, sum.payments + 1, *total};
  }
  WriteAll(sql, sums, [](InputRows& input, const auto& sum) {
    Add(input, std::get<0>(sum.first), std::get<1>(sum.first), sum.second);
  });
}

void SociWriter::AddToStatistics(const Changes& changes) {
  static const std::string& add_sql = *new std::string(AddTo(kStatistics, "count"));
  std::map<std::pair<WorldId, domain::StatisticsKey>, int64_t> counts;
  for (const auto& counted : changes.statistics) ++counts[counted];
  WriteAll(add_sql, counts, [](InputRows& input, const auto& count) {
    Add(input, count.first.first, StatisticsCount{count.first.second, count.second});
  });
  for (const auto& [world, before] : changes.forgotten_statistics) {
    Statement& statement = connection_.Prepare(
        "delete from statistics where world_id = {input(world_id bigint)}"
        " and bucket_us < {input(before bigint)}");
    statement.NewInput().StartRow().Integer(world).Time(before);
    statement.Execute();
  }
}

}  // namespace tracktrove::store
