#include "tests/support/test_app.h"

#include <utility>

namespace tracktrove::testing {

TestApp::TestApp(config::Options options, app::Extras extras)
    : TestApp(Database::kSqlite, std::move(options), std::move(extras)) {}

TestApp::TestApp(Database database, config::Options options, app::Extras extras)
    : options_(std::move(options)), extras_(std::move(extras)) {
  if (database == Database::kPostgres) {
    schema_ = std::make_unique<PostgresSchema>();
    options_.database = schema_->url();
  }
  options_.data_dir = folder_.path();
  options_.grpc_port = 0;
  extras_.sqlite_synchronous = "OFF";
  const absl::Status status = Complete(options_);
  if (!status.ok()) ADD_FAILURE() << status;
  Start();
}

void TestApp::Start() {
  auto app = app::App::Start(options_, extras_);
  if (!app.ok()) {
    ADD_FAILURE() << app.status();
    std::abort();  // nothing that follows could mean anything
  }
  app_ = *std::move(app);
}

void TestApp::Restart() {
  app_.reset();
  Start();
}

Options TestApp::ClientOptions() const {
  Options options;
  options.endpoint = "127.0.0.1:" + std::to_string(app_->port());
  options.bearer_token = options_.auth_token;
  return options;
}

}  // namespace tracktrove::testing
