#include "domain/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/strings/str_format.h"

namespace tracktrove::domain {
namespace {

// UTF-8 bytes sort as code points; UTF-16 code units differ from that only in
// putting the surrogates (lead byte 0xF0 and up) before U+E000..U+FFFF (0xEE,
// 0xEF).
int Utf16Rank(unsigned char byte) {
  if (byte >= 0xf0) return 0xee;
  if (byte >= 0xee) return 0xf8 + (byte - 0xee);
  return byte;
}

bool Utf16Less(const std::string& a, const std::string& b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    const auto x = static_cast<unsigned char>(a[i]);
    const auto y = static_cast<unsigned char>(b[i]);
    if (x == y) continue;
    const int rx = Utf16Rank(x), ry = Utf16Rank(y);
    return rx != ry ? rx < ry : x < y;
  }
  return a.size() < b.size();
}

// The escape of a character that must not stand as it is; empty for all others.
absl::string_view EscapeOf(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return "";
  }
}

// Copies whole runs.
void AppendString(std::string& out, const std::string& text) {
  out.push_back('"');
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    if (const absl::string_view escape = EscapeOf(c); !escape.empty()) {
      out.append(escape.data(), escape.size());
    } else {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<int>(c));
    }
  }
  out.append(text, copied, text.size() - copied);
  out.push_back('"');
}

// ECMAScript's Number::toString: shortest digits that read back, laid out
// plainly between 1e-6 and 1e21 and with an exponent outside.
void AppendDouble(std::string& out, double value) {
  if (value == 0) {
    out.push_back('0');  // also for -0
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(value), std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const size_t e = text.find('e');
  std::string digits = text.substr(0, 1);
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  const char* first = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(first, text.data() + text.size(), exponent);

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // where the decimal point stands among the digits
  if (count <= point && point <= 21) {
    out += digits + std::string(point - count, '0');
  } else if (0 < point && point <= 21) {
    out += digits.substr(0, point) + "." + digits.substr(point);
  } else if (-6 < point && point <= 0) {
    out += "0." + std::string(-point, '0') + digits;
  } else {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    absl::StrAppendFormat(&out, "e%+d", point - 1);
  }
}

void Append(std::string& out, const Json& value);

void AppendMember(std::string& out, const std::string& key, const Json& value) {
  if (out.back() != '{') out.push_back(',');
  AppendString(out, key);
  out.push_back(':');
  Append(out, value);
}

// The parser has sorted members by their keys' bytes, which is nearly always
// the order asked for.
void AppendObject(std::string& out, const Json& object) {
  using Member = Json::object_t::const_reference;
  const auto& members = object.get_ref<const Json::object_t&>();
  out.push_back('{');
  const auto in_order = [](Member a, Member b) { return Utf16Less(a.first, b.first); };
  if (std::is_sorted(members.begin(), members.end(), in_order)) {
    for (const auto& [key, value] : members) AppendMember(out, key, value);
  } else {
    std::vector<Json::object_t::const_iterator> sorted;
    for (auto it = members.begin(); it != members.end(); ++it) sorted.push_back(it);
    std::sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return in_order(*a, *b); });
    for (const auto& member : sorted) AppendMember(out, member->first, member->second);
  }
  out.push_back('}');
}

void AppendArray(std::string& out, const Json& array) {
  out.push_back('[');
  bool first = true;
  for (const Json& item : array) {
    if (!first) out.push_back(',');
    first = false;
    Append(out, item);
  }
  out.push_back(']');
}

void AppendInteger(std::string& out, const Json& value) {
  constexpr int64_t kExact = int64_t{1} << 53;
  const auto integer = value.get<int64_t>();
  const bool huge_unsigned =
      value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(kExact);
  if (huge_unsigned || integer > kExact || integer < -kExact) {
    AppendDouble(out, value.get<double>());
  } else {
    out += std::to_string(integer);
  }
}

void Append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return AppendObject(out, value);
    case Json::value_t::array:
      return AppendArray(out, value);
    case Json::value_t::string:
      return AppendString(out, value.get_ref<const std::string&>());
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return AppendInteger(out, value);
    case Json::value_t::number_float:
      return AppendDouble(out, value.get<double>());
    case Json::value_t::null:
    case Json::value_t::binary:     // never made here
    case Json::value_t::discarded:  // never made here
      out += "null";
  }
}

}  // namespace

int LevelsOf(const Json& value) {
  if (!value.is_structured()) return 0;
  int below = 0;
  for (const Json& member : value) below = std::max(below, LevelsOf(member));
  return 1 + below;
}

std::string CanonicalJson(const Json& value) {
  std::string out;
  Append(out, value);
  return out;
}

Text CanonicalText(const Json& value) { return std::make_shared<const std::string>(CanonicalJson(value)); }

Json ParseStored(const std::string& text) { return Json::parse(text); }

}  // namespace tracktrove::domain
