#include "app/app.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "api/codec.h"
#include "api/server.h"
#include "app/database_lock.h"
#include "domain/calendar.h"
#include "domain/errors.h"
#include "domain/status_macros.h"
#include "engine/engine.h"
#include "events/hub.h"
#include "events/redis_relay.h"
#include "holds/holds.h"
#include "holds/redis_holds.h"
#include "redis/link.h"
#include "redis/subscriber.h"
#include "store/open_store.h"

namespace tracktrove::app {

// Both connections, while Redis is used at all.
struct RedisConnections {
  explicit RedisConnections(const redis::Address& address)
      : link({.keeper = {.address = address}}), subscriber({.keeper = {.address = address}}) {}

  void Start() {
    link.Start();
    subscriber.Start();
  }
  void Stop() {
    subscriber.Stop();
    link.Stop();
  }

  redis::Link link;
  redis::Subscriber subscriber;
};

namespace {

// Once the engine has stopped, every call has its answer: how long sending them
// may take. A client that is idle may not even notice and would be waited for.
constexpr absl::Duration kGrace = absl::Seconds(1);

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--data-dir ", path, ": ", error.message()));
}

engine::EngineOptions EngineOptionsOf(const config::Options& options, const Extras& extras) {
  engine::EngineOptions out;
  out.lanes = options.lanes;
  out.lane.turns.max_pending = options.max_pending;
  out.lane.turns.calls = options.max_batch;
  out.reader_threads = options.readers;
  out.barrier = extras.barrier;
  return out;
}

std::unique_ptr<RedisConnections> ConnectionsOf(const config::Options& options) {
  if (!options.redis_address) return nullptr;
  return std::make_unique<RedisConnections>(*options.redis_address);
}

std::unique_ptr<holds::Holds> HoldsOf(const config::Options& options, RedisConnections* redis) {
  if (redis == nullptr) return holds::NewInProcessHolds();
  return holds::NewRedisHolds(redis->link, redis->subscriber,
                              {.prefix = options.redis_prefix, .database = options.redis_address->database});
}

std::unique_ptr<events::Relay> RelayOf(const config::Options& options, RedisConnections* redis) {
  if (redis == nullptr) return nullptr;
  return events::NewRedisRelay(redis->link, redis->subscriber,
                               {.prefix = options.redis_prefix, .database = options.redis_address->database});
}

}  // namespace

// In the order in which they depend on each other; destroyed in reverse.
struct App::Parts {
  Parts(std::optional<DatabaseLock> taken, std::unique_ptr<store::Store> opened,
        const config::Options& options, const Extras& extras)
      : lock(std::move(taken)),
        store(std::move(opened)),
        redis(ConnectionsOf(options)),
        holds(HoldsOf(options, redis.get())),
        relay(RelayOf(options, redis.get())),
        hub(events::HubOptions{}, relay.get()),
        engine(EngineOptionsOf(options, extras), *store, *holds, hub, codec),
        server(engine, hub, options.auth_token) {}

  std::optional<DatabaseLock> lock;  // of an embedded database
  std::unique_ptr<store::Store> store;
  std::unique_ptr<RedisConnections> redis;  // null: without
  std::unique_ptr<holds::Holds> holds;
  std::unique_ptr<events::Relay> relay;  // null: without
  events::Hub hub;
  api::ProtoReplyCodec codec;
  engine::Engine engine;
  api::Server server;
};

absl::StatusOr<std::unique_ptr<App>> App::Start(const config::Options& options, const Extras& extras) {
  const std::string zone_name = domain::SettlementPolicy().time_zone;
  if (absl::TimeZone zone; !absl::LoadTimeZone(zone_name, &zone)) return domain::TimeZoneUnknown(zone_name);
  std::optional<DatabaseLock> lock;
  if (absl::string_view path = options.database; absl::ConsumePrefix(&path, "sqlite:")) {
    TT_RETURN_IF_ERROR(MakeFolder(options.data_dir));
    if (!path.empty() && path != ":memory:") {  // else the store refuses it
      TT_ASSIGN_OR_RETURN(DatabaseLock taken, DatabaseLock::Take(std::string(path)));
      lock.emplace(std::move(taken));
    }
  }
  TT_ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                      store::OpenStore({.url = options.database,
                                        .allow_unsafe = options.allow_unsafe_database,
                                        .synchronous = extras.sqlite_synchronous}));
  if (extras.wrap_store) store = extras.wrap_store(std::move(store));
  TT_RETURN_IF_ERROR(store->Migrate());
  std::unique_ptr<App> app(
      new App(std::make_unique<Parts>(std::move(lock), std::move(store), options, extras)));
  TT_RETURN_IF_ERROR(app->parts_->engine.Start());
  if (app->parts_->redis) app->parts_->redis->Start();
  TT_RETURN_IF_ERROR(app->parts_->server.Start(options.listen, options.grpc_port));
  return app;
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() { Stop(); }

int App::port() const { return parts_->server.port(); }

void App::Stop() {
  parts_->server.Withdraw();
  parts_->hub.Close();
  parts_->engine.Stop();
  parts_->server.Shutdown(kGrace);
  // Last: what its threads call has to be there still.
  if (parts_->redis) parts_->redis->Stop();
}

}  // namespace tracktrove::app
