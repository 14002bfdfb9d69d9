#include "api/document.h"

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "domain/json.h"

namespace tracktrove::api {
namespace {

using domain::Json;

// Wire types, and the fields of struct.proto.
enum : int { kVarint = 0, kFixed64 = 1, kBytes = 2 };
enum : int { kStructFields = 1, kEntryKey = 1, kEntryValue = 2, kListValues = 1 };
enum : int { kNull = 1, kNumber = 2, kString = 3, kBool = 4, kStruct = 5, kList = 6 };

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void AppendTag(std::string& out, int number, int type) { AppendVarint(out, number << 3 | type); }

void AppendBytes(std::string& out, int number, const std::string& bytes) {
  AppendTag(out, number, kBytes);
  AppendVarint(out, bytes.size());
  out += bytes;
}

// Hears a document from left to right. A message's length stands before it, so
// each object and list is gathered by itself and joins what it is in at its end.
class Encoder : public nlohmann::json_sax<Json> {
 public:
  // The outermost object's encoding.
  std::string Take() { return std::move(whole_); }

  bool null() override { return Varint(kNull, 0); }
  bool boolean(bool value) override { return Varint(kBool, value); }
  bool number_integer(int64_t value) override { return Number(static_cast<double>(value)); }
  bool number_unsigned(uint64_t value) override { return Number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) override { return Number(value); }
  bool string(std::string& value) override {
    std::string encoded;
    AppendBytes(encoded, kString, value);
    return Add(encoded);
  }
  bool binary(Json::binary_t&) override { return false; }  // JSON has none

  bool start_object(size_t) override { return Start(kStruct); }
  bool start_array(size_t) override { return Start(kList); }
  bool end_object() override { return End(); }
  bool end_array() override { return End(); }
  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct Open {
    int kind;
    std::string encoded;
    std::string key;  // of the member that comes next
  };

  bool Start(int kind) {
    open_.push_back({.kind = kind, .encoded = {}, .key = {}});
    return true;
  }

  bool End() {
    const Open done = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      whole_ = done.encoded;
      return true;
    }
    std::string encoded;
    AppendBytes(encoded, done.kind, done.encoded);
    return Add(encoded);
  }

  bool Varint(int number, uint64_t value) {
    std::string encoded;
    AppendTag(encoded, number, kVarint);
    AppendVarint(encoded, value);
    return Add(encoded);
  }

  bool Number(double value) {
    std::string encoded;
    AppendTag(encoded, kNumber, kFixed64);
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) encoded.push_back(static_cast<char>(bits >> shift));
    return Add(encoded);
  }

  // A Value that is complete.
  bool Add(const std::string& value) {
    Open& in = open_.back();
    if (in.kind == kList) {
      AppendBytes(in.encoded, kListValues, value);
      return true;
    }
    std::string entry;
    AppendBytes(entry, kEntryKey, in.key);
    AppendBytes(entry, kEntryValue, value);
    AppendBytes(in.encoded, kStructFields, entry);
    return true;
  }

  std::vector<Open> open_;
  std::string whole_;
};

}  // namespace

void AppendDocument(int number, const std::string& document, std::string& encoded) {
  Encoder encoder;
  Json::sax_parse(document, &encoder);
  AppendBytes(encoded, number, encoder.Take());
}

}  // namespace tracktrove::api
