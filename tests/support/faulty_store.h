// A store that goes wrong once, on purpose: what it is told to write is spoiled
// on the way, as a bug of the layers above or below would. It shows whether the
// checkers see what such a bug leaves behind.
#ifndef TRACKTROVE_TESTS_SUPPORT_FAULTY_STORE_H_
#define TRACKTROVE_TESTS_SUPPORT_FAULTY_STORE_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "domain/record.h"
#include "store/store.h"

namespace tracktrove::testing {

// A batch on its way into the store.
class DoomedBatch {
 public:
  // `before` are the sandboxes as the batch found them.
  DoomedBatch(const std::map<std::string, domain::Sandbox>& before, store::Changes& changes)
      : before_(before), changes_(changes) {}

  store::Changes& changes() { return changes_; }

  // The batch's row of a transaction; null when it does not change it.
  domain::Transaction* Transaction(const std::string& id);
  // The first record of this type; null when there is none.
  domain::Record* RecordOf(domain::RecordType type);

  // Adds a record after the last one, numbered as it should be.
  void Append(domain::Record record);
  // Chains the records again, so that the hashes give nothing away.
  void Rechain();

 private:
  const std::map<std::string, domain::Sandbox>& before_;
  store::Changes& changes_;
};

// Spoils a batch and answers true, or finds in it nothing of the kind that it
// spoils: then it is asked again for the next one.
using Defect = std::function<bool(DoomedBatch&)>;

// The same store, on SQLite, with one defect. `planted` is set once it has been.
std::unique_ptr<store::Store> WithDefect(std::unique_ptr<store::Store> store, const Defect& defect,
                                         std::atomic<bool>* planted);

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_FAULTY_STORE_H_
