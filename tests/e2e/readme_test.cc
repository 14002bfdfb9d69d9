// The README's chapters about breaking things and about crowds, run as they
// stand: with a seed and a clock of one's own, what they show is what comes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace tracktrove::testing {
namespace {

struct Example {
  std::string command;
  std::string output;
};

// The commands of a chapter, each a `$` line with the lines that its `\` asks
// for, and what comes before the next one.
std::vector<Example> ExamplesOf(const std::string& heading) {
  std::stringstream readme;
  readme << std::ifstream(TRACKTROVE_SOURCE_DIR "/README.md").rdbuf();
  std::vector<Example> examples;
  bool in_chapter = false, in_block = false, in_command = false;
  for (std::string line; std::getline(readme, line);) {
    if (absl::StartsWith(line, "## ")) in_chapter = line == "## " + heading;
    if (!in_chapter) continue;
    if (absl::StartsWith(line, "```")) {
      in_block = !in_block;
    } else if (in_block && absl::StartsWith(line, "$ ")) {
      examples.push_back({line.substr(2), ""});
      in_command = absl::EndsWith(line, "\\");
    } else if (in_block && in_command) {
      absl::StrAppend(&examples.back().command, "\n", line);
      in_command = absl::EndsWith(line, "\\");
    } else if (in_block && !examples.empty()) {
      absl::StrAppend(&examples.back().output, line, "\n");
    }
  }
  return examples;
}

// What each prints, all in one shell.
std::vector<std::string> OutputsOf(const std::vector<Example>& examples, const std::string& endpoint) {
  constexpr char kEnd[] = "-- end of an example --\n";
  std::string script = "exec 2>&1\ncd " TRACKTROVE_SOURCE_DIR "\n";
  for (const Example& example : examples) {
    absl::StrAppend(&script, example.command, "\necho '", absl::string_view(kEnd, sizeof(kEnd) - 2), "'\n");
  }
  ChildProcess shell({"bash", "-c", script},
                     {{"TRACKTROVE_SERVER", endpoint},
                      {"PATH", absl::StrCat(TRACKTROVE_TTCTL_DIR ":", std::getenv("PATH"))}});
  const std::string output = shell.ReadAll();
  EXPECT_EQ(shell.Wait(), 0);
  return absl::StrSplit(output, kEnd);
}

// Without what depends on how fast the machine is.
std::string Timeless(const std::string& line) {
  static const std::regex timing(R"( in [0-9.]+m?s;|^throughput .*)");
  return std::regex_replace(line, timing, "");
}

// Whether `shown` comes in `output`, line by line in order, with anything where
// it says `...`.
void ExpectShows(const std::string& output, const std::string& shown) {
  std::vector<std::string> lines = absl::StrSplit(output, '\n');
  auto next = lines.begin();
  for (const absl::string_view line : absl::StrSplit(shown, '\n', absl::SkipEmpty())) {
    if (line == "...") continue;
    const std::string expected = Timeless(std::string(line));
    next = std::find_if(next, lines.end(), [&](const std::string& one) { return Timeless(one) == expected; });
    ASSERT_NE(next, lines.end()) << "not there, or not in order: " << line << "\nin\n" << output;
    ++next;
  }
}

// Each example of a chapter with what it prints against a server of its own.
std::vector<std::pair<Example, std::string>> RunChapter(const std::string& heading, size_t at_least) {
  ServerProcess server;
  const std::vector<Example> examples = ExamplesOf(heading);
  EXPECT_GE(examples.size(), at_least) << heading;
  const std::vector<std::string> outputs = OutputsOf(examples, server.endpoint());
  EXPECT_EQ(outputs.size(), examples.size() + 1);
  std::vector<std::pair<Example, std::string>> ran;
  for (size_t i = 0; i < std::min(examples.size(), outputs.size()); ++i)
    ran.emplace_back(examples[i], outputs[i]);
  return ran;
}

TEST(Readme, ShowsWhatACrowdComesTo) {
  for (const auto& [example, output] : RunChapter("Fire a thousand", 2)) ExpectShows(output, example.output);
}

TEST(Readme, ShowsWhatBreakingThingsShows) {
  for (const auto& [example, output] : RunChapter("Break it on purpose", 15))
    EXPECT_EQ(output, example.output) << example.command;
}

}  // namespace
}  // namespace tracktrove::testing
