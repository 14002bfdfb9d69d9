// Columns and colours.
#ifndef TRACKTROVE_SDK_CLI_TEXT_H_
#define TRACKTROVE_SDK_CLI_TEXT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "sdk/cli/render.h"

namespace tracktrove::cli {

// Padded to `width` characters (code points, not bytes) with spaces.
std::string Left(absl::string_view text, size_t width);
std::string Right(absl::string_view text, size_t width);

// Without the spaces that padding left at the end.
std::string Trimmed(std::string line);

// `1 payment`, `2 payments`; Noun without the number.
std::string Noun(int64_t count, absl::string_view singular);
std::string Counted(int64_t count, absl::string_view singular);

enum class Color { kRed = 31, kGreen = 32, kYellow = 33, kMagenta = 35, kCyan = 36 };

std::string Paint(Style style, Color color, std::string text);

// One field a line, values aligned; fields without a value are left out.
std::string Fields(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace tracktrove::cli

#endif  // TRACKTROVE_SDK_CLI_TEXT_H_
