// The expressions of a step's DTO change. An object with a single key that
// starts with `$` stands for a value:
//   {"$ref": "/risk/score"}                  from the DTO as it was before the step, but
//                                            nothing that contains the reference's own place
//   {"$value": "fee"}                        one of the values named below
//   {"$draw": {"min": 1, "max": 99}}         a drawn integer, both ends inclusive
//   {"$hex": {"length": 12, "prefix": "a_"}} drawn hex digits (1 to 32)
//   {"$pick": ["a", "b"]}                    one of these, drawn
// Values: amount, currency, kind, payer, payee, channel, transactionId,
// attempt, time, holdExpireTime, captured, fee, net.
#ifndef TRACKTROVE_DOMAIN_TEMPLATE_H_
#define TRACKTROVE_DOMAIN_TEMPLATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "domain/draw.h"
#include "domain/json.h"
#include "domain/sandbox.h"
#include "domain/transaction.h"

namespace tracktrove::domain {

// What a change is rendered from.
struct RenderContext {
  const Transaction& transaction;  // with hold and captured amounts as the step leaves them
  const Policy& policy;
  const Json& dto;  // before the step
  const Draws& draws;
  const std::string& step;
  int attempt;  // whose draws they are: that of the transaction, or the one that did the work
  absl::Time time;
};

// The merge patch with every expression replaced by its value. A `$ref` to
// nothing is null, which a merge patch takes as "remove". Nothing where its
// references would copy more bytes, or put them deeper, than a document may have.
std::optional<Json> Render(const Json& change, const RenderContext& context);

// Refuses what is no object (a DTO is one) and unknown or malformed
// expressions; `place` leads the error's path.
absl::Status CheckChange(const Json& change, absl::string_view place);

// A `$ref` of a sound change: what it points to, and where it stands.
struct Reference {
  Json::json_pointer pointer;
  Json::json_pointer place;

  // What it points to contains its place.
  bool ContainsItself() const;
};
std::vector<Reference> ReferencesIn(const Json& change);

// Whether applying the change makes something stand at the pointer.
bool Makes(const Json& change, const Json::json_pointer& pointer);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_TEMPLATE_H_
