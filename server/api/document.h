// Documents on the wire, encoded straight from their text.
#ifndef TRACKTROVE_API_DOCUMENT_H_
#define TRACKTROVE_API_DOCUMENT_H_

#include <string>

namespace tracktrove::api {

// Appends `document`, stored canonical JSON of an object, to an encoded message
// as its field `number`, a google.protobuf.Struct. The same as setting the
// field, but without making a Struct: that would cost more than all the rest of
// a reply.
void AppendDocument(int number, const std::string& document, std::string& encoded);

}  // namespace tracktrove::api

#endif  // TRACKTROVE_API_DOCUMENT_H_
