#include "domain/template.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/ledger.h"

namespace tracktrove::domain {
namespace {

constexpr int kMaxHex = 32;
constexpr double kExact = 9007199254740992;  // 2^53: beyond it canonical JSON is not exact

// The expression's name ("$ref"), or empty for plain JSON.
std::string ExpressionOf(const Json& json) {
  if (!json.is_object() || json.size() != 1) return "";
  const std::string& key = json.begin().key();
  return !key.empty() && key[0] == '$' ? key : "";
}

// What is or would be captured: the amount asked for, else all of it.
int64_t CapturedOf(const Transaction& transaction) {
  if (transaction.amounts.captured > 0) return transaction.amounts.captured;
  return transaction.capture_requested.value_or(transaction.amount.minor_units);
}

// What is or would be charged for it.
int64_t FeeOf(const RenderContext& c) {
  return c.transaction.capture_fee.value_or(FeeOn(c.policy.fee, CapturedOf(c.transaction)));
}

struct NamedValue {
  const char* name;
  Json (*value)(const RenderContext&);
};

const std::array<NamedValue, 13> kValues = {{
    {"amount", [](const RenderContext& c) { return Json(c.transaction.amount.minor_units); }},
    {"currency", [](const RenderContext& c) { return Json(c.transaction.amount.currency); }},
    {"kind", [](const RenderContext& c) { return Json(Name(c.transaction.kind)); }},
    {"payer", [](const RenderContext& c) { return Json(c.transaction.payer); }},
    {"payee", [](const RenderContext& c) { return Json(c.transaction.payee); }},
    {"channel", [](const RenderContext& c) { return Json(c.transaction.channel); }},
    {"transactionId", [](const RenderContext& c) { return Json(c.transaction.id); }},
    {"attempt", [](const RenderContext& c) { return Json(c.attempt); }},
    {"time", [](const RenderContext& c) { return Json(Rfc3339(c.time)); }},
    {"holdExpireTime",
     [](const RenderContext& c) {
       const auto& expire = c.transaction.hold_expire_time;
       return expire ? Json(Rfc3339(*expire)) : Json();
     }},
    {"captured", [](const RenderContext& c) { return Json(CapturedOf(c.transaction)); }},
    {"fee", [](const RenderContext& c) { return Json(FeeOf(c)); }},
    {"net", [](const RenderContext& c) { return Json(CapturedOf(c.transaction) - FeeOf(c)); }},
}};

const NamedValue* FindValue(const std::string& name) {
  const auto it = std::find_if(kValues.begin(), kValues.end(), [&](const auto& v) { return v.name == name; });
  return it == kValues.end() ? nullptr : &*it;
}

// What a `$ref` points to; null when that is nothing.
const Json* Find(const Json& dto, const Json& pointer) {
  try {
    return &dto.at(Json::json_pointer(pointer.get<std::string>()));
  } catch (const Json::exception&) {
    return nullptr;
  }
}

// The value of an expression that does not look into the document.
Json Evaluate(const std::string& expression, const Json& argument, const RenderContext& c,
              const std::string& path) {
  const int attempt = c.attempt;
  const std::string purpose = "dto:" + path;
  if (expression == "$value") return FindValue(argument.get<std::string>())->value(c);
  if (expression == "$draw") {
    const auto min = argument.at("min").get<int64_t>();
    return min + c.draws.Below(argument.at("max").get<int64_t>() - min + 1, c.step, attempt, purpose);
  }
  if (expression == "$hex") {
    return argument.value("prefix", "") +
           c.draws.Hex(argument.at("length").get<int>(), c.step, attempt, purpose);
  }
  return argument.at(
      c.draws.Below(static_cast<int64_t>(argument.size()), c.step, attempt, purpose));  // $pick
}

// Renders one change. A change is small, but what its references copy need not
// be: nothing is copied any more once that is too large.
class Rendering {
 public:
  explicit Rendering(const RenderContext& context) : context_(context) {}

  bool too_large() const { return too_large_; }

  // `level`: how many objects and lists it stands in.
  Json At(const Json& change, const std::string& path, int level) {
    const std::string expression = ExpressionOf(change);
    if (expression == "$ref") return Copy(change.begin().value(), level);
    if (!expression.empty()) return Evaluate(expression, change.begin().value(), context_, path);
    if (change.is_array()) {
      Json rendered = Json::array();
      for (const auto& [index, item] : change.items())
        rendered.push_back(At(item, path + "/" + index, level + 1));
      return rendered;
    }
    if (!change.is_object()) return change;
    Json rendered = Json::object();
    for (const auto& [key, value] : change.items()) rendered[key] = At(value, path + "/" + key, level + 1);
    return rendered;
  }

