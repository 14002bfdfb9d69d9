#include "tests/simulation/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "domain/errors.h"
#include "domain/hash.h"
#include "tests/simulation/text_codec.h"

namespace tracktrove::simulation {
namespace {

constexpr int kMaxBatch = 16;
constexpr int kCrashOneIn = 12, kLoseAnswersOneIn = 12;

const TextCodec& Codec() {
  static const TextCodec* const codec = new TextCodec;
  return *codec;
}

template <typename Row>
std::vector<Row> After(const std::vector<std::pair<domain::WorldId, Row>>& rows, size_t from) {
  std::vector<Row> after;
  for (size_t i = from; i < rows.size(); ++i) after.push_back(rows[i].second);
  return after;
}

}  // namespace

Walk::Walk(const WalkOptions& options)
    : options_(options),
      script_(options.script),
      random_(options.batching),
      wall_(absl::FromUnixSeconds(1'900'000'000)) {
  engine::BatchEffects effects;
  engine::WorkingSet set("lab", std::nullopt, wall_, {}, Codec(), effects);
  const absl::StatusOr<std::string> created = set.Run({.sandbox = "lab",
                                                       .request_id = "",
                                                       .fingerprint = "",
                                                       .command = script_.Sandbox(options.clock),
                                                       .done = {}},
                                                      std::nullopt);
  EXPECT_TRUE(created.ok()) << created.status();
  set.Finish();
  store_.Write(effects.changes);
  model_.emplace(*store_.sandbox, effects.changes.records.at(0).second);
}

bool Walk::MustFinishFirst() const {
  const domain::Sandbox& sandbox = *store_.sandbox;
  return sandbox.advance.has_value() || (!options_.interleaved && sandbox.running_simulation != 0);
}

void Walk::Run(int ops) {
  int taken = 0;
  while (taken < ops || !pending_.empty() || !settled_ || MustFinishFirst()) {
    Batch batch;
    if (!MustFinishFirst()) {
      const int64_t wanted = 1 + Below(random_, kMaxBatch);
      while (static_cast<int64_t>(pending_.size()) < wanted && taken < ops) {
        pending_.push_back(script_.Next());
        ++taken;
      }
      for (int64_t i = 0; i < wanted && !pending_.empty(); ++i) {
        batch.push_back(std::move(pending_.front()));
        pending_.pop_front();
      }
    }
    const bool crash = Below(random_, kCrashOneIn) == 0;
    const size_t done = RunBatch(batch, crash);
    if (testing::Test::HasFatalFailure()) return;
    for (size_t i = batch.size(); i > done; --i) pending_.push_front(std::move(batch[i - 1]));
    if (Below(random_, kLoseAnswersOneIn) == 0) LoseAnswers(batch, done);
    if (options_.clock == domain::ClockMode::kRealtime) wall_ += absl::Microseconds(Below(random_, 400'000));
  }
  model_->CheckBalances(store_);
}

// Whoever asked does not know that it was done, and asks again.
void Walk::LoseAnswers(const Batch& batch, size_t done) {
  for (size_t i = 0; i < done; ++i) {
    if (replies_.contains(batch[i].request_id)) to_repeat_.push_back(batch[i]);
  }
}

engine::WorkingSet Walk::MakeSet(const Batch& ops, engine::BatchEffects& effects) {
  const domain::Sandbox& sandbox = *store_.sandbox;
  const auto simulations = store_.LoadSimulations();
  const int arrivals = static_cast<int>(1 + Below(random_, 8));
  const absl::Time until = engine::LoadHorizon(sandbox, simulations, wall_, arrivals);
  const int limit = Below(random_, 3) == 0 ? static_cast<int>(1 + Below(random_, 4)) : 64;
  engine::DueTimers due = store_.DueTimers(until, limit);
  AddTimersOfRun(limit, due);

  std::set<std::string> transactions, requests, draw_keys;
  for (const domain::Timer& timer : due.timers) transactions.insert(timer.transaction_id);
  for (const Op& op : ops) {
    if (op.target && ids_.contains(*op.target)) transactions.insert(ids_.at(*op.target));
    if (!op.request_id.empty()) requests.insert(op.request_id);
    const auto* initiate = std::get_if<domain::InitiateTransaction>(&op.command);
    if (initiate != nullptr && !initiate->draw_key.empty()) draw_keys.insert(initiate->draw_key);
  }
  engine::WorkingSet set("lab", sandbox, wall_, due, Codec(), effects);
  set.AddFound(store_.Load(transactions, requests, draw_keys));
  set.AddSimulations(simulations);
  return set;
}

// Those of a batch that is being paid, as if they were due now.
void Walk::AddTimersOfRun(int limit, engine::DueTimers& due) const {
  const std::optional<domain::Advance>& advance = store_.sandbox->advance;
  if (!advance || !advance->run) return;
  for (domain::Timer timer : store_.BatchTimers(*advance->run)) {
    if (static_cast<int>(due.timers.size()) == limit) break;
    timer.due = advance->target;
    due.timers.push_back(timer);
  }
  due.truncated = static_cast<int>(due.timers.size()) == limit;
}

size_t Walk::RunBatch(const Batch& ops, bool crash) {
  engine::BatchEffects effects;
  observed_records_ = observed_entries_ = 0;
  Batch all = std::exchange(to_repeat_, {});
  const size_t repeated = all.size();
  all.insert(all.end(), ops.begin(), ops.end());
  engine::WorkingSet set = MakeSet(all, effects);
  const bool may_run = FireTimers(set);
  if (!crash) ObserveNew(nullptr, effects);
  size_t done = 0;
  for (; may_run && done < all.size() && !testing::Test::HasFatalFailure(); ++done) {
    if (!RunOp(all[done], set, effects, crash)) break;
  }
  settled_ = settled_ && !set.CallsWait();
  set.Finish();
  if (testing::Test::HasFatalFailure()) return 0;
  if (crash) {
    ++crashes_;
    to_repeat_.assign(all.begin(), all.begin() + static_cast<int64_t>(repeated));
    settled_ = false;
    return 0;
  }
  steps_ += static_cast<int64_t>(done);
  Commit(effects);
  if (done < repeated)
    to_repeat_.assign(all.begin() + static_cast<int64_t>(done), all.begin() + static_cast<int64_t>(repeated));
  return done < repeated ? 0 : done - repeated;
}

bool Walk::FireTimers(engine::WorkingSet& set) {
  const engine::FireLimits limits{
      .timers = Below(random_, 3) == 0 ? static_cast<int>(1 + Below(random_, 4)) : 64,
      .arrivals = static_cast<int>(1 + Below(random_, 8)),
      .one_instant = Below(random_, 8) == 0 && (set.advancing() || set.driven())};
  const bool nothing_due = set.FireTimers(limits);
  settled_ = nothing_due;
  if (nothing_due && set.advancing()) {
    EXPECT_TRUE(set.FinishAdvance().ok());
    settled_ = false;
    return false;
  }
  return !set.CallsWait() && !set.advancing();
}

// An id that is not known yet belongs to a transaction whose initiation was
// refused, or to a dispute that nobody opened.
domain::Command Walk::Resolve(const Op& op) const {
  domain::Command command = op.command;
  if (!op.target) return command;
  const auto id = ids_.find(*op.target);
  const auto dispute = disputes_.find(*op.target);
  const auto name = [&](auto& about) {
    if constexpr (requires { about.transaction_id; }) about.transaction_id = id->second;
    if constexpr (requires { about.dispute_id; })
      about.dispute_id = dispute == disputes_.end() ? "nobody's" : dispute->second;
  };
  if (id != ids_.end()) std::visit(name, command);
  return command;
}

bool Walk::RunOp(const Op& op, engine::WorkingSet& set, const engine::BatchEffects& effects, bool crash) {
  if (set.advancing() || set.CallsWait() || (!options_.interleaved && set.driven())) return false;
  const domain::Command command = Resolve(op);
  const bool repeats = replies_.contains(op.request_id);
  const absl::Time now = set.sandbox()->clock.Now(wall_);
  const std::string expected = crash || repeats ? "" : model_->ExpectedReason(command, now);
  const absl::StatusOr<std::string> reply = set.Run(
      {.sandbox = "lab", .request_id = op.request_id, .fingerprint = "f", .command = command, .done = {}},
      std::nullopt);
  const auto* initiate = std::get_if<domain::InitiateTransaction>(&command);
  const bool opens = std::holds_alternative<domain::OpenDispute>(command);
  if (initiate != nullptr && reply.ok()) ids_[*op.target] = reply->substr(0, reply->find(' '));
  if (opens && reply.ok()) disputes_[*op.target] = reply->substr(0, reply->find(' '));
  if (crash) return true;
  if (repeats) {
    EXPECT_EQ(reply.value_or("refused"), replies_.at(op.request_id)) << "a repeat gets the first answer";
    return true;
  }
  const std::string reason = domain::DetailsOf(reply.status()).reason;
  if (reason != expected) {
    [&] { FAIL() << "expected \"" << expected << "\", got " << reply.status(); }();
    return false;
  }
  refused_ += !reply.ok();
  const bool answered = !std::holds_alternative<domain::AdvanceClock>(command) &&
                        !std::holds_alternative<domain::RunSettlement>(command);
  if (reply.ok() && answered && !op.request_id.empty()) replies_[op.request_id] = *reply;
  ObserveNew(&command, effects);
  return true;
}

void Walk::ObserveNew(const domain::Command* command, const engine::BatchEffects& effects) {
  const auto records = After(effects.changes.records, observed_records_);
  const auto entries = After(effects.changes.entries, observed_entries_);
  observed_records_ = effects.changes.records.size();
  observed_entries_ = effects.changes.entries.size();
  if (command == nullptr) steps_ += static_cast<int64_t>(records.size());
  model_->Observe(command, records, entries);
}

void Walk::Commit(engine::BatchEffects& effects) {
  store_.Write(effects.changes);
  std::vector<std::string> changed;
  for (const auto& [world, transaction] : effects.changes.transactions) changed.push_back(transaction.id);
  model_->CheckRows(store_, changed);
  if (settled_) CheckNothingOverdue();
}

void Walk::CheckNothingOverdue() const {
  const domain::Sandbox& sandbox = *store_.sandbox;
  if (store_.queue().empty() || sandbox.running_simulation != 0 || sandbox.advance) return;
  ASSERT_GT(store_.queue().begin()->due, sandbox.clock.Now(wall_)) << "something is overdue";
}

std::string Walk::FinalHash() const {
  domain::FieldHash hash(1);
  hash.Text(store_.sandbox->head_hash);
  for (const auto& [account, amount] : store_.balances()) hash.Text(account).Integer(amount);
  return hash.FinishHex();
}

}  // namespace tracktrove::simulation
