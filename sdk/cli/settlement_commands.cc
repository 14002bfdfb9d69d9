// What payees are paid, and what happened by the hour.
#include <memory>
#include <string>

#include "sdk/cli/command.h"
#include "sdk/cli/parse.h"

namespace tracktrove::cli {
namespace {

void AddRun(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("run", "Pay and close now the open batch whose time comes first");
  const auto request_id = std::make_shared<std::string>();
  command.add_option("--request-id", *request_id, "Joins a run that is under way [random]");
  OnRun(command, context, [&context, request_id](const Client& client) -> absl::Status {
    v1::RunSettlementRequest request;
    request.set_sandbox(context.sandbox);
    request.set_request_id(*request_id);
    const absl::StatusOr<v1::SettlementBatch> batch = client.RunSettlement(request);
    if (!batch.ok()) return batch.status();
    context.Print(*batch, RenderBatch(*batch));
    return absl::OkStatus();
  });
}

void AddSettlementList(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("list", "List batches, the newest business day first");
  const auto limit = std::make_shared<int>(50);
  command.add_option("--limit", *limit, "At most this many; 0 for all")->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, limit](const Client& client) {
    v1::ListSettlementBatchesRequest request;
    request.set_sandbox(context.sandbox);
    return PrintAll(
        client.ListSettlementBatches(request), *limit,
        [&context](const v1::SettlementBatch& batch) { context.Print(batch, RenderBatchLine(batch)); });
  });
}

struct GetFlags {
  std::string batch;
  int limit = 50;
};

void AddSettlementGet(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("get", "Show a batch and what it paid to each payee");
  const auto flags = std::make_shared<GetFlags>();
  command.add_option("batch", flags->batch, "The batch's id, like 2026-01-02")->required();
  command.add_option("--limit", flags->limit, "At most this many payees; 0 for all")
      ->check(CLI::NonNegativeNumber);
  OnRun(command, context, [&context, flags](const Client& client) -> absl::Status {
    v1::GetSettlementBatchRequest get;
    get.set_sandbox(context.sandbox);
    get.set_batch(flags->batch);
    const absl::StatusOr<v1::SettlementBatch> batch = client.GetSettlementBatch(get);
    if (!batch.ok()) return batch.status();
    context.Print(*batch, RenderBatch(*batch));
    v1::ListPayoutsRequest list;
    list.set_sandbox(context.sandbox);
    list.set_batch(flags->batch);
    return PrintAll(client.ListPayouts(list), flags->limit,
                    [&context](const v1::Payout& payout) { context.Print(payout, RenderPayout(payout)); });
  });
}

}  // namespace

void AddSettlementCommands(CLI::App& app, Context& context) {
  CLI::App& settlement = *app.add_subcommand("settlement", "Look at what payees are paid, and pay them now");
  settlement.require_subcommand(1);
  AddRun(settlement, context);
  AddSettlementList(settlement, context);
  AddSettlementGet(settlement, context);
}

void AddStatsCommand(CLI::App& app, Context& context) {
  CLI::App& command = *app.add_subcommand("stats", "Count what happened, by state, kind and failure code");
  const auto window = std::make_shared<std::string>("24h");
  command.add_option("--window", *window, "How far back on the sandbox's clock, 1h to 31d");
  OnRun(command, context, [&context, window](const Client& client) -> absl::Status {
    v1::GetStatisticsRequest request;
    request.set_sandbox(context.sandbox);
    *request.mutable_window() = ValueOf(ParseDuration(*window), "--window");
    const absl::StatusOr<v1::GetStatisticsResponse> statistics = client.GetStatistics(request);
    if (!statistics.ok()) return statistics.status();
    context.Print(*statistics, RenderStatistics(*statistics));
    return absl::OkStatus();
  });
}

}  // namespace tracktrove::cli
