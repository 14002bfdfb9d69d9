// Fires one tip at the server named on the command line (default
// localhost:50051) and prints its trace as it happens. Fails when it cannot.
#include <cstdio>

#include "tracktrove/client.h"

namespace {

int Fail(const char* what, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  tracktrove::Options options;
  if (argc > 1) options.endpoint = argv[1];
  const tracktrove::Client client(options);

  tracktrove::v1::InitiateTransactionRequest request;
  request.set_kind(tracktrove::v1::Transaction::TIP);
  request.mutable_amount()->set_currency_code("INR");
  request.mutable_amount()->set_minor_units(2550);
  request.set_payer("asha");
  request.set_payee("rider-7");
  const auto transaction = client.InitiateTransaction(request);
  if (!transaction.ok()) return Fail("the tip was not taken", transaction.status());

  tracktrove::v1::StreamTraceRequest follow;
  follow.set_transaction(transaction->id());
  follow.set_stop_at_final(true);
  auto stream = client.StreamTrace(follow);
  if (!stream.ok()) return Fail("its trace cannot be followed", stream.status());
  while (true) {
    const auto record = (*stream)->Next();
    if (!record.ok()) return Fail("its trace broke off", record.status());
    if (!record->has_value()) return 0;  // the transaction is over
    std::printf("%-20s %s\n", (*record)->step().c_str(),
                tracktrove::v1::Transaction::State_Name((*record)->to_state()).c_str());
  }
}
