#include "domain/draw.h"

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/hash.h"
#include "domain/vocabulary.h"

namespace tracktrove::domain {
namespace {

constexpr uint8_t kDrawVersion = 1;

FieldHash::Digest DrawDigest(uint64_t seed, absl::string_view key, absl::string_view step, int attempt,
                             absl::string_view purpose) {
  return FieldHash(kDrawVersion)
      .Integer(static_cast<int64_t>(seed))
      .Text(key)
      .Text(step)
      .Integer(attempt)
      .Text(purpose)
      .Finish();
}

// Eight bytes of a digest as a number, big-endian.
uint64_t Word(const FieldHash::Digest& digest, int index) {
  uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = (word << 8) | digest[index * 8 + i];
  return word;
}

}  // namespace

uint64_t Draws::Bits(absl::string_view step, int attempt, absl::string_view purpose) const {
  return Word(DrawDigest(seed_, key_, step, attempt, purpose), 0);
}

int64_t Draws::Below(int64_t bound, absl::string_view step, int attempt, absl::string_view purpose) const {
  const absl::uint128 scaled = absl::uint128(Bits(step, attempt, purpose)) * static_cast<uint64_t>(bound);
  return static_cast<int64_t>(absl::Uint128High64(scaled));
}

bool Draws::Chance(int64_t ppm, absl::string_view step, int attempt, absl::string_view purpose) const {
  return Below(kPpm, step, attempt, purpose) < ppm;
}

std::string Draws::Hex(int length, absl::string_view step, int attempt, absl::string_view purpose) const {
  const FieldHash::Digest digest = DrawDigest(seed_, key_, step, attempt, purpose);
  return absl::StrFormat("%016x%016x", Word(digest, 0), Word(digest, 1)).substr(0, length);
}

std::string Draws::Uuid(absl::Time time, absl::string_view purpose) const {
  const FieldHash::Digest digest = DrawDigest(seed_, key_, "", 0, purpose);
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(time)) & 0xffff'ffff'ffff;
  const uint64_t high = (millis << 16) | 0x7000 | (Word(digest, 0) & 0x0fff);
  const uint64_t low = 0x8000'0000'0000'0000 | (Word(digest, 1) >> 2);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xffff, high & 0xffff,
                         low >> 48, low & 0xffff'ffff'ffff);
}

std::string DrawId(uint64_t sandbox_seed, const Transaction& transaction, absl::Time now,
                   absl::string_view what) {
  std::string purpose(what);
  if (transaction.simulation_number != 0) absl::StrAppend(&purpose, "/", transaction.simulation_number);
  return DrawsOf(sandbox_seed, transaction).Uuid(now, purpose);
}

}  // namespace tracktrove::domain
