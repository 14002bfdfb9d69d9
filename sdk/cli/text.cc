#include "sdk/cli/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tracktrove::cli {
namespace {

constexpr size_t kNameWidth = 14;

std::string Padding(absl::string_view text, size_t width) {
  // Every byte but the continuation bytes of UTF-8 begins a character.
  const size_t length = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
  return std::string(width - std::min(width, length), ' ');
}

}  // namespace

std::string Left(absl::string_view text, size_t width) { return absl::StrCat(text, Padding(text, width)); }

std::string Right(absl::string_view text, size_t width) { return absl::StrCat(Padding(text, width), text); }

std::string Trimmed(std::string line) {
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string Noun(int64_t count, absl::string_view singular) {
  return absl::StrCat(singular, count == 1 ? "" : "s");
}

std::string Counted(int64_t count, absl::string_view singular) {
  return absl::StrCat(count, " ", Noun(count, singular));
}

std::string Paint(Style style, Color color, std::string text) {
  if (!style.color) return text;
  return absl::StrCat("\x1b[", static_cast<int>(color), "m", text, "\x1b[0m");
}

std::string Fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) lines.push_back(absl::StrCat(Left(name, kNameWidth), value));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace tracktrove::cli
