#include "holds/hold_keys.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/vocabulary.h"

namespace tracktrove::holds {
namespace {

// As long as replicas may take to hear of the same end. A transaction that is
// held again meanwhile loses a prompt at worst.
constexpr char kClaimMilliseconds[] = "2000";

constexpr char kScanned[] = "1000";  // keys at once

std::string KeyOf(const std::string& prefix, const char* kind, const HoldKey& key) {
  return absl::StrCat(prefix, ":", kind, ":", key.first, ":", key.second);
}

}  // namespace

std::optional<redis::Command> HoldKeys::Set(const HoldKey& key, std::optional<absl::Time> expire,
                                            absl::Time now) const {
  const std::string name = KeyOf(prefix_, "hold", key);
  if (!expire) return redis::Command{"DEL", name};
  if (*expire <= now) return std::nullopt;
  const int64_t milliseconds = absl::ToInt64Milliseconds(*expire - now) + 1;
  return redis::Command{"SET", name, domain::Rfc3339(*expire), "PX", absl::StrCat(milliseconds)};
}

redis::Command HoldKeys::Claim(const HoldKey& key) const {
  return {"SET", KeyOf(prefix_, "ended", key), "1", "NX", "PX", kClaimMilliseconds};
}

redis::Command HoldKeys::Scan(const std::string& sandbox, const std::string& cursor) const {
  const std::string start = KeyOf(prefix_, "hold", {sandbox, ""});
  std::string pattern;
  for (const char c : start) {
    if (absl::StrContains("*?[]^\\", c)) pattern += '\\';
    pattern += c;
  }
  return {"SCAN", cursor, "MATCH", pattern + "*", "COUNT", kScanned};
}

// Neither a sandbox's name nor a transaction's id has a colon.
std::optional<HoldKey> HoldKeys::Parse(const std::string& key) const {
  const std::string start = prefix_ + ":hold:";
  const size_t colon = key.rfind(':');
  if (!absl::StartsWith(key, start) || colon < start.size()) return std::nullopt;
  return HoldKey(key.substr(start.size(), colon - start.size()), key.substr(colon + 1));
}

std::string ExpiredChannel(int database) { return absl::StrCat("__keyevent@", database, "__:expired"); }

// E: events by what happened; x: expired keys; A: all that happens, x included.
std::optional<std::string> WithExpiredEvents(const std::string& setting) {
  const auto has = [&](char flag) { return setting.find(flag) != std::string::npos; };
  std::string wanted = setting;
  if (!has('E')) wanted += 'E';
  if (!has('x') && !has('A')) wanted += 'x';
  if (wanted == setting) return std::nullopt;
  return wanted;
}

}  // namespace tracktrove::holds
