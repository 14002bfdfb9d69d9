// What the server can be told: one struct. The command line and the environment
// are read here and nowhere else.
#ifndef TRACKTROVE_CONFIG_OPTIONS_H_
#define TRACKTROVE_CONFIG_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "redis/address.h"

namespace tracktrove::config {

struct Options {
  std::string data_dir = ".tracktrove";         // of the embedded database; made when missing
  std::string database;                         // a URL, may hold a password; empty: SQLite in `data_dir`
  bool allow_unsafe_database = false;           // take a PostgreSQL that may lose what it confirmed
  std::string redis;                            // a URL; empty: without Redis
  std::optional<redis::Address> redis_address;  // read from that URL; not an option of its own
  std::string redis_prefix = "tracktrove";      // of every key in Redis
  std::string listen = "127.0.0.1";             // address of the gRPC port
  int grpc_port = 50051;                        // 0: a free one
  std::string auth_token_file;                  // required for any address but loopback
  std::string auth_token;                       // read from that file; not an option of its own
  int lanes = 4;                                // writer threads, at most what the database can use
  int max_batch = 512;                          // calls in one database transaction
  int max_pending = 8192;                       // calls queued in a lane
  int readers = 2;                              // reading threads
  std::string log_level = "info";
};

// What a command line asks for.
struct Parsed {
  Options options;
  // Set when there is nothing to run: help or version was asked for, or the
  // line is wrong. Then `text` is to be printed, and this is the exit code.
  bool exit = false;
  int exit_code = 0;
  std::string text;
};

// Reads the command line; TRACKTROVE_* variables stand for options not given.
Parsed ParseCommandLine(int argc, const char* const* argv);

// Checks what goes together, reads the token and the address of Redis, and
// fills in what follows from other options (the database's URL). Refuses what
// would have no effect.
absl::Status Complete(Options& options);

// Whether only this machine can reach the address: `localhost`, or the text of
// an address of loopback. A name that only looks like one may mean any machine.
bool IsLoopback(const std::string& address);

}  // namespace tracktrove::config

#endif  // TRACKTROVE_CONFIG_OPTIONS_H_
