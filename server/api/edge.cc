#include "api/edge.h"

#include <openssl/crypto.h>

#include "absl/time/clock.h"
#include "domain/status_macros.h"

namespace tracktrove::api {

absl::Status Edge::Authorize(const grpc::CallbackServerContext& context) const {
  if (auth_token.empty()) return absl::OkStatus();
  const std::string expected = "Bearer " + auth_token;
  const auto it = context.client_metadata().find("authorization");
  const bool same = it != context.client_metadata().end() && it->second.size() == expected.size() &&
                    CRYPTO_memcmp(it->second.data(), expected.data(), expected.size()) == 0;
  if (same) return absl::OkStatus();
  return domain::WithDetails(
      absl::StatusCode::kUnauthenticated,
      "this server asks for its token: send the metadata `authorization: Bearer TOKEN`",
      {.reason = "TOKEN_REQUIRED", .metadata = {}, .field = {}, .retry_after = {}});
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Duration fallback) {
  const auto deadline = context.deadline();
  const absl::Time latest = absl::Now() + absl::Hours(24 * 365);
  const absl::Time given = absl::FromChrono(deadline);
  return given < latest ? given : absl::Now() + fallback;
}

absl::StatusOr<store::SandboxSnapshot> FindSandbox(store::Reader& reader, const std::string& name) {
  auto snapshot = reader.GetSandbox(name);
  if (!snapshot.ok()) return snapshot.status();
  if (!*snapshot) return domain::SandboxNotFound(name);
  return **std::move(snapshot);
}

absl::Status StillThere(store::Reader& reader, const domain::Sandbox& sandbox) {
  TT_ASSIGN_OR_RETURN(const store::SandboxSnapshot now, FindSandbox(reader, sandbox.name));
  return now.sandbox.world == sandbox.world ? absl::OkStatus() : domain::SandboxWasReset(sandbox.name);
}

absl::StatusOr<domain::Flow> ReadFlow(store::Reader& reader, domain::WorldId world, const std::string& id) {
  if (const domain::Flow* builtin = domain::FindFlow(id)) return *builtin;
  absl::StatusOr<std::optional<domain::Flow>> own = reader.GetFlow(world, id);
  if (!own.ok()) return own.status();
  if (!*own) return domain::FlowNotFound(id);
  return **std::move(own);
}

}  // namespace tracktrove::api
