#ifndef TRACKTROVE_SDK_SRC_REQUEST_ID_H_
#define TRACKTROVE_SDK_SRC_REQUEST_ID_H_

#include <string>

namespace tracktrove::internal {

// A random UUID (version 4).
std::string NewRequestId();

}  // namespace tracktrove::internal

#endif  // TRACKTROVE_SDK_SRC_REQUEST_ID_H_
