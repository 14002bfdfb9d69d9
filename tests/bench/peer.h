// What the write path is compared with: pgbench, whose one prepared statement
// writes the rows that a transaction of ours left, column by column in the same
// widths, into the same schema in another database.
//
// It is spared what our write path does besides: numbering under a lock, the
// chain of hashes, the decision. No row of it is hot: accounts that all
// transactions share (escrow, fees) are spread like the others.
#ifndef TRACKTROVE_TESTS_BENCH_PEER_H_
#define TRACKTROVE_TESTS_BENCH_PEER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/database.h"
#include "tests/support/temp_folder.h"

namespace tracktrove::bench {

class Peer {
 public:
  // Copies what `transaction_id` left in `source`. `name` names the database.
  Peer(const std::string& name, const Database& source, const std::string& transaction_id);

  // How many rows a transaction writes, by table: "1 transactions, 7 traces".
  const std::string& rows() const { return rows_; }

  // Transactions a second with this many clients for `span`.
  double Run(int clients, absl::Duration span);

 private:
  Database database_;
  testing::TempFolder folder_;
  std::string rows_;
  std::vector<std::pair<std::string, std::string>> variables_;  // of the script, with their texts
  int runs_ = 0;
};

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_PEER_H_
