// The holds that are stored, for those who show them to others.
#ifndef TRACKTROVE_ENGINE_STORED_HOLDS_H_
#define TRACKTROVE_ENGINE_STORED_HOLDS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/readers.h"
#include "holds/holds.h"

namespace tracktrove::engine {

// As holds::ReadStored, over the reading threads; those of REALTIME sandboxes,
// as only theirs end by themselves. Holds that come and go meanwhile may be
// missed or told: whoever commits them arms and disarms them.
absl::Status ReadStoredHolds(Readers& readers, const std::string& sandbox,
                             const std::function<bool(std::vector<holds::Hold>)>& take);

}  // namespace tracktrove::engine

#endif  // TRACKTROVE_ENGINE_STORED_HOLDS_H_
