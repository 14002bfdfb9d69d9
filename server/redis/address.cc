#include "redis/address.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "domain/status_macros.h"

namespace tracktrove::redis {
namespace {

constexpr int kMaxDatabase = 9999;

absl::Status Malformed(absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be redis://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE], ", problem));
}

absl::StatusOr<int> Number(absl::string_view text, int lowest, int highest, absl::string_view what) {
  int number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < lowest || number > highest) {
    return Malformed(absl::StrCat("with a ", what, " from ", lowest, " to ", highest));
  }
  return number;
}

int HexDigit(char c) { return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10; }

absl::StatusOr<std::string> Unescape(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) {
      return Malformed("with every % of the password written as %25");
    }
    plain += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return plain;
}

absl::Status ReadCredentials(absl::string_view text, Address& address) {
  const size_t colon = text.find(':');
  if (colon != absl::string_view::npos) {
    TT_ASSIGN_OR_RETURN(address.user, Unescape(text.substr(0, colon)));
    text.remove_prefix(colon + 1);
  }
  TT_ASSIGN_OR_RETURN(address.password, Unescape(text));
  if (address.password.empty()) return Malformed("with a password before the @");
  return absl::OkStatus();
}

absl::Status ReadHostAndPort(absl::string_view text, Address& address) {
  size_t colon = text.rfind(':');
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos) return Malformed("with a ] after an IPv6 address");
    address.host = std::string(text.substr(1, end - 1));
    colon = end + 1;
    if (colon < text.size() && text[colon] != ':') return Malformed("with nothing but a port after the ]");
  } else {
    address.host = std::string(text.substr(0, colon));
  }
  if (address.host.empty()) return Malformed("with a host");
  if (colon >= text.size()) return absl::OkStatus();  // also when there is none
  TT_ASSIGN_OR_RETURN(address.port, Number(text.substr(colon + 1), 1, 65535, "port"));
  return absl::OkStatus();
}

}  // namespace

std::string Address::Name() const { return absl::StrCat(host, ":", port); }

absl::StatusOr<Address> ParseAddress(const std::string& url) {
  absl::string_view rest = url;
  if (absl::StartsWith(rest, "rediss://")) return Malformed("without TLS, which is not supported");
  if (!absl::ConsumePrefix(&rest, "redis://")) return Malformed("beginning with redis://");
  Address address;
  // A password may hold anything but an @ as it is.
  if (const size_t at = rest.rfind('@'); at != absl::string_view::npos) {
    TT_RETURN_IF_ERROR(ReadCredentials(rest.substr(0, at), address));
    rest.remove_prefix(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != absl::string_view::npos) {
    const absl::string_view database = rest.substr(slash + 1);
    if (!database.empty()) {
      TT_ASSIGN_OR_RETURN(address.database, Number(database, 0, kMaxDatabase, "database"));
    }
    rest = rest.substr(0, slash);
  }
  TT_RETURN_IF_ERROR(ReadHostAndPort(rest, address));
  return address;
}

}  // namespace tracktrove::redis
