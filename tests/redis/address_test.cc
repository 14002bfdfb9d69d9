#include "redis/address.h"

#include <gmock/gmock.h>

namespace tracktrove::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Address Parsed(const std::string& url) {
  const auto address = ParseAddress(url);
  EXPECT_TRUE(address.ok()) << url << ": " << address.status();
  return address.value_or(Address{});
}

TEST(Address, HasDefaultsForAllButTheHost) {
  const Address address = Parsed("redis://cache");
  EXPECT_EQ(address.host, "cache");
  EXPECT_EQ(address.port, 6379);
  EXPECT_EQ(address.user, "");
  EXPECT_EQ(address.password, "");
  EXPECT_EQ(address.database, 0);
}

TEST(Address, ReadsEveryPart) {
  const Address address = Parsed("redis://app:p%40ss%3a%25:word@10.0.0.7:7000/12");
  EXPECT_EQ(address.host, "10.0.0.7");
  EXPECT_EQ(address.port, 7000);
  EXPECT_EQ(address.user, "app");
  EXPECT_EQ(address.password, "p@ss:%:word");
  EXPECT_EQ(address.database, 12);
}

TEST(Address, TakesAPasswordWithoutAUser) {
  EXPECT_EQ(Parsed("redis://secret@h").password, "secret");
  EXPECT_EQ(Parsed("redis://:secret@h").password, "secret");
  EXPECT_EQ(Parsed("redis://:a/b@c@h").password, "a/b@c");
}

TEST(Address, TakesAnIpv6HostInBrackets) {
  EXPECT_EQ(Parsed("redis://[::1]/2").host, "::1");
  EXPECT_EQ(Parsed("redis://[::1]:7000").port, 7000);
}

TEST(Address, NamesHostAndPortAndNothingElse) { EXPECT_EQ(Parsed("redis://app:secret@h:1/2").Name(), "h:1"); }

TEST(Address, SaysWhatIsWrongWithoutRepeatingThePassword) {
  const struct {
    std::string url, problem;
  } cases[] = {
      {"", "beginning with redis://"},
      {"http://:secret@h", "beginning with redis://"},
      {"rediss://:secret@h", "TLS"},
      {"redis://", "with a host"},
      {"redis://:secret@", "with a host"},
      {"redis://:secret@:6379", "with a host"},
      {"redis://app:@h", "with a password"},
      {"redis://:secret%4@h", "%25"},
      {"redis://:secret%zz@h", "%25"},
      {"redis://:secret@h:0", "a port from 1 to 65535"},
      {"redis://:secret@h:port", "a port from 1 to 65535"},
      {"redis://:secret@h:65536", "a port from 1 to 65535"},
      {"redis://:secret@h/-1", "a database from 0 to 9999"},
      {"redis://:secret@h/one", "a database from 0 to 9999"},
      {"redis://:secret@[::1", "a ]"},
      {"redis://:secret@[::1]x", "after the ]"},
  };
  for (const auto& [url, problem] : cases) {
    SCOPED_TRACE(url);
    const absl::Status status = ParseAddress(url).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace tracktrove::redis
