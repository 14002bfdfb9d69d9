// What a run found: figures by name, one value a round, and against which target.
#ifndef TRACKTROVE_TESTS_BENCH_REPORT_H_
#define TRACKTROVE_TESTS_BENCH_REPORT_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tracktrove::bench {

// Where a figure's median is to be.
struct Target {
  enum class Side { kNone, kAtLeast, kAtMost };
  Side side = Side::kNone;
  double value = 0;
};

inline Target AtLeast(double value) { return {Target::Side::kAtLeast, value}; }
inline Target AtMost(double value) { return {Target::Side::kAtMost, value}; }

// The value in the middle, or at a share (0 to 1) of the way, of values in any
// order; there is at least one.
double Quantile(std::vector<double> values, double share);
inline double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

class Report {
 public:
  Report();

  // One round's value of a figure; unit and target are those given first.
  void Add(const std::string& figure, double value, const std::string& unit, const Target& target = {});
  // Something to know about the figures, once.
  void Note(const std::string& text);
  // Says on standard error what is going on.
  void Progress(const std::string& text) const;

  // Name, median, range, unit, target and verdict of each, in the order in which they came.
  std::string Table() const;
  nlohmann::ordered_json ToJson() const;

 private:
  struct Figure {
    std::string name;
    std::string unit;
    Target target;
    std::vector<double> values;
  };

  static std::string Verdict(const Figure& figure);

  const absl::Time started_;
  std::vector<Figure> figures_;
  std::map<std::string, size_t> index_;
  std::vector<std::string> notes_;
};

}  // namespace tracktrove::bench

#endif  // TRACKTROVE_TESTS_BENCH_REPORT_H_
