#include "tests/support/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "absl/time/clock.h"

namespace tracktrove::testing {
namespace {

// A whole message: its type, its length, its text with the zero at its end.
const std::string kCommit(
    "Q\0\0\0\x0b"
    "commit\0",
    12);

// What a transaction begins with, by which it says whether it writes.
constexpr char kReadWrite[] = "read write";
constexpr char kReadOnly[] = "read only";

int NewSocket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

// Nothing more passes; whoever reads or writes there is woken.
void Cut(int socket) { ::shutdown(socket, SHUT_RDWR); }

bool SendAll(int socket, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t length = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (length <= 0) return false;
    sent += static_cast<size_t>(length);
  }
  return true;
}

}  // namespace

Proxy::Proxy(const std::string& url) {
  const size_t host = url.find('@') + 1;
  const size_t colon = url.find(':', host);
  const size_t path = url.find('/', host);
  host_ = url.substr(host, colon - host);
  target_port_ = std::atoi(url.c_str() + colon + 1);

  sockaddr_in address = AddressOf("127.0.0.1", 0);
  socklen_t size = sizeof(address);
  listener_ = NewSocket();
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("a proxy cannot listen");
  }
  url_ = url.substr(0, host) + "127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + url.substr(path);
  acceptor_ = std::thread([this] { Accept(); });
}

Proxy::~Proxy() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  Cut(listener_);
  acceptor_.join();
  ::close(listener_);
  CutAll();
}

void Proxy::Pass() { SetMode(Mode::kPass); }

void Proxy::Stall() { SetMode(Mode::kStall); }

void Proxy::Refuse() {
  SetMode(Mode::kRefuse);
  CutAll();
}

void Proxy::CutAll() {
  End([](const Link&) { return true; });
}

void Proxy::CutCommits(CommitCut where, int count) { OrderCuts(where, count, Mode::kPass); }

void Proxy::CutCommitAndRefuse(CommitCut where) { OrderCuts(where, 1, Mode::kRefuse); }

void Proxy::OrderCuts(CommitCut where, int count, Mode mode_afterwards) {
  sync::MutexLock lock(&mutex_);
  where_ = where;
  to_cut_ = count;
  mode_after_cuts_ = mode_afterwards;
}

bool Proxy::AwaitCuts() {
  sync::MutexLock lock(&mutex_);
  const auto done = [this] { return to_cut_ == 0 && in_cut_ == 0; };
  return lock.AwaitUntil(absl::Now() + absl::Seconds(30), done);
}

void Proxy::SetMode(Mode mode) {
  sync::MutexLock lock(&mutex_);
  mode_ = mode;
}

void Proxy::Accept() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    End([](const Link& link) { return link.over; });
    sync::MutexLock lock(&mutex_);
    if (stopping_) {
      ::close(client);
      return;
    }
    const int server = NewSocket();
    const sockaddr_in target = AddressOf(host_, target_port_);
    if (mode_ == Mode::kRefuse ||
        ::connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    Link& link = links_.emplace_back();
    link.client = client;
    link.server = server;
    link.thread = std::thread([this, &link] { Relay(link); });
  }
}

void Proxy::Relay(Link& link) {
  pollfd sides[] = {{link.client, POLLIN, 0}, {link.server, POLLIN, 0}};
  std::string buffer(64 << 10, '\0');
  for (bool passes = true; passes && ::poll(sides, 2, -1) > 0;) {
    for (const pollfd& side : sides) {
      if (side.revents == 0) continue;
      const ssize_t length = ::recv(side.fd, buffer.data(), buffer.size(), 0);
      const std::string bytes = buffer.substr(0, length > 0 ? static_cast<size_t>(length) : 0);
      passes = !bytes.empty() && (side.fd == link.client ? ToServer(link, bytes) : ToClient(link, bytes));
      if (!passes) break;
    }
  }
  Cut(link.client);
  Cut(link.server);
  sync::MutexLock lock(&mutex_);
  if (std::exchange(link.drops_reply, false)) --in_cut_;
  link.over = true;
}

// Answers false when the connection is to be cut.
bool Proxy::ToServer(Link& link, const std::string& bytes) {
  AwaitPassage(link);
  std::optional<CommitCut> cut;
  if (ReachedCommit(link, bytes)) cut = NextCut();
  link.drops_reply = cut.has_value();
  if (cut == CommitCut::kBeforeServer) return false;
  return SendAll(link.server, bytes) && cut != CommitCut::kAfterServer;
}

// Where the COMMIT that has come is to be cut, if it is.
std::optional<CommitCut> Proxy::NextCut() {
  sync::MutexLock lock(&mutex_);
  if (to_cut_ == 0) return std::nullopt;
  ++in_cut_;
  if (--to_cut_ == 0) mode_ = mode_after_cuts_;
  return where_;
}

bool Proxy::ToClient(Link& link, const std::string& bytes) {
  AwaitPassage(link);
  return !link.drops_reply && SendAll(link.client, bytes);
}

void Proxy::AwaitPassage(const Link& link) {
  sync::MutexLock lock(&mutex_);
  lock.Await([&] { return mode_ != Mode::kStall || link.over; });
}

// Whether a COMMIT of a transaction that writes ends in these bytes. A client
// that waits for each answer sends nothing after it.
bool Proxy::ReachedCommit(Link& link, const std::string& bytes) {
  const std::string sent = link.last_sent + bytes;
  const size_t write = sent.rfind(kReadWrite);
  const size_t read = sent.rfind(kReadOnly);
  if (write != std::string::npos || read != std::string::npos)
    link.writes = write != std::string::npos && (read == std::string::npos || read < write);
  link.last_sent = sent.substr(sent.size() - std::min(sent.size(), kCommit.size() - 1));
  return link.writes && sent.find(kCommit) != std::string::npos;
}

template <typename Which>
void Proxy::End(Which which) {
  std::list<Link> ending;
  {
    sync::MutexLock lock(&mutex_);
    for (auto it = links_.begin(); it != links_.end();) {
      const auto link = it++;
      if (!which(*link)) continue;
      link->over = true;
      Cut(link->client);
      Cut(link->server);
      ending.splice(ending.end(), links_, link);
    }
  }
  for (Link& link : ending) {
    link.thread.join();
    ::close(link.client);
    ::close(link.server);
  }
}

}  // namespace tracktrove::testing
