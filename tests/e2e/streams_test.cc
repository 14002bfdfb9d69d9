// Many who follow one sandbox, and lose their connections again and again.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/scene.h"
#include "tests/support/checkers.h"
#include "tests/support/proxy.h"
#include "tests/support/requests.h"
#include "tests/support/run.h"
#include "tests/support/server_process.h"
#include "tests/support/subscriber.h"
#include "tracktrove/pipeline.h"

namespace tracktrove::testing {
namespace {

using ::testing::IsEmpty;

// One of its own, where gRPC would share a connection between equal clients.
Client ClientWithAConnection(const std::string& endpoint, int number) {
  Options options;
  options.endpoint = endpoint;
  options.user_agent = absl::StrCat("subscriber-", number);
  options.retry.max_attempts = 1000;
  options.retry.max_backoff = absl::Milliseconds(100);
  return Client(options);
}

TEST(Subscribers, GetEveryRecordOnceAndInOrderHoweverOftenTheirConnectionsAreCut) {
  const int subscribers = LongTests() ? 100 : 20;
  const int cuts = LongTests() ? 50 : 10;
  constexpr int kTransactionsPerCut = 50;  // of seven records each
  ServerProcess server;
  Proxy proxy(absl::StrCat("grpc://nobody:nothing@", server.endpoint(), "/"));
  const std::string by_proxy = proxy.url().substr(proxy.url().find('@') + 1);
  const std::string endpoint = by_proxy.substr(0, by_proxy.find('/'));
  const Client client = server.client();
  ASSERT_TRUE(client.CreateSandbox(ManualSandbox(kSandbox, v1::Sandbox::INSTANT)).ok());
  std::vector<std::unique_ptr<Subscriber>> all;
  for (int i = 0; i < subscribers; ++i)
    all.push_back(std::make_unique<Subscriber>(ClientWithAConnection(endpoint, i), kSandbox, 0));

  for (int cut = 0; cut < cuts; ++cut) {
    {
      Pipeline pipeline(client, 16, [](const absl::StatusOr<v1::Transaction>& answer) {
        EXPECT_TRUE(answer.ok()) << answer.status();
      });
      for (int i = 0; i < kTransactionsPerCut; ++i) {
        pipeline.Submit(Tip(kSandbox));
        if (i == kTransactionsPerCut / 2) proxy.CutAll();
      }
    }
    // All are there again, so that the next cut hurts them all.
    v1::GetSandboxRequest get;
    get.set_sandbox(kSandbox);
    const auto sandbox = client.GetSandbox(get);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    const auto caught_up = [&](const v1::TraceRecord& record) {
      return record.sequence() >= sandbox->head_sequence();
    };
    for (const auto& subscriber : all) ASSERT_TRUE(subscriber->Await(caught_up, kPatience));
  }
  const auto evidence = Gather(client, kSandbox);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_EQ(evidence->sandbox.transaction_count(), cuts * kTransactionsPerCut);
  for (int i = 0; i < subscribers; ++i) {
    SCOPED_TRACE(i);
    const auto received = all[i]->ReceiveUpTo(evidence->sandbox.head_sequence(), kPatience);
    EXPECT_TRUE(all[i]->failure().ok()) << all[i]->failure();
    EXPECT_THAT(CheckReceived(*evidence, received, 0), IsEmpty());
  }
}

}  // namespace
}  // namespace tracktrove::testing
