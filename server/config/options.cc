#include "config/options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tracktrove::config {
namespace {

constexpr size_t kMinTokenBytes = 16;
constexpr size_t kMaxPrefixBytes = 64;

void Describe(CLI::App& app, Options& options) {
  app.description(
      "The TrackTrove server: a flow lab and financial debugger for micro-transactions.\n"
      "Every option can also be given as an environment variable, named in brackets.");
  app.add_option("--data-dir", options.data_dir, "Folder of the embedded database; made when missing")
      ->envname("TRACKTROVE_DATA_DIR")
      ->capture_default_str();
  app.add_option("--database", options.database,
                 "Database URL, sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE; a URL with a\n"
                 "password is better given by the environment; default: tracktrove.db in the data folder")
      ->envname("TRACKTROVE_DATABASE");
  app.add_flag("--allow-unsafe-database", options.allow_unsafe_database,
               "Start although PostgreSQL has fsync, full_page_writes or synchronous_commit off")
      ->envname("TRACKTROVE_ALLOW_UNSAFE_DATABASE");
  app.add_option("--redis", options.redis,
                 "Redis URL, redis://[[USER:]PASSWORD@]HOST[:PORT][/DATABASE], port 6379 and database 0 by\n"
                 "default; Redis 6.2 or later. It makes the ends of holds and, between servers on one\n"
                 "database, streams prompt; the server runs with it away, and without it")
      ->envname("TRACKTROVE_REDIS");
  app.add_option("--redis-prefix", options.redis_prefix,
                 "What every key in Redis begins with; one for each deployment, 1 to 64 of a-z, 0-9, - and _")
      ->envname("TRACKTROVE_REDIS_PREFIX")
      ->capture_default_str();
  app.add_option("--listen", options.listen, "Address to listen on; any but loopback needs --auth-token-file")
      ->envname("TRACKTROVE_LISTEN")
      ->capture_default_str();
  app.add_option("--grpc-port", options.grpc_port, "Port for gRPC; 0 picks a free one")
      ->envname("TRACKTROVE_GRPC_PORT")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--auth-token-file", options.auth_token_file,
                 "File with the bearer token that every call must carry, at least 16 characters")
      ->envname("TRACKTROVE_AUTH_TOKEN_FILE");
  app.add_option("--lanes", options.lanes, "Writer threads, a database connection each; SQLite uses one")
      ->envname("TRACKTROVE_LANES")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--max-batch", options.max_batch, "Calls in one database transaction at most")
      ->envname("TRACKTROVE_MAX_BATCH")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--max-pending", options.max_pending, "Calls that may wait in one lane; more are refused")
      ->envname("TRACKTROVE_MAX_PENDING")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--readers", options.readers, "Reading threads, a database connection each")
      ->envname("TRACKTROVE_READERS")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "What goes to standard error")
      ->envname("TRACKTROVE_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "critical", "off"}))
      ->capture_default_str();
  app.set_version_flag("--version", TRACKTROVE_VERSION);
}

// Into `token`: of a string that is moved out of here GCC 12 says, with a
// sanitizer built in, that it does not fit.
absl::Status ReadToken(const std::string& path, std::string& token) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat("--auth-token-file ", path, " cannot be read"));
  std::stringstream text;
  text << file.rdbuf();
  token = std::string(absl::StripAsciiWhitespace(text.str()));
  if (token.size() < kMinTokenBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("--auth-token-file ", path, " must hold at least ", kMinTokenBytes, " characters"));
  }
  return absl::OkStatus();
}

absl::Status CompleteRedis(Options& options) {
  const auto allowed = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  };
  const std::string& prefix = options.redis_prefix;
  if (prefix.empty() || prefix.size() > kMaxPrefixBytes ||
      !std::all_of(prefix.begin(), prefix.end(), allowed)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--redis-prefix must be 1 to ", kMaxPrefixBytes, " of a-z, 0-9, - and _"));
  }
  if (options.redis.empty()) return absl::OkStatus();
  absl::StatusOr<redis::Address> address = redis::ParseAddress(options.redis);
  if (!address.ok()) return absl::InvalidArgumentError(absl::StrCat("--redis ", address.status().message()));
  options.redis_address = *std::move(address);
  return absl::OkStatus();
}

// Whoever sets what would do nothing believes that it does something.
absl::Status CheckEffects(const Options& options) {
  const Options unset;
  const bool sqlite = absl::StartsWith(options.database, "sqlite:");
  if (options.redis.empty() && options.redis_prefix != unset.redis_prefix)
    return absl::InvalidArgumentError("--redis-prefix does nothing without --redis");
  if (sqlite && options.allow_unsafe_database) {
    return absl::InvalidArgumentError(
        "--allow-unsafe-database does nothing to SQLite; it is for --database postgresql://...");
  }
  if (sqlite && options.lanes != unset.lanes && options.lanes != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--lanes ", options.lanes,
                     " does nothing to SQLite, which has one writer; it is for --database postgresql://..."));
  }
  return absl::OkStatus();
}

}  // namespace

Parsed ParseCommandLine(int argc, const char* const* argv) {
  Parsed parsed;
  CLI::App app;
  app.name("tracktrove-server");
  Describe(app, parsed.options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    parsed.exit = true;
    parsed.exit_code = code == 0 ? 0 : 2;  // usage
    parsed.text = out.str() + err.str();
  }
  return parsed;
}

absl::Status Complete(Options& options) {
  // Before a port an address of IPv6 stands in brackets.
  if (in6_addr six; ::inet_pton(AF_INET6, options.listen.c_str(), &six) == 1)
    options.listen = absl::StrCat("[", options.listen, "]");
  if (!IsLoopback(options.listen) && options.auth_token_file.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen ", options.listen, " can be reached from other machines, so it needs --auth-token-file"));
  }
  if (!options.auth_token_file.empty()) {
    const absl::Status read = ReadToken(options.auth_token_file, options.auth_token);
    if (!read.ok()) return read;
  }
  if (absl::Status status = CompleteRedis(options); !status.ok()) return status;
  if (options.database.empty())
    options.database = absl::StrCat("sqlite:", options.data_dir, "/tracktrove.db");
  return CheckEffects(options);
}

bool IsLoopback(const std::string& address) {
  if (address == "localhost") return true;
  std::string bare = address;
  if (absl::StartsWith(bare, "[") && absl::EndsWith(bare, "]")) bare = bare.substr(1, bare.size() - 2);
  in_addr four;
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
  in6_addr six;
  return ::inet_pton(AF_INET6, bare.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace tracktrove::config
