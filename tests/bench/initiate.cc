// Durable initiates by gRPC against the same rows by pgbench: INITIATED only,
// and the whole life to COMPLETED in one commit.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer.h"
#include "tests/support/server_process.h"

namespace tracktrove::bench {
namespace {

constexpr int kPeerClients = 16;
constexpr int kSamples = 32;  // of which one is the peer's model

struct Work {
  std::string name;
  v1::Sandbox::Clock::Mode clock;
  v1::Sandbox::Pace pace;
};

// A clock that stands still keeps a PACED flow from going on by itself.
const std::vector<Work> kWorks = {{"initiated", v1::Sandbox::Clock::MANUAL, v1::Sandbox::PACED},
                                  {"instant", v1::Sandbox::Clock::REALTIME, v1::Sandbox::INSTANT}};

class Contest {
 public:
  Contest(Bench& bench, const Work& work) : bench_(bench), work_(work), database_(work.name) {
    CreateSandbox(client_, work.name, work.clock, work.pace);
    std::string transaction_id;
    Initiate(
        client_, 1, [&](int64_t) { return Next(); }, UpTo(kSamples),
        [&](const v1::Transaction& transaction) { transaction_id = transaction.id(); });
    peer_ = std::make_unique<Peer>("peer_" + work.name, database_, transaction_id);
    bench_.report.Note(absl::StrCat("one transaction of ", work.name, " writes ", peer_->rows()));
  }

  void Round() {
    const double peer = peer_->Run(kPeerClients, bench_.scale.span);
    bench_.report.Add(absl::StrCat("pgbench/", work_.name), peer, "tx/s");
    for (const int in_flight : {1, 16, 64, 256}) {
      const double rate = Initiate(
                              client_, in_flight, [&](int64_t) { return Next(); }, For(bench_.scale.span))
                              .PerSecond();
      const std::string name = absl::StrCat(work_.name, "/", in_flight);
      bench_.report.Add("initiate/" + name, rate, "tx/s");
      bench_.report.Add("initiate_vs_pgbench/" + name, rate / peer, "x",
                        in_flight == 256 ? AtLeast(1.0) : Target{});
    }
  }

 private:
  v1::InitiateTransactionRequest Next() { return Tip(work_.name, number_++); }

  Bench& bench_;
  const Work& work_;
  Database database_;
  testing::ServerProcess server_{{}, database_.ForServer()};
  Client client_ = server_.client();
  std::unique_ptr<Peer> peer_;
  int64_t number_ = 0;
};

}  // namespace

void MeasureInitiate(Bench& bench) {
  for (const Work& work : kWorks) {
    Contest contest(bench, work);
    for (int round = 0; round < bench.scale.rounds; ++round) contest.Round();
  }
}

}  // namespace tracktrove::bench
