#include "net/multi.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <new>
#include <string>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t events_at_once = 256;

int wait_milliseconds(NetClock::time_point until) {
  if (until == NetClock::time_point{}) return 0;
  const auto now = NetClock::now();
  if (until <= now) return 0;
  constexpr std::chrono::hours longest{1};
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
      std::min<NetClock::duration>(until - now, longest));
  return static_cast<int>(wait.count());
}

bool is_no_room(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

const char* more_descriptors_hint(int no_room) {
  switch (no_room) {
    case EMFILE:
      return "raise the limit on open files (ulimit -n), or lower "
             "max_in_flight or max_per_host (--connections)";
    case ENFILE:
      return "raise fs.file-max (sysctl)";
    default:
      return "free memory";
  }
}

Multi::Multi(std::size_t connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      alarm_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_.number() < 0 || alarm_.number() < 0) {
    const int error = errno;
    raise("net.curl", "no descriptor to wait for the network: " + reason(error),
          more_descriptors_hint(error));
  }
  epoll_event event{.events = EPOLLIN, .data = {.fd = alarm_.number()}};
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, alarm_.number(), &event) != 0)
    raise("net.curl", "epoll does not start: " + reason(errno),
          more_sockets_hint);
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) raise("net.curl", "libcurl does not start");
  const auto set = [&](CURLMoption option, auto value) {
    curl_multi_setopt(multi_.get(), option, value);
  };
  // Its default grows and shrinks with the number of transfers, and so closes
  // connections that the next moment wants.
  set(CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
  set(CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  set(CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  set(CURLMOPT_SOCKETDATA, this);
  set(CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  set(CURLMOPT_TIMERDATA, this);
}

void Multi::prepare(CURL* easy, Opener& opener) {
  opener.multi = this;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Multi::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &opener);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Multi::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void Multi::add(CURL* easy) {
  const CURLMcode code = curl_multi_add_handle(multi_.get(), easy);
  if (code != CURLM_OK) {
    raise("net.curl", std::string("libcurl does not take a request: ") +
                          curl_multi_strerror(code));
  }
}

void Multi::remove(CURL* easy) noexcept {
  curl_multi_remove_handle(multi_.get(), easy);
}

const CURLMsg* Multi::next_done() noexcept {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message;
  }
  return nullptr;
}

void Multi::turn(NetClock::time_point until) {
  std::array<epoll_event, events_at_once> events;
  const int count = ::epoll_wait(epoll_.number(), events.data(),
                                 static_cast<int>(events.size()),
                                 wait_milliseconds(std::min(until, timer_)));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == alarm_.number()) {
      std::uint64_t times = 0;
      static_cast<void>(::read(alarm_.number(), &times, sizeof times));
      continue;
    }
    Socket* const socket = at(event.data.fd);
    if (socket == nullptr) continue;
    if (socket->wanted == 0) {
      // The end of an idle connection, say: libcurl finds it by itself.
      ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, event.data.fd, nullptr);
      socket->asked = 0;
      continue;
    }
    int ready = 0;
    if ((event.events & EPOLLIN) != 0) ready |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) ready |= CURL_CSELECT_ERR;
    act(event.data.fd, ready);
  }
  if (timer_ == NetClock::time_point::max() || timer_ > NetClock::now()) return;
  timer_ = NetClock::time_point::max();
  act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::wake() noexcept {
  constexpr std::uint64_t once = 1;
  static_cast<void>(::write(alarm_.number(), &once, sizeof once));
}

void Multi::act(curl_socket_t socket, int ready) noexcept {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, ready, &running);
}

int Multi::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                     void* /*known*/) noexcept {
  return static_cast<Multi*>(self)->want(socket, what) ? 0 : -1;
}

curl_socket_t Multi::on_open(void* opener, curlsocktype /*purpose*/,
                             curl_sockaddr* address) noexcept {
  auto& [multi, no_room] = *static_cast<Opener*>(opener);
  const int number = ::socket(address->family, address->socktype | SOCK_CLOEXEC,
                              address->protocol);
  no_room = number < 0 && is_no_room(errno) ? errno : 0;
  if (number < 0) return CURL_SOCKET_BAD;
  if (Socket* const socket = multi->at(number)) *socket = {.told = true};
  return number;
}

int Multi::on_close(void* self, curl_socket_t socket) noexcept {
  auto* const multi = static_cast<Multi*>(self);
  // Closing would not take it out where a child process has it, too.
  ::epoll_ctl(multi->epoll_.number(), EPOLL_CTL_DEL, socket, nullptr);
  if (Socket* const known = multi->at(socket)) *known = {};
  return ::close(socket);
}

Multi::Socket* Multi::at(curl_socket_t socket) noexcept {
  const auto place = static_cast<std::size_t>(socket);
  try {
    if (place >= sockets_.size()) sockets_.resize(place + 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return &sockets_[place];
}

/// False: libcurl ends all that is under way with CURLE_ABORTED_BY_CALLBACK.
bool Multi::want(curl_socket_t number, int what) noexcept {
  Socket* const socket = at(number);
  if (socket == nullptr) return false;
  epoll_event event{.events = 0, .data = {.fd = number}};
  // Of CURL_POLL_REMOVE neither is set.
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  socket->wanted = event.events;
  if (event.events == socket->asked) return true;
  const auto tell = [&](int action) {
    return ::epoll_ctl(epoll_.number(), action, number, &event) == 0;
  };
  if (event.events == 0) {
    // Nothing is taken out: as a rule the next request goes over the same
    // connection. One that was never complete libcurl up to 8.2 closes without
    // `on_close`, perhaps by now, and then its number may be anybody's.
    if (!socket->told || socket->asked != EPOLLIN) socket->asked = 0;
    return true;
  }
  const bool is_new = socket->asked == 0;
  if (!tell(is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD) &&
      !tell(is_new ? EPOLL_CTL_MOD : EPOLL_CTL_ADD)) {
    return false;
  }
  socket->asked = event.events;
  return true;
}

int Multi::on_timer(CURLM* /*multi*/, long milliseconds, void* self) noexcept {
  NetClock::time_point& timer = static_cast<Multi*>(self)->timer_;
  if (milliseconds < 0) {
    timer = NetClock::time_point::max();
  } else if (milliseconds == 0) {
    timer = {};  // now; without a look at the clock for every new request
  } else {
    timer = NetClock::now() + std::chrono::milliseconds(milliseconds);
  }
  return 0;
}

}  // namespace quarry::detail
