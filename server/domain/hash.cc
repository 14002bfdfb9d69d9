#include "domain/hash.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "absl/strings/escaping.h"

namespace tracktrove::domain {
namespace {

// Fetched once: looking an algorithm up costs more than hashing a record.
const EVP_MD* Sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

void AppendBigEndian(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

}  // namespace

FieldHash::FieldHash(uint8_t version) { fields_.push_back(static_cast<char>(version)); }

FieldHash& FieldHash::Text(absl::string_view field) {
  AppendBigEndian(fields_, field.size());
  fields_.append(field.data(), field.size());
  return *this;
}

FieldHash& FieldHash::Integer(int64_t field) {
  AppendBigEndian(fields_, sizeof(field));
  AppendBigEndian(fields_, static_cast<uint64_t>(field));
  return *this;
}

FieldHash::Digest FieldHash::Finish() {
  Digest digest;
  // Fails only without memory or without the algorithm: nothing to go on with.
  if (EVP_Digest(fields_.data(), fields_.size(), digest.data(), nullptr, Sha256(), nullptr) != 1)
    std::abort();
  return digest;
}

std::string FieldHash::FinishHex() {
  const Digest digest = Finish();
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace tracktrove::domain
