// What a simulation is compared with: a program that has the finished rows in
// its memory and writes them with multi-row statements, as fast as PostgreSQL
// takes them: `insert ... select ... from unnest` of an array a column, one
// statement a table, and a COMMIT for as many transactions as a batch of ours.
//
// It is spared what our write path does besides: reading, deciding, numbering,
// the chain of hashes, the sandbox's row, its statistics and settlement batch.
#ifndef TRACKTROVE_TESTS_BENCH_ROW_COPIES_H_
#define TRACKTROVE_TESTS_BENCH_ROW_COPIES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/database.h"

namespace tracktrove::bench {

class RowCopies {
 public:
  // Reads the rows that a simulation left in `source`, whose only one it is.
  explicit RowCopies(const Database& source);

  // Writes them all into the empty tables of another database; transactions a second.
  double Write(const std::string& name) const;

  // How many rows there are, by table: "500 transactions, 4000 traces".
  std::string Describe() const;

 private:
  // The columns of a table, and what stands in them by batch, as array literals.
  struct Table {
    std::string name;
    std::string insert;
    int64_t rows = 0;
    std::vector<std::vector<std::string>> batches;
  };

  int64_t transactions_ = 0;
  std::vector<Table> tables_;
};

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_ROW_COPIES_H_
