#include "sdk/src/request_id.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"

namespace tracktrove::internal {

std::string NewRequestId() {
  // Straight from the system: a seeded generator of 32 bits would collide.
  thread_local std::random_device device;
  const auto draw = [] { return static_cast<uint64_t>(device()) << 32 | device(); };
  const uint64_t high = (draw() & ~0xf000ull) | 0x4000ull;
  const uint64_t low = (draw() & ~(0x3ull << 62)) | (0x2ull << 62);
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xffff, high & 0xffff,
                         low >> 48, low & 0xffffffffffff);
}

}  // namespace tracktrove::internal
