// A store in front of the real one, to which a test gives writers of its own
// (app::Extras::wrap_store). A writer overrides what it does differently.
#ifndef TRACKTROVE_TESTS_SUPPORT_STORE_DECORATOR_H_
#define TRACKTROVE_TESTS_SUPPORT_STORE_DECORATOR_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace tracktrove::testing {

class WriterDecorator : public store::Writer {
 public:
  explicit WriterDecorator(std::unique_ptr<store::Writer> writer) : writer_(std::move(writer)) {}

  absl::StatusOr<absl::Time> Begin() override { return writer_->Begin(); }
  absl::StatusOr<std::map<std::string, domain::Sandbox>> LockSandboxes(
      const std::vector<std::string>& names, std::vector<std::string>* busy) override {
    return writer_->LockSandboxes(names, busy);
  }
  absl::StatusOr<std::vector<domain::Timer>> DueTimers(store::WorldId world, absl::Time until,
                                                       int limit) override {
    return writer_->DueTimers(world, until, limit);
  }
  absl::StatusOr<std::vector<domain::Timer>> BatchTimers(store::WorldId world,
                                                         const domain::SettlementRun& batch,
                                                         int limit) override {
    return writer_->BatchTimers(world, batch, limit);
  }
  absl::StatusOr<std::map<store::SimulationKey, domain::SimulationRun>> LoadSimulations(
      const std::vector<store::SimulationKey>& keys) override {
    return writer_->LoadSimulations(keys);
  }
  absl::StatusOr<store::Found> Load(const store::Wanted& wanted) override { return writer_->Load(wanted); }
  absl::StatusOr<absl::Time> Now() override { return writer_->Now(); }
  absl::StatusOr<store::Alarms> Write(const store::Changes& changes) override {
    return writer_->Write(changes);
  }
  absl::Status Commit() override { return writer_->Commit(); }
  absl::StatusOr<bool> Landed(const store::Changes& changes) override { return writer_->Landed(changes); }
  void Rollback() override { writer_->Rollback(); }
  absl::StatusOr<int64_t> Purge(int limit) override { return writer_->Purge(limit); }

 private:
  const std::unique_ptr<store::Writer> writer_;
};

class StoreDecorator : public store::Store {
 public:
  using WrapWriter = std::function<std::unique_ptr<store::Writer>(std::unique_ptr<store::Writer>)>;

  StoreDecorator(std::unique_ptr<store::Store> store, WrapWriter wrap_writer)
      : store_(std::move(store)), wrap_writer_(std::move(wrap_writer)) {}

  absl::Status Migrate() override { return store_->Migrate(); }
  absl::StatusOr<std::unique_ptr<store::Writer>> NewWriter() override {
    absl::StatusOr<std::unique_ptr<store::Writer>> writer = store_->NewWriter();
    if (!writer.ok()) return writer.status();
    return wrap_writer_(*std::move(writer));
  }
  absl::StatusOr<std::unique_ptr<store::Reader>> NewReader() override { return store_->NewReader(); }
  int max_writers() const override { return store_->max_writers(); }

 private:
  const std::unique_ptr<store::Store> store_;
  const WrapWriter wrap_writer_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_STORE_DECORATOR_H_
