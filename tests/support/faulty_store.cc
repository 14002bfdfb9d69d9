#include "tests/support/faulty_store.h"

#include <utility>

#include "tests/support/store_decorator.h"

namespace tracktrove::testing {
namespace {

class FaultyWriter : public WriterDecorator {
 public:
  FaultyWriter(std::unique_ptr<store::Writer> writer, Defect defect, std::atomic<bool>* planted)
      : WriterDecorator(std::move(writer)), defect_(std::move(defect)), planted_(planted) {}

  absl::StatusOr<std::map<std::string, domain::Sandbox>> LockSandboxes(
      const std::vector<std::string>& names, std::vector<std::string>* busy) override {
    auto locked = WriterDecorator::LockSandboxes(names, busy);
    if (locked.ok()) before_ = *locked;
    return locked;
  }

  absl::StatusOr<store::Alarms> Write(const store::Changes& changes) override {
    if (*planted_) return WriterDecorator::Write(changes);
    store::Changes spoiled = changes;
    DoomedBatch batch(before_, spoiled);
    *planted_ = defect_(batch);
    return WriterDecorator::Write(spoiled);
  }

 private:
  const Defect defect_;
  std::atomic<bool>* const planted_;
  std::map<std::string, domain::Sandbox> before_;
};

}  // namespace

domain::Transaction* DoomedBatch::Transaction(const std::string& id) {
  for (auto& [world, transaction] : changes_.transactions) {
    if (transaction.id == id) return &transaction;
  }
  return nullptr;
}

domain::Record* DoomedBatch::RecordOf(domain::RecordType type) {
  for (auto& [world, record] : changes_.records) {
    if (record.type == type) return &record;
  }
  return nullptr;
}

void DoomedBatch::Append(domain::Record record) {
  const store::WorldId world = changes_.records.back().first;
  record.sequence = changes_.records.back().second.sequence + 1;
  if (domain::Transaction* transaction = Transaction(record.transaction_id)) {
    record.index = transaction->record_count++;
    transaction->sequence = record.sequence;
  }
  changes_.records.emplace_back(world, std::move(record));
  Rechain();
}

void DoomedBatch::Rechain() {
  for (domain::Sandbox& sandbox : changes_.sandboxes) {
    const auto before = before_.find(sandbox.name);
    std::string hash = before == before_.end() ? "" : before->second.head_hash;
    for (auto& [world, record] : changes_.records) {
      if (world != sandbox.world) continue;
      hash = record.hash = domain::ChainHash(hash, record);
      sandbox.head_sequence = record.sequence;
    }
    sandbox.head_hash = hash;
  }
}

std::unique_ptr<store::Store> WithDefect(std::unique_ptr<store::Store> store, const Defect& defect,
                                         std::atomic<bool>* planted) {
  return std::make_unique<StoreDecorator>(std::move(store), [=](std::unique_ptr<store::Writer> writer) {
    return std::make_unique<FaultyWriter>(std::move(writer), defect, planted);
  });
}

}  // namespace tracktrove::testing
