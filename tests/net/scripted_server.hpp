#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace quarry::test {

/// An HTTP server in this process, on a free port of 127.0.0.1, that does what
/// a script says: answer, be late, stop in the middle, stall, reset, be away.
class ScriptedServer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Asked {
    std::string path;
    std::string head = {};       ///< the request line and all headers
    std::size_t nth = 0;         ///< of the requests for this path, from 1
    std::size_t connection = 0;  ///< from 1
    Clock::time_point at = {};
  };

  enum class Then { keep, close, reset, hang };

  struct Reply {
    std::string bytes;  ///< head and body
    std::chrono::milliseconds delay{0};
    Then then = Then::keep;
    /// Not 0: the last `drip` bytes are sent again and again, every 5 ms.
    std::size_t drip = 0;
  };

  /// Called from many threads, one for each connection.
  using Script = std::function<Reply(const Asked&)>;

  static Reply ok(std::string_view body, const std::string& headers = {}) {
    return status(200, headers, body);
  }
  static Reply status(int code, const std::string& headers = {},
                      std::string_view body = "no") {
    return {.bytes = "HTTP/1.1 " + std::to_string(code) +
                     " It\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n" + headers + "\r\n" + std::string(body)};
  }
  static Reply redirect(const std::string& to) {
    return status(302, "Location: " + to + "\r\n");
  }

  /// Answers with the path, so late.
  static Script late(std::chrono::milliseconds delay) {
    return [delay](const Asked& asked) {
      Reply reply = ok(asked.path);
      reply.delay = delay;
      return reply;
    };
  }

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    come_back();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    go_away();
    ::close(listener_);
  }

  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + '/' + path;
  }

  /// All connections end, and new ones are refused.
  void go_away() {
    if (!accepting_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
    listener_ = bound();  // keeps the port, and listens to nobody
    std::map<int, std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [socket, thread] : threads_)
        ::shutdown(socket, SHUT_RDWR);
      threads.swap(threads_);
    }
    for (auto& [socket, thread] : threads) {
      thread.join();
      ::close(socket);
    }
  }

  void come_back() {
    if (listener_ < 0) listener_ = bound();
    if (::listen(listener_, 256) != 0) throw std::runtime_error("listen");
    {
      const std::lock_guard lock(mutex_);
      ending_ = false;
    }
    accepting_ = std::thread([this] { accept_all(); });
  }

  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::size_t count(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(asked_.begin(), asked_.end(),
                      [&](const Asked& a) { return a.path == path; }));
  }
  std::size_t connections() const { return connections_; }
  /// The most requests that it was about to answer at the same moment.
  std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }
  /// Replies that the client did not wait for.
  std::size_t hung_up() const { return hung_up_; }

 private:
  int bound() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener, generic, size) != 0 ||
        ::getsockname(listener, generic, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
    return listener;
  }

  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const std::size_t number = ++connections_;
      const std::lock_guard lock(mutex_);
      threads_.emplace(socket, std::thread([this, socket, number] {
                         talk(socket, number);
                         ::shutdown(socket, SHUT_RDWR);
                       }));
    }
  }

  void talk(int socket, std::size_t connection) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end == text.npos) {
        const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        continue;
      }
      const Asked asked = note(text.substr(0, end + 2), connection);
      text.erase(0, end + 4);
      const Reply reply = script_(asked);
      const bool sent = wait(socket, reply.delay) && send(socket, reply);
      {
        const std::lock_guard lock(mutex_);
        --at_once_;
      }
      if (!sent || reply.then == Then::close) return;
      if (reply.then == Then::reset) {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        // What is not read yet makes it a reset, too.
        const std::lock_guard lock(mutex_);
        reset(socket);
        return;
      }
      if (reply.then == Then::hang) {
        wait(socket, std::chrono::hours(1));
        return;
      }
    }
  }

  /// Closes it for the client at once: the number stays taken.
  static void reset(int socket) {
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::dup3(other, socket, O_CLOEXEC);
    ::close(other);
  }

  Asked note(std::string head, std::size_t connection) {
    Asked asked{.path = head.substr(0, head.find("\r\n")),
                .connection = connection,
                .at = Clock::now()};
    asked.head = std::move(head);
    asked.path = asked.path.substr(asked.path.find('/') + 1);
    asked.path = asked.path.substr(0, asked.path.find(' '));
    const std::lock_guard lock(mutex_);
    asked.nth = ++nth_[asked.path];
    asked_.push_back(asked);
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    return asked;
  }

  /// False when the client or the server goes meanwhile.
  bool wait(int socket, std::chrono::milliseconds time) {
    pollfd end{.fd = socket, .events = POLLRDHUP, .revents = 0};
    const bool ended = ::poll(&end, 1, static_cast<int>(time.count())) > 0;
    const std::lock_guard lock(mutex_);
    if (ended && !ending_) ++hung_up_;
    return !ended && !ending_;
  }

  bool send(int socket, const Reply& reply) {
    std::string_view rest = reply.bytes;
    for (;;) {
      while (!rest.empty()) {
        const ssize_t sent =
            ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
          ++hung_up_;
          return false;
        }
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      if (reply.drip == 0) return true;
      rest =
          std::string_view(reply.bytes).substr(reply.bytes.size() - reply.drip);
      if (!wait(socket, std::chrono::milliseconds(5))) return false;
    }
  }

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread accepting_;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> hung_up_ = 0;

  mutable std::mutex mutex_;
  bool ending_ = false;
  std::map<int, std::thread> threads_;
  std::map<std::string, std::size_t> nth_;
  std::vector<Asked> asked_;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
};

}  // namespace quarry::test
