#include "events/run_codec.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "domain/hash.h"

namespace tracktrove::events {
namespace {

constexpr uint8_t kVersion = 2;
constexpr size_t kChecksumBytes = 8;

std::string Checksum(absl::string_view bytes) {
  const domain::FieldHash::Digest digest = domain::FieldHash(kVersion).Text(bytes).Finish();
  return {digest.begin(), digest.begin() + kChecksumBytes};
}

class BytesOut {
 public:
  // Seven bits a byte, the lowest first; small numbers of either sign are short.
  void Integer(int64_t value) {
    auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; bits >= 0x80; bits >>= 7) bytes_ += static_cast<char>(bits | 0x80);
    bytes_ += static_cast<char>(bits);
  }
  void Text(const std::string& value) {
    Integer(static_cast<int64_t>(value.size()));
    bytes_ += value;
  }
  void Time(absl::Time value) { Integer(absl::ToUnixMicros(value)); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Once anything was not as it must be, it is not `ok` any more and answers
// nothing of use.
class BytesIn {
 public:
  explicit BytesIn(absl::string_view bytes) : bytes_(bytes) {}

  int64_t Integer() {
    uint64_t bits = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      bits |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
    }
    ok_ = false;
    return 0;
  }
  std::string Text() {
    const size_t size = Size();
    std::string value(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return value;
  }
  absl::Time Time() { return absl::FromUnixMicros(Integer()); }
  // How many bytes or things follow: never more than there are bytes.
  size_t Size() {
    const int64_t size = Integer();
    if (size >= 0 && size <= static_cast<int64_t>(bytes_.size())) return static_cast<size_t>(size);
    ok_ = false;
    return 0;
  }
  template <typename E>
  E Enum() {
    return static_cast<E>(Integer());
  }

  void Fail() { ok_ = false; }
  bool ok() const { return ok_; }
  bool AtEnd() const { return bytes_.empty(); }

 private:
  absl::string_view bytes_;
  bool ok_ = true;
};

// The DTOs of a run. A step's is the one before of the next, by pointer; each is
// written once and referred to by its place, from 1. 0 is null.
class TextsOut {
 public:
  int64_t Add(const domain::Text& text) {
    if (!text) return 0;
    const auto [it, added] = places_.try_emplace(text.get(), texts_.size() + 1);
    if (added) texts_.push_back(text.get());
    return static_cast<int64_t>(it->second);
  }
  void Write(BytesOut& out) const {
    out.Integer(static_cast<int64_t>(texts_.size()));
    for (const std::string* text : texts_) out.Text(*text);
  }

 private:
  std::map<const std::string*, size_t> places_;
  std::vector<const std::string*> texts_;
};

class TextsIn {
 public:
  explicit TextsIn(BytesIn& in) : in_(in) {
    for (size_t left = in.Size(); left > 0 && in.ok(); --left) {
      texts_.push_back(std::make_shared<const std::string>(in.Text()));
    }
  }
  domain::Text Next() {
    const int64_t place = in_.Integer();
    if (place == 0) return nullptr;
    if (place > 0 && place <= static_cast<int64_t>(texts_.size())) return texts_[place - 1];
    in_.Fail();
    return nullptr;
  }

 private:
  BytesIn& in_;
  std::vector<domain::Text> texts_;
};

void Write(BytesOut& out, const std::optional<domain::Failure>& failure) {
  out.Integer(failure.has_value());
  if (!failure) return;
  const auto& [code, message, step, final, next_retry_time, fault_rule_id] = *failure;
  out.Text(code);
  out.Text(message);
  out.Text(step);
  out.Integer(final);
  out.Integer(next_retry_time.has_value());
  if (next_retry_time) out.Time(*next_retry_time);
  out.Text(fault_rule_id);
}

std::optional<domain::Failure> ReadFailure(BytesIn& in) {
  if (in.Integer() == 0) return std::nullopt;
  domain::Failure failure;
  failure.code = in.Text();
  failure.message = in.Text();
  failure.step = in.Text();
  failure.final = in.Integer() != 0;
  if (in.Integer() != 0) failure.next_retry_time = in.Time();
  failure.fault_rule_id = in.Text();
  return failure;
}

// Every field is named, so that a new one does not compile until it is decided
// about here. Sequence and hash follow from the run.
void Write(BytesOut& out, TextsOut& texts, const domain::Record& record) {
  const auto& [sequence, transaction_id, index, time, wall_time, type, record_class, service, step, attempt,
               from_state, to_state, dto, failure, fault_rule_id, fault_kind, fault_duration, actor, duration,
               detail, hash] = record;
  out.Text(transaction_id);
  out.Integer(index);
  out.Time(time);
  out.Time(wall_time);
  out.Integer(static_cast<int>(type));
  out.Integer(static_cast<int>(record_class));
  out.Text(service);
  out.Text(step);
  out.Integer(attempt);
  out.Integer(static_cast<int>(from_state));
  out.Integer(static_cast<int>(to_state));
  out.Integer(texts.Add(dto));
  Write(out, failure);
  out.Text(fault_rule_id);
  out.Integer(static_cast<int>(fault_kind));
  out.Integer(absl::ToInt64Microseconds(fault_duration));
  out.Text(actor);
  out.Integer(absl::ToInt64Microseconds(duration));
  out.Text(detail);
}

void ReadRecord(BytesIn& in, TextsIn& texts, domain::Record& record) {
  record.transaction_id = in.Text();
  record.index = static_cast<int>(in.Integer());
  record.time = in.Time();
  record.wall_time = in.Time();
  record.type = in.Enum<domain::RecordType>();
  record.record_class = in.Enum<domain::RecordClass>();
  record.service = in.Text();
  record.step = in.Text();
  record.attempt = static_cast<int>(in.Integer());
  record.from_state = in.Enum<domain::State>();
  record.to_state = in.Enum<domain::State>();
  record.dto = texts.Next();
  record.failure = ReadFailure(in);
  record.fault_rule_id = in.Text();
  record.fault_kind = in.Enum<domain::FaultKind>();
  record.fault_duration = absl::Microseconds(in.Integer());
  record.actor = in.Text();
  record.duration = absl::Microseconds(in.Integer());
  record.detail = in.Text();
}

void Write(BytesOut& out, TextsOut& texts, const domain::LogEntry& entry) {
  const auto& [record, world, kind, amount, payer, payee, previous_dto] = entry;
  Write(out, texts, record);
  out.Integer(world);
  out.Integer(static_cast<int>(kind));
  out.Text(amount.currency);
  out.Integer(amount.minor_units);
  out.Text(payer);
  out.Text(payee);
  out.Integer(texts.Add(previous_dto));
}

Entry ReadEntry(BytesIn& in, TextsIn& texts, const Position& before) {
  auto entry = std::make_shared<domain::LogEntry>();
  ReadRecord(in, texts, entry->record);
  entry->world = in.Integer();
  entry->kind = in.Enum<domain::Kind>();
  entry->amount.currency = in.Text();
  entry->amount.minor_units = in.Integer();
  entry->payer = in.Text();
  entry->payee = in.Text();
  entry->previous_dto = texts.Next();
  entry->record.sequence = before.sequence + 1;
  entry->record.hash = domain::ChainHash(before.hash, entry->record);
  return entry;
}

}  // namespace

std::string EncodeRun(domain::WorldId world, const Run& run) {
  BytesOut records;
  TextsOut texts;
  for (const Entry& entry : run.entries) Write(records, texts, *entry);
  BytesOut head;
  head.Integer(world);
  head.Integer(run.before.sequence);
  head.Text(run.before.hash);
  head.Integer(run.before.world);
  texts.Write(head);
  head.Integer(static_cast<int64_t>(run.entries.size()));
  BytesOut tail;
  tail.Text(run.End().hash);
  std::string bytes(1, static_cast<char>(kVersion));
  bytes += head.Take() + records.Take() + tail.Take();
  return bytes + Checksum(bytes);
}

std::optional<Run> DecodeRun(domain::WorldId world, absl::string_view bytes) {
  if (bytes.size() <= kChecksumBytes || bytes.front() != kVersion) return std::nullopt;
  const absl::string_view content = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Checksum(content) != bytes.substr(content.size())) return std::nullopt;
  BytesIn in(content.substr(1));
  if (in.Integer() != world) return std::nullopt;
  Run run;
  run.before.sequence = in.Integer();
  run.before.hash = in.Text();
  run.before.world = in.Integer();
  TextsIn texts(in);
  for (size_t left = in.Size(); left > 0 && in.ok(); --left) {
    const Position before = run.End();
    run.entries.push_back(ReadEntry(in, texts, before));
    if (!MayFollow(*run.entries.back(), before.world)) return std::nullopt;
  }
  const std::string hash = in.Text();
  if (!in.ok() || !in.AtEnd() || run.entries.empty()) return std::nullopt;
  if (hash != run.End().hash || world != run.End().world) return std::nullopt;
  return run;
}

}  // namespace tracktrove::events