 private:
  Json Copy(const Json& pointer, int level) {
    const Json* found = too_large_ ? nullptr : Find(context_.dto, pointer);
    if (found == nullptr) return Json();
    copied_ += CanonicalJson(*found).size();
    too_large_ = copied_ > kMaxDocumentBytes || level + LevelsOf(*found) > kMaxDocumentLevels;
    return too_large_ ? Json() : *found;
  }

  const RenderContext& context_;
  size_t copied_ = 0;
  bool too_large_ = false;
};

bool IsInteger(const Json& json, const char* key) {
  return json.contains(key) && json.at(key).is_number_integer() &&
         std::fabs(json.at(key).get<double>()) <= kExact;
}

// Empty when the expression is sound, else what is wrong with it.
std::string ProblemOf(const std::string& expression, const Json& argument) {
  if (expression == "$ref") {
    if (!argument.is_string()) return "needs a JSON pointer";
    try {
      const Json::json_pointer parsed(argument.get_ref<const std::string&>());
      return "";
    } catch (const Json::exception&) {
      return "needs a JSON pointer (RFC 6901)";
    }
  }
  if (expression == "$value") {
    if (argument.is_string() && FindValue(argument.get<std::string>()) != nullptr) return "";
    return absl::StrCat("names no known value: ", argument.dump());
  }
  if (expression == "$draw") {
    const bool sound = argument.is_object() && IsInteger(argument, "min") && IsInteger(argument, "max") &&
                       argument.at("min").get<int64_t>() <= argument.at("max").get<int64_t>();
    return sound ? "" : "needs integers min and max of at most 2^53, min not above max";
  }
  if (expression == "$hex") {
    const bool sound = argument.is_object() && IsInteger(argument, "length") &&
                       argument.at("length").get<int64_t>() >= 1 &&
                       argument.at("length").get<int64_t>() <= kMaxHex &&
                       (!argument.contains("prefix") || argument.at("prefix").is_string());
    return sound ? "" : absl::StrCat("needs a length of 1 to ", kMaxHex, " and may have a prefix");
  }
  if (expression == "$pick")
    return argument.is_array() && !argument.empty() ? "" : "needs a list to pick from";
  return "is no known expression";
}

absl::Status CheckAt(const Json& change, const std::string& place) {
  const std::string expression = ExpressionOf(change);
  if (!expression.empty()) {
    const std::string problem = ProblemOf(expression, change.begin().value());
    return problem.empty() ? absl::OkStatus() : BadField(absl::StrCat(place, "/", expression), problem);
  }
  if (!change.is_structured()) return absl::OkStatus();
  for (const auto& [key, value] : change.items()) {
    if (absl::Status status = CheckAt(value, absl::StrCat(place, "/", key)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void GatherReferences(const Json& change, const Json::json_pointer& place,
                      std::vector<Reference>& references) {
  const std::string expression = ExpressionOf(change);
  if (expression == "$ref") {
    references.push_back({Json::json_pointer(change.begin().value().get<std::string>()), place});
    return;
  }
  if (!expression.empty() || !change.is_structured()) return;
  for (const auto& [key, value] : change.items()) GatherReferences(value, place / key, references);
}

}  // namespace

std::optional<Json> Render(const Json& change, const RenderContext& context) {
  Rendering rendering(context);
  Json rendered = rendering.At(change, "", 0);
  if (rendering.too_large()) return std::nullopt;
  return rendered;
}

absl::Status CheckChange(const Json& change, absl::string_view place) {
  if (!change.is_object()) return BadField(place, "must be an object");
  if (!ExpressionOf(change).empty())
    return BadField(place, "must not be an expression as a whole: a DTO is an object");
  return CheckAt(change, std::string(place));
}

bool Reference::ContainsItself() const {
  Json::json_pointer above = place;
  while (!above.empty()) {
    above.pop_back();
    if (above == pointer) return true;
  }
  return false;
}

std::vector<Reference> ReferencesIn(const Json& change) {
  std::vector<Reference> references;
  GatherReferences(change, Json::json_pointer(), references);
  return references;
}

bool Makes(const Json& change, const Json::json_pointer& pointer) {
  // Upwards from the whole pointer: at the nearest place that the change names it
  // either goes on as an object without that member, or sets everything below.
  for (Json::json_pointer at = pointer; !at.empty(); at.pop_back()) {
    const bool whole = at == pointer;
    if (!change.contains(at)) continue;
    const Json& there = change.at(at);
    return !there.is_null() && (whole || !there.is_object() || !ExpressionOf(there).empty());
  }
  return false;
}

}  // namespace tracktrove::domain
