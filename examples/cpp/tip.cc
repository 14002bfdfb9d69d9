// Fires one tip at the server named on the command line (default
// localhost:50051) and prints its trace as it happens.
#include <cstdio>

#include "tracktrove/client.h"

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
  if (!transaction.ok()) {
    std::fprintf(stderr, "%s\n", transaction.status().ToString().c_str());
    return 1;
  }

  tracktrove::v1::StreamTraceRequest follow;
  follow.set_transaction(transaction->id());
  follow.set_stop_at_final(true);
  auto stream = client.StreamTrace(follow);
  while (stream.ok()) {
    const auto record = (*stream)->Next();
    if (!record.ok() || !record->has_value()) break;
    std::printf("%-20s %s\n", (*record)->step().c_str(),
                tracktrove::v1::Transaction::State_Name((*record)->to_state()).c_str());
  }
  return 0;
}
