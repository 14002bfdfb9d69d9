#include "config/options.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace tracktrove::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Parsed Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tracktrove-server");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, AnUnknownOptionIsAUsageErrorThatNamesIt) {
  const Parsed parsed = Parse({"--grpc-prot", "1"});
  EXPECT_TRUE(parsed.exit);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.text, HasSubstr("--grpc-prot"));
}

TEST(Options, APortOutOfRangeIsAUsageError) { EXPECT_EQ(Parse({"--grpc-port", "70000"}).exit_code, 2); }

TEST(Options, HelpIsNoError) {
  const Parsed parsed = Parse({"--help"});
  EXPECT_TRUE(parsed.exit);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_THAT(parsed.text, HasSubstr("TRACKTROVE_DATA_DIR"));
}

TEST(Options, TheEnvironmentStandsForAnOptionNotGivenAndYieldsToOneThatIs) {
  ::setenv("TRACKTROVE_GRPC_PORT", "1234", 1);
  EXPECT_EQ(Parse({}).options.grpc_port, 1234);
  EXPECT_EQ(Parse({"--grpc-port", "99"}).options.grpc_port, 99);
  ::unsetenv("TRACKTROVE_GRPC_PORT");
}

TEST(Options, AFlagMayBeGivenByTheEnvironmentToo) {
  EXPECT_FALSE(Parse({}).options.allow_unsafe_database);
  EXPECT_TRUE(Parse({"--allow-unsafe-database"}).options.allow_unsafe_database);
  ::setenv("TRACKTROVE_ALLOW_UNSAFE_DATABASE", "true", 1);
  EXPECT_TRUE(Parse({}).options.allow_unsafe_database);
  ::unsetenv("TRACKTROVE_ALLOW_UNSAFE_DATABASE");
}

TEST(Options, AnAddressThatOthersReachNeedsAToken) {
  Options options = Parse({"--listen", "0.0.0.0"}).options;
  EXPECT_THAT(std::string(Complete(options).message()), HasSubstr("--auth-token-file"));
}

TEST(Options, OnlyAnAddressOfLoopbackNeedsNoToken) {
  for (const char* address : {"localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"})
    EXPECT_TRUE(IsLoopback(address)) << address;
  for (const char* address : {"", "127.", "127.evil.example", "127.0.0.1.evil.example", "localhost.evil",
                              "127.0.0.1:80", "127.0.0.1 ", "128.0.0.1", "0.0.0.0", "10.0.0.1", "::", "[::]",
                              "::2", "[::1", "[127.0.0.1]", "::1%lo", "tracktrove"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(Options, AnAddressOfIPv6NeedsNoBrackets) {
  for (const char* address : {"::1", "[::1]"}) {
    Options options = Parse({"--listen", address}).options;
    EXPECT_TRUE(Complete(options).ok()) << address;
    EXPECT_EQ(options.listen, "[::1]");
  }
}

TEST(Options, WhatWouldHaveNoEffectIsRefused) {
  struct Case {
    std::vector<const char*> line;
    const char* refused;  // null: it has one
  };
  constexpr const char* kPostgres = "--database=postgresql://localhost/lab";
  const Case cases[] = {
      {{"--redis-prefix", "lab"}, "--redis-prefix"},
      {{"--redis-prefix", "lab", "--redis", "redis://localhost"}, nullptr},
      {{"--allow-unsafe-database"}, "--allow-unsafe-database"},
      {{"--allow-unsafe-database", "--database", "sqlite:x.db"}, "--allow-unsafe-database"},
      {{"--allow-unsafe-database", kPostgres}, nullptr},
      {{"--lanes", "8"}, "--lanes 8"},
      {{"--lanes", "1"}, nullptr},
      {{"--lanes", "8", kPostgres}, nullptr},
  };
  for (const Case& c : cases) {
    Options options = Parse(c.line).options;
    const absl::Status status = Complete(options);
    EXPECT_EQ(status.ok(), c.refused == nullptr) << status;
    if (c.refused != nullptr) {
      EXPECT_THAT(std::string(status.message()), ::testing::StartsWith(c.refused));
      EXPECT_THAT(std::string(status.message()), HasSubstr("does nothing"));
    }
  }
}

TEST(Options, AShortOrMissingTokenIsRefused) {
  tracktrove::testing::TempFolder folder;
  const std::string path = folder.path() + "/token";
  Options options;
  options.auth_token_file = path;
  EXPECT_THAT(std::string(Complete(options).message()), HasSubstr("cannot be read"));
  std::ofstream(path) << "short\n";
  EXPECT_THAT(std::string(Complete(options).message()), HasSubstr("at least 16"));
  std::ofstream(path) << "  0123456789abcdef\n";
  EXPECT_TRUE(Complete(options).ok());
  EXPECT_EQ(options.auth_token, "0123456789abcdef");
}

TEST(Options, RedisIsLeftOutUntilItsUrlIsGiven) {
  Options options = Parse({}).options;
  EXPECT_TRUE(Complete(options).ok());
  EXPECT_EQ(options.redis_address, std::nullopt);
  ::setenv("TRACKTROVE_REDIS", "redis://app:secret@cache:7000/2", 1);
  options = Parse({"--redis-prefix", "lab-2"}).options;
  ::unsetenv("TRACKTROVE_REDIS");
  EXPECT_TRUE(Complete(options).ok());
  EXPECT_EQ(options.redis_address->host, "cache");
  EXPECT_EQ(options.redis_address->database, 2);
  EXPECT_EQ(options.redis_prefix, "lab-2");
}

TEST(Options, AMalformedRedisUrlIsRefusedWithoutItsPassword) {
  Options options = Parse({"--redis", "redis://:secret@cache:port"}).options;
  const std::string problem(Complete(options).message());
  EXPECT_THAT(problem, HasSubstr("--redis must be redis://"));
  EXPECT_THAT(problem, HasSubstr("port from 1 to 65535"));
  EXPECT_THAT(problem, Not(HasSubstr("secret")));
}

TEST(Options, ARedisPrefixThatWouldNotTellKeysApartIsRefused) {
  for (const std::string prefix : {"", "a:b", "a b", "UPPER"}) {
    Options options = Parse({"--redis-prefix", prefix.c_str()}).options;
    EXPECT_THAT(std::string(Complete(options).message()), HasSubstr("--redis-prefix")) << prefix;
  }
}

TEST(Options, TheDatabaseIsInTheDataFolderByDefault) {
  Options options = Parse({"--data-dir", "x"}).options;
  EXPECT_TRUE(Complete(options).ok());
  EXPECT_EQ(options.database, "sqlite:x/tracktrove.db");
}

}  // namespace
}  // namespace tracktrove::config
