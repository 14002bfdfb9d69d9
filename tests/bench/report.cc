#include "tests/bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace tracktrove::bench {
namespace {

// Three digits that count, without an exponent.
std::string Short(double value) {
  const double size = std::fabs(value);
  if (size >= 100 || value == std::floor(value)) return absl::StrFormat("%.0f", value);
  return absl::StrFormat(size >= 10 ? "%.1f" : "%.2f", value);
}

std::string Text(const Target& target) {
  if (target.side == Target::Side::kNone) return "";
  return absl::StrCat(target.side == Target::Side::kAtLeast ? ">= " : "<= ", Short(target.value));
}

bool Meets(const Target& target, double value) {
  return target.side == Target::Side::kAtLeast ? value >= target.value : value <= target.value;
}

std::string Range(const std::vector<double>& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return values.size() == 1 ? "" : absl::StrCat(Short(*min), "..", Short(*max));
}

}  // namespace

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

Report::Report() : started_(absl::Now()) {}

void Report::Add(const std::string& figure, double value, const std::string& unit, const Target& target) {
  const auto [it, is_new] = index_.try_emplace(figure, figures_.size());
  if (is_new) figures_.push_back({.name = figure, .unit = unit, .target = target, .values = {}});
  figures_[it->second].values.push_back(value);
  Progress(absl::StrCat(figure, ": ", Short(value), " ", unit));
}

void Report::Note(const std::string& text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
}

void Report::Progress(const std::string& text) const {
  absl::FPrintF(stderr, "%6.0f s  %s\n", absl::ToDoubleSeconds(absl::Now() - started_), text);
}

std::string Report::Verdict(const Figure& figure) {
  if (figure.target.side == Target::Side::kNone) return "";
  return Meets(figure.target, Median(figure.values)) ? "met" : "MISSED";
}

std::string Report::Table() const {
  constexpr char kRow[] = "%-36s %10s  %-17s %-6s %-8s %s\n";
  std::string table = absl::StrFormat(kRow, "figure", "median", "min..max", "unit", "target", "verdict");
  for (const Figure& figure : figures_) {
    absl::StrAppendFormat(&table, kRow, figure.name, Short(Median(figure.values)), Range(figure.values),
                          figure.unit, Text(figure.target), Verdict(figure));
  }
  for (const std::string& note : notes_) absl::StrAppend(&table, "- ", note, "\n");
  return table;
}

nlohmann::ordered_json Report::ToJson() const {
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  for (const Figure& figure : figures_) {
    const auto [min, max] = std::minmax_element(figure.values.begin(), figure.values.end());
    nlohmann::ordered_json json = {
        {"name", figure.name}, {"unit", figure.unit}, {"median", Median(figure.values)},
        {"min", *min},         {"max", *max},         {"rounds", figure.values}};
    if (figure.target.side != Target::Side::kNone) {
      json["target"] = Text(figure.target);
      json["met"] = Meets(figure.target, Median(figure.values));
    }
    figures.push_back(std::move(json));
  }
  return {{"figures", figures}, {"notes", notes_}};
}

}  // namespace tracktrove::bench
