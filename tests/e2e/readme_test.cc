// The README's chapter about breaking things, run as it stands: with a seed and
// a clock of one's own, what it shows is what comes.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

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

TEST(Readme, ShowsWhatBreakingThingsShows) {
  ServerProcess server;
  const std::vector<Example> examples = ExamplesOf("Break it on purpose");
  ASSERT_GE(examples.size(), 15u);
  const std::vector<std::string> outputs = OutputsOf(examples, server.endpoint());
  ASSERT_EQ(outputs.size(), examples.size() + 1);
  for (size_t i = 0; i < examples.size(); ++i)
    EXPECT_EQ(outputs[i], examples[i].output) << examples[i].command;
}

}  // namespace
}  // namespace tracktrove::testing
