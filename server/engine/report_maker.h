// Makes the report of a simulation that has ended: goes through its records,
// its money and its stretch of the log, one page at a time, so that other
// reads get their turn in between.
#ifndef TRACKTROVE_ENGINE_REPORT_MAKER_H_
#define TRACKTROVE_ENGINE_REPORT_MAKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/simulation_report.h"
#include "engine/engine.h"
#include "store/reader.h"

namespace tracktrove::engine {

class ReportMaker : public std::enable_shared_from_this<ReportMaker> {
 public:
  // Called once, on a reading thread.
  using Deliver = std::function<void(absl::StatusOr<domain::SimulationReport>)>;

  // `run` has ended; `engine` must outlive the making.
  static void Start(Engine& engine, domain::WorldId world, domain::SimulationRun run, Deliver deliver);

 private:
  ReportMaker(Engine& engine, domain::WorldId world, domain::SimulationRun run, Deliver deliver)
      : engine_(engine), world_(world), run_(std::move(run)), deliver_(std::move(deliver)) {}

  static constexpr int64_t kWindow = 100;

  // Reads a page of what is left; answers whether that was the last.
  absl::StatusOr<bool> ReadPage(store::Reader& reader);
  absl::Status ReadRecords(store::Reader& reader);
  absl::Status ReadMoney(store::Reader& reader);
  absl::Status LeaveOutLater(store::Reader& reader, const domain::Transaction& transaction);
  absl::Status ReadTrail(store::Reader& reader);
  void Continue();

  Engine& engine_;
  const domain::WorldId world_;
  const domain::SimulationRun run_;
  const Deliver deliver_;
  domain::ReportBuilder builder_;

  // How far it is; what is done is not read again.
  bool records_done_ = false;
  store::RunPlace place_ = {0, -1};
  int64_t window_end_ = kWindow;  // of the arrivals that are read now
  bool money_done_ = false;
  int64_t summed_arrival_ = -1;
  int64_t walked_sequence_ = 0;
};

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_REPORT_MAKER_H_
