// A store in front of the real one, to which a test gives writers or readers of
// its own (app::Extras::wrap_store). A writer overrides what it does differently.
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
  template <typename Session>
  using Wrap = std::function<std::unique_ptr<Session>(std::unique_ptr<Session>)>;

  // Either may be empty.
  StoreDecorator(std::unique_ptr<store::Store> store, Wrap<store::Writer> wrap_writer,
                 Wrap<store::Reader> wrap_reader = nullptr)
      : store_(std::move(store)),
        wrap_writer_(std::move(wrap_writer)),
        wrap_reader_(std::move(wrap_reader)) {}

  absl::Status Migrate() override { return store_->Migrate(); }
  absl::StatusOr<std::unique_ptr<store::Writer>> NewWriter() override {
    return Wrapped(store_->NewWriter(), wrap_writer_);
  }
  absl::StatusOr<std::unique_ptr<store::Reader>> NewReader() override {
    return Wrapped(store_->NewReader(), wrap_reader_);
  }
  int max_writers() const override { return store_->max_writers(); }

 private:
  template <typename Session>
  static absl::StatusOr<std::unique_ptr<Session>> Wrapped(absl::StatusOr<std::unique_ptr<Session>> session,
                                                          const Wrap<Session>& wrap) {
    if (!session.ok() || !wrap) return session;
    return wrap(*std::move(session));
  }

  const std::unique_ptr<store::Store> store_;
  const Wrap<store::Writer> wrap_writer_;
  const Wrap<store::Reader> wrap_reader_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_STORE_DECORATOR_H_
