// When two requests are the same: a hash of the method's message and of every
// field that is set, but the request's id. Unknown fields do not count.
//
// The bytes hashed are protobuf's deterministic serialisation, made by this
// server from what it understood, so neither the client's field order nor its
// library matters.
#ifndef TRACKTROVE_API_FINGERPRINT_H_
#define TRACKTROVE_API_FINGERPRINT_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace tracktrove::api {

// `ignored`: names of fields that do not count.
std::string Fingerprint(const google::protobuf::Message& request, const std::vector<std::string>& ignored);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_FINGERPRINT_H_
