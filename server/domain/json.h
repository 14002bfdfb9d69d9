// The DTO's form: RFC 8785 canonical JSON, so that equal documents are equal
// bytes, and RFC 7396 merge patches over it.
#ifndef TRACKTROVE_DOMAIN_JSON_H_
#define TRACKTROVE_DOMAIN_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "domain/vocabulary.h"

namespace tracktrove::domain {

using Json = nlohmann::json;

// What a document may be at most: its canonical form, and the objects and lists
// that stand in each other, itself included.
inline constexpr size_t kMaxDocumentBytes = 64 << 10;
inline constexpr int kMaxDocumentLevels = 24;

// Of objects and lists in each other; 0 for what is neither.
int LevelsOf(const Json& value);

// Sorted keys (by UTF-16 code units), shortest numbers, minimal escapes.
// Requires finite numbers and valid UTF-8, as the edge has checked. Integers
// outside ±2^53 are written as the nearest double, as the RFC demands.
std::string CanonicalJson(const Json& value);

// The same, shared.
Text CanonicalText(const Json& value);

// Parses a document that was stored in canonical form.
Json ParseStored(const std::string& text);

}  // namespace tracktrove::domain

#endif  // TRACKTROVE_DOMAIN_JSON_H_
