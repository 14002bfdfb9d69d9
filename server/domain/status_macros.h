// Early returns for absl::Status and absl::StatusOr.
#ifndef TRACKTROVE_DOMAIN_STATUS_MACROS_H_
#define TRACKTROVE_DOMAIN_STATUS_MACROS_H_

#include <utility>

// Returns from the function when `expression` is not OK.
#define TT_RETURN_IF_ERROR(expression)                    \
  do {                                                    \
    if (auto tt_status = (expression); !tt_status.ok()) { \
      return tt_status;                                   \
    }                                                     \
  } while (false)

// Puts the value of a StatusOr into `target`, or returns its status.
#define TT_ASSIGN_OR_RETURN(target, expression) \
  TT_ASSIGN_OR_RETURN_IMPL(TT_CONCAT(tt_or_, __LINE__), target, expression)
#define TT_ASSIGN_OR_RETURN_IMPL(name, target, expression) \
  auto name = (expression);                                \
  if (!name.ok()) return name.status();                    \
  target = *std::move(name)
#define TT_CONCAT(a, b) TT_CONCAT_INNER(a, b)
#define TT_CONCAT_INNER(a, b) a##b

#endif  // TRACKTROVE_DOMAIN_STATUS_MACROS_H_
