#include "store/open_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "domain/errors.h"
#include "store/connection.h"
#include "store/migrations.h"
#include "store/soci_reader.h"
#include "store/soci_writer.h"

namespace tracktrove::store {
namespace {

class SociStore : public Store {
 public:
  explicit SociStore(std::shared_ptr<const Dialect> dialect) : dialect_(std::move(dialect)) {}

  absl::Status Migrate() override {
    Connection connection(dialect_, absl::InfiniteDuration());
    return store::Migrate(connection, dialect_->migrations());
  }

  absl::StatusOr<std::unique_ptr<Writer>> NewWriter() override {
    return std::make_unique<SociWriter>(dialect_);
  }
  absl::StatusOr<std::unique_ptr<Reader>> NewReader() override {
    return std::make_unique<SociReader>(dialect_);
  }

  int max_writers() const override { return dialect_->max_writers(); }

 private:
  const std::shared_ptr<const Dialect> dialect_;
};

absl::StatusOr<std::unique_ptr<Dialect>> DialectOf(const StoreOptions& options) {
  if (absl::StartsWith(options.url, "postgresql://") || absl::StartsWith(options.url, "postgres://"))
    return NewPostgresDialect(options);
  absl::string_view path = options.url;
  if (!absl::ConsumePrefix(&path, "sqlite:")) {  // not repeated: it may be a URL with a password
    return domain::BadField("database", "must be sqlite:PATH or postgresql://USER@HOST:PORT/DATABASE");
  }
  // A database in memory has no write-ahead log, and no second connection.
  if (path.empty() || path == ":memory:") {
    return domain::BadField("database", "must name a file: sqlite:PATH");
  }
  if (absl::StrContains(path, '"'))
    return domain::BadField("database", "must not have a quotation mark in its path");
  constexpr std::array<absl::string_view, 4> kSynchronous = {"OFF", "NORMAL", "FULL", "EXTRA"};
  if (std::find(kSynchronous.begin(), kSynchronous.end(), options.synchronous) == kSynchronous.end()) {
    return domain::BadField("synchronous", absl::StrCat("must be OFF, NORMAL, FULL or EXTRA; it is \"",
                                                        options.synchronous, "\""));
  }
  return NewSqliteDialect(std::string(path), options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options) {
  absl::StatusOr<std::unique_ptr<Dialect>> dialect = DialectOf(options);
  if (!dialect.ok()) return dialect.status();
  const std::shared_ptr<const Dialect> shared = *std::move(dialect);
  // Connects once, so that what cannot be opened is told now.
  Connection connection(shared);
  if (absl::Status status = connection.Run([] {}); !status.ok()) return status;
  return std::make_unique<SociStore>(shared);
}

}  // namespace tracktrove::store
