// A proxy in front of a service, to lose connections where it hurts. It knows
// enough of PostgreSQL's protocol to tell a COMMIT from everything else.
#ifndef TRACKTROVE_TESTS_SUPPORT_PROXY_H_
#define TRACKTROVE_TESTS_SUPPORT_PROXY_H_

#include <list>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "sync/mutex.h"

namespace tracktrove::testing {

// Where the connection of a COMMIT is cut, both sides of it.
enum class CommitCut {
  kBeforeServer,  // it never arrives: the server rolls back
  kAfterServer,   // it has been passed on: the server may still be at it
  kBeforeReply,   // its reply is here and is dropped: the server has committed
};

class Proxy {
 public:
  // `url` is that of the service, SCHEME://USER:PASSWORD@HOST:PORT/..., with an
  // IPv4 address as its host. Throws std::runtime_error when it cannot listen.
  explicit Proxy(const std::string& url);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // The same, but by way of the proxy.
  const std::string& url() const { return url_; }

  // From now on ...
  void Pass();    // passes everything on, as it does from the start
  void Stall();   // keeps connections and takes new ones, but passes nothing on
  void Refuse();  // cuts all connections and takes none

  // Cuts the connections there are, once.
  void CutAll();

  // Cuts the next `count` COMMITs of transactions that write, as they come.
  void CutCommits(CommitCut where, int count = 1);
  // Cuts the next one, and refuses from then on.
  void CutCommitAndRefuse(CommitCut where);
  // Waits until all of those have come; false when they do not within 30 s.
  bool AwaitCuts();

 private:
  enum class Mode { kPass, kStall, kRefuse };

  // One connection and the thread that relays it.
  struct Link {
    int client = -1;
    int server = -1;
    std::thread thread;
    std::string last_sent;  // the last bytes of the client: a message may begin in them
    bool writes = false;    // its transaction is one that writes
    bool drops_reply = false;
    bool over = false;
  };

  void Accept();
  void Relay(Link& link);
  bool ToServer(Link& link, const std::string& bytes);
  bool ToClient(Link& link, const std::string& bytes);
  std::optional<CommitCut> NextCut();
  void AwaitPassage(const Link& link);
  bool ReachedCommit(Link& link, const std::string& bytes);
  void OrderCuts(CommitCut where, int count, Mode mode_afterwards);
  void SetMode(Mode mode);
  // Ends those links for which `which` is true, and forgets them.
  template <typename Which>
  void End(Which which);

  std::string url_;
  std::string host_;
  int target_port_ = 0;
  int listener_ = -1;

  sync::Mutex mutex_;
  Mode mode_ ABSL_GUARDED_BY(mutex_) = Mode::kPass;
  CommitCut where_ ABSL_GUARDED_BY(mutex_) = CommitCut::kBeforeServer;
  Mode mode_after_cuts_ ABSL_GUARDED_BY(mutex_) = Mode::kPass;
  int to_cut_ ABSL_GUARDED_BY(mutex_) = 0;  // COMMITs that are still to come
  int in_cut_ ABSL_GUARDED_BY(mutex_) = 0;  // that have come, and are being cut
  std::list<Link> links_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread acceptor_;
};

}  // namespace tracktrove::testing

#endif  // TRACKTROVE_TESTS_SUPPORT_PROXY_H_
