// The direction of the rooms, read from their #include lines: a rule that no
// machine checks decays.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;
  std::string room;    // of the file
  std::string target;  // what stands between the quotes or brackets
};

std::vector<Include> IncludesBelow(const fs::path& root) {
  static const std::regex line_pattern(R"(^\s*#include\s+["<]([^">]+)[">])");
  std::vector<Include> includes;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const fs::path relative = fs::relative(entry.path(), root);
    const std::string room = relative.has_parent_path() ? relative.begin()->string() : "main";
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (std::regex_search(line, match, line_pattern)) includes.push_back({relative, room, match[1]});
    }
  }
  return includes;
}

fs::path Source(const std::string& folder) { return fs::path(TRACKTROVE_SOURCE_DIR) / folder; }

std::string RoomOf(const std::string& target) { return target.substr(0, target.find('/')); }

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"domain", {"domain"}},
    {"store", {"store", "sync", "domain"}},
    {"sync", {"sync"}},
    {"redis", {"redis", "sync", "domain"}},
    {"holds", {"holds", "redis", "sync", "domain"}},
    {"events", {"events", "redis", "sync", "domain"}},
    {"engine", {"engine", "store", "holds", "events", "sync", "domain"}},
    {"api", {"api", "engine", "store", "events", "sync", "domain"}},
    {"config", {"config", "redis", "domain"}},
    {"app", {"app", "api", "engine", "store", "holds", "events", "redis", "config", "domain"}},
    {"main", {"app", "api", "config"}},
};

TEST(Architecture, RoomsIncludeOnlyWhatTheyMay) {
  const std::vector<Include> includes = IncludesBelow(Source("server"));
  ASSERT_GT(includes.size(), 100u);
  for (const Include& include : includes) {
    ASSERT_TRUE(kMayInclude.contains(include.room))
        << include.file << " is in a room that the map does not know";
    const std::string room = RoomOf(include.target);
    if (!kMayInclude.contains(room)) continue;
    EXPECT_TRUE(kMayInclude.at(include.room).contains(room))
        << include.file << " must not include " << include.target;
  }
}

TEST(Architecture, TheWireStaysInTheApi) {
  for (const Include& include : IncludesBelow(Source("server"))) {
    const bool wire = include.target.find(".pb.h") != std::string::npos || include.target.starts_with("grpc");
    EXPECT_TRUE(!wire || include.room == "api") << include.file << " includes " << include.target;
  }
}

TEST(Architecture, TheDomainHasNoClockNoThreadsAndNoIo) {
  const std::set<std::string> impure = {
      "absl/time/clock.h", "chrono",   "thread", "mutex",  "atomic",    "random",
      "fstream",           "iostream", "cstdio", "future", "filesystem"};
  for (const Include& include : IncludesBelow(Source("server/domain"))) {
    EXPECT_FALSE(impure.contains(include.target)) << include.file << " includes " << include.target;
    EXPECT_FALSE(include.target.starts_with("spdlog") || include.target.starts_with("soci")) << include.file;
  }
}

TEST(Architecture, TheSdkKnowsOnlyTheContract) {
  for (const Include& include : IncludesBelow(Source("sdk"))) {
    EXPECT_FALSE(kMayInclude.contains(RoomOf(include.target)))
        << include.file << " includes " << include.target;
  }
}

}  // namespace
