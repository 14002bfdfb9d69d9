#include "redis/connection.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "domain/status_macros.h"

namespace tracktrove::redis {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using OwnedReply = std::unique_ptr<redisReply, FreeReply>;

Reply ToReply(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::kText;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kError;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kList;
      for (size_t i = 0; i < raw.elements; ++i) reply.list.push_back(ToReply(*raw.element[i]));
      break;
    default:  // REDIS_REPLY_NIL; the protocol asked for knows no other
      break;
  }
  return reply;
}

// The first word, such as WRONGPASS. The rest may repeat what was sent, which
// for AUTH is the password.
absl::string_view ErrorCode(const Reply& error) {
  const absl::string_view text = error.text;
  return text.substr(0, text.find(' '));
}

}  // namespace

void Connection::Free::operator()(redisContext* context) const { redisFree(context); }

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Address& address,
                                                             const Timeouts& timeouts) {
  redisContext* const context =
      redisConnectWithTimeout(address.host.c_str(), address.port, absl::ToTimeval(timeouts.connect));
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  std::unique_ptr<Connection> connection(new Connection(context));
  if (context->err != 0) return connection->Problem();
  if (redisSetTimeout(context, absl::ToTimeval(timeouts.reply)) != REDIS_OK) return connection->Problem();
  TT_RETURN_IF_ERROR(connection->LogIn(address));
  return connection;
}

absl::Status Connection::LogIn(const Address& address) {
  if (!address.password.empty()) {
    Append(address.user.empty() ? Command{"AUTH", address.password}
                                : Command{"AUTH", address.user, address.password});
    TT_ASSIGN_OR_RETURN(const Reply reply, Read());
    if (reply.kind == Reply::Kind::kError) {
      return absl::UnauthenticatedError(absl::StrCat("the password was refused (", ErrorCode(reply), ")"));
    }
  }
  // Also without a password or for database 0: it shows whether we may do anything.
  Append({"SELECT", absl::StrCat(address.database)});
  TT_ASSIGN_OR_RETURN(const Reply reply, Read());
  if (reply.kind == Reply::Kind::kError) return absl::FailedPreconditionError(reply.text);
  return absl::OkStatus();
}

void Connection::Append(const Command& command) {
  std::vector<const char*> arguments;
  std::vector<size_t> sizes;
  for (const std::string& argument : command) {
    arguments.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  // Fails only without memory; then the context is marked, and the next read fails.
  redisAppendCommandArgv(context_.get(), static_cast<int>(command.size()), arguments.data(), sizes.data());
}

absl::StatusOr<Reply> Connection::Read() {
  void* raw = nullptr;
  if (context_->err != 0 || redisGetReply(context_.get(), &raw) != REDIS_OK) return Problem();
  return ToReply(*OwnedReply(static_cast<redisReply*>(raw)));
}

absl::StatusOr<std::optional<Reply>> Connection::ReadWithin(absl::Duration wait) {
  for (bool waited = false;; waited = true) {
    void* raw = nullptr;
    if (context_->err != 0 || redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return Problem();
    if (raw != nullptr) return ToReply(*OwnedReply(static_cast<redisReply*>(raw)));
    if (waited) return std::nullopt;
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return Problem();
    }
    pollfd readable{.fd = context_->fd, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(wait))) <= 0) return std::nullopt;
    if (redisBufferRead(context_.get()) != REDIS_OK) return Problem();
  }
}

void Connection::Interrupt() { ::shutdown(context_->fd, SHUT_RDWR); }

absl::Status Connection::Problem() const {
  // A timeout shows as an error of input and output that says "try again".
  const bool timeout = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
  return absl::UnavailableError(timeout ? "it does not answer" : context_->errstr);
}

}  // namespace tracktrove::redis
