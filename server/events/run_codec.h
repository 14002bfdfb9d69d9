// Runs as bytes, for replicas to hand to each other. Our own format: a version,
// the world, the records with each DTO once however many refer to it, the hash
// of the last record, and a checksum.
#ifndef TRACKTROVE_EVENTS_RUN_CODEC_H_
#define TRACKTROVE_EVENTS_RUN_CODEC_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "domain/vocabulary.h"
#include "events/run.h"

namespace tracktrove::events {

// `run` is not empty.
std::string EncodeRun(domain::WorldId world, const Run& run);

// None for bytes that are damaged, of another version or of another world. What
// is answered is what was committed: each record's hash is computed anew from
// what was read, and the last must be the one that was sent. A replica of
// another release, which knows other fields, is found out by that too.
std::optional<Run> DecodeRun(domain::WorldId world, absl::string_view bytes);

}  // namespace tracktrove::events

#endif  // TRACKTROVE_EVENTS_RUN_CODEC_H_
