#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <curl/curl.h>

#include "core/posix_file.hpp"
#include "net/clock.hpp"

namespace quarry::detail {

/// What to do when the system lets no more sockets be waited for.
constexpr const char* more_sockets_hint =
    "free memory, or raise fs.epoll.max_user_watches (sysctl)";

/// What to do when it lets no more be opened, by that errno.
const char* more_descriptors_hint(int no_room);

/// libcurl's multi handle, told by epoll which sockets are ready: a turn costs
/// what happens in it, not what is open (`curl_multi_perform` looks at every
/// transfer each time).
class Multi {
 public:
  /// Keeps up to `connections` open. Raises `net.curl`.
  explicit Multi(std::size_t connections);
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  /// What makes the sockets of a handle.
  struct Opener {
    Multi* multi = nullptr;
    /// The errno with which the system had no room for the last one; 0: it had.
    int no_room = 0;
  };
  /// Once for every handle, before it is added; `opener` outlives it.
  void prepare(CURL* easy, Opener& opener);
  /// Raises `net.curl`.
  void add(CURL* easy);
  void remove(CURL* easy) noexcept;
  /// A transfer that is over, until there is none left.
  const CURLMsg* next_done() noexcept;

  /// Lets libcurl do what there is to do, once something is ready, at the
  /// latest at `until`.
  void turn(NetClock::time_point until);
  /// Ends the wait of `turn`, now or the next. From any thread.
  void wake() noexcept;

 private:
  struct Socket {
    std::uint32_t wanted = 0;  ///< the events that libcurl waits for
    std::uint32_t asked = 0;   ///< those that epoll knows of
    bool told = false;         ///< `on_open` made it
  };
  struct Free {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self,
                       void* known) noexcept;
  static int on_timer(CURLM* multi, long milliseconds, void* self) noexcept;
  static curl_socket_t on_open(void* opener, curlsocktype purpose,
                               curl_sockaddr* address) noexcept;
  static int on_close(void* self, curl_socket_t socket) noexcept;
  bool want(curl_socket_t socket, int what) noexcept;
  Socket* at(curl_socket_t socket) noexcept;
  void act(curl_socket_t socket, int ready) noexcept;

  FileDescriptor epoll_;
  FileDescriptor alarm_;
  std::vector<Socket> sockets_;  ///< by number
  NetClock::time_point timer_ = NetClock::time_point::max();
  // The last: its end calls `on_socket`.
  std::unique_ptr<CURLM, Free> multi_;
};

}  // namespace quarry::detail
