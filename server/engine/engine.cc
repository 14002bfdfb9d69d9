#include "engine/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "engine/stored_holds.h"

namespace tracktrove::engine {
namespace {

constexpr int kMaxAlarmsAPoll = 1000;

// FNV-1a: where a sandbox's calls go must not depend on the process.
uint64_t LaneHash(const std::string& sandbox) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : sandbox) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

// Entropy comes in here, as data of the command. World ids never meet anybody's
// draws; they only have to differ.
uint64_t RandomBits() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

domain::WorldId DrawWorld() { return static_cast<domain::WorldId>(RandomBits() >> 1) | 1; }

}  // namespace

Engine::Engine(EngineOptions options, store::Store& store, holds::Holds& holds, events::Hub& hub,
               const ReplyCodec& codec)
    : options_(std::move(options)), store_(store), holds_(holds), hub_(hub), codec_(codec) {}

Engine::~Engine() { Stop(); }

absl::Status Engine::Start() {
  std::vector<std::unique_ptr<store::Reader>> sessions;
  for (int i = 0; i < options_.reader_threads; ++i) {
    absl::StatusOr<std::unique_ptr<store::Reader>> session = store_.NewReader();
    if (!session.ok()) return session.status();
    sessions.push_back(*std::move(session));
  }
  readers_ = std::make_unique<Readers>(std::move(sessions), options_.max_reads);
  const int lanes = std::clamp(options_.lanes, 1, store_.max_writers());
  for (int i = 0; i < lanes; ++i) {
    absl::StatusOr<std::unique_ptr<store::Writer>> writer = store_.NewWriter();
    if (!writer.ok()) return writer.status();
    LaneOutlets outlets{.hub = hub_,
                        .holds = holds_,
                        .alarms = [this](const store::Alarms& alarms) { ticker_->Set(alarms); },
                        .barrier = options_.barrier};
    lanes_.push_back(std::make_unique<Lane>(options_.lane, *std::move(writer), codec_, std::move(outlets)));
  }
  ticker_ = std::make_unique<Ticker>(
      options_.poll_interval, [this](const std::string& sandbox) { LaneOf(sandbox).Tick(sandbox); },
      [this] { PollAlarms(); });
  ticker_->Start();
  StartFollowing();
  holds_.Start([this](const std::string& sandbox) { LaneOf(sandbox).Tick(sandbox); },
               [this](const std::string& sandbox, const std::function<bool(std::vector<holds::Hold>)>& take) {
                 return ReadStoredHolds(*readers_, sandbox, take);
               });
  lanes_.front()->Purge();  // what an earlier run left
  return CreateDefaultSandbox();
}

void Engine::StartFollowing() {
  follower_ = std::make_unique<Follower>(options_.poll_interval, *readers_, hub_);
  follower_->Start();
  hub_.OnNews([this](const std::string& sandbox, domain::WorldId world, const events::Position& head) {
    follower_->OnNews(sandbox, world, head);
  });
}

absl::Status Engine::CreateDefaultSandbox() {
  std::promise<absl::Status> created;
  Submit(
      {.sandbox = domain::kDefaultSandbox,
       .request_id = {},
       .fingerprint = {},
       .command =
           domain::CreateSandbox{.seed = RandomBits(), .world = 0, .start_time = std::nullopt, .policy = {}},
       .done = [&created](const absl::StatusOr<std::string>& answer) {
         created.set_value(answer.status());
       }});
  const absl::Status status = created.get_future().get();
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

void Engine::Submit(Call call) {
  // Another replica may end a clock move: its answer has to be found by some id.
  if (call.request_id.empty()) {
    const std::string id = absl::StrCat("clock-move-", absl::Hex(RandomBits()));
    auto* advance = std::get_if<domain::AdvanceClock>(&call.command);
    auto* run = std::get_if<domain::RunSettlement>(&call.command);
    if (advance != nullptr) call.request_id = advance->request_id = id;
    if (run != nullptr) call.request_id = run->request_id = id;
  }
  if (auto* create = std::get_if<domain::CreateSandbox>(&call.command)) create->world = DrawWorld();
  if (auto* reset = std::get_if<domain::ResetSandbox>(&call.command)) reset->world = DrawWorld();
  Lane& lane = LaneOf(call.sandbox);
  lane.Submit(std::move(call));
}

absl::Status Engine::Read(Readers::Work work) { return readers_->Submit(std::move(work)); }

void Engine::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (ticker_) ticker_->Stop();
  if (follower_) follower_->Stop();
  holds_.Stop();
  for (auto& lane : lanes_) lane->BeginToStop();
  for (auto& lane : lanes_) lane->Stop();
  if (readers_) readers_->Stop();
}

Lane& Engine::LaneOf(const std::string& sandbox) { return *lanes_[LaneHash(sandbox) % lanes_.size()]; }

void Engine::PollAlarms() {
  const absl::Status status = Read([this](store::Reader& reader) {
    auto alarms = reader.Alarms(kMaxAlarmsAPoll);
    if (alarms.ok()) {
      ticker_->Hint({alarms->begin(), alarms->end()});
    } else {
      spdlog::warn("the stored alarms could not be read: {}", alarms.status().ToString());
    }
  });
  // A full queue only puts it off; the next poll comes soon.
  if (!status.ok()) spdlog::debug("a poll of the alarms was put off: {}", status.ToString());
}

}  // namespace tracktrove::engine
