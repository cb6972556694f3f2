#include "net/multi.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <future>
#include <thread>
#include <unistd.h>
#include <vector>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "quarry/core/detail/text.hpp"

#include "catch.hpp"
#include "net/reactor.hpp"
#include "scripted_server.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace std::chrono_literals;
using quarry::test::ScriptedServer;

namespace {

double seconds_of(const std::function<void()>& action) {
  const auto begin = NetClock::now();
  action();
  return std::chrono::duration<double>(NetClock::now() - begin).count();
}

Request request_for(const std::string& url) {
  Request request{.url = parse_url(url).value()};
  request.hedge = false;
  return request;
}

std::future<Result<Response>> start(Reactor& reactor, const std::string& url) {
  auto promise = std::make_shared<std::promise<Result<Response>>>();
  auto answer = promise->get_future();
  reactor.fetch(request_for(url), [promise](Result<Response> result) {
    promise->set_value(std::move(result));
  });
  return answer;
}

/// A port at which connections are neither taken nor refused.
class SilentPort {
 public:
  SilentPort() {
    socklen_t size = sizeof address_;
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::bind(listener_, generic(), size) == 0);
    REQUIRE(::listen(listener_, 0) == 0);
    REQUIRE(::getsockname(listener_, generic(), &size) == 0);
    // As many as it lets wait, and more.
    for (int& waiting : waiting_) {
      waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(::connect(waiting, generic(), size));
    }
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() {
    for (const int waiting : waiting_) ::close(waiting);
    ::close(listener_);
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + '/';
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  sockaddr_in address_{};
  int listener_ = -1;
  std::array<int, 4> waiting_{};
};

/// A server with descriptors of its own: it runs in a child process. Made
/// before any thread, for TSan wants none in a process that is forked.
class ServerElsewhere {
 public:
  explicit ServerElsewhere(const ScriptedServer::Script& script) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    child_ = ::fork();
    if (child_ == 0) serve(script, pipe[1]);
    ::close(pipe[1]);
    std::array<char, 64> buffer{};
    const ssize_t size = ::read(pipe[0], buffer.data(), buffer.size());
    ::close(pipe[0]);
    REQUIRE(size > 0);
    url_.assign(buffer.data(), static_cast<std::size_t>(size));
  }
  ServerElsewhere(const ServerElsewhere&) = delete;
  ServerElsewhere& operator=(const ServerElsewhere&) = delete;
  ~ServerElsewhere() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  std::string url(const std::string& path) const { return url_ + path; }

 private:
  /// Until it is killed, or its parent ends.
  [[noreturn]] static void serve(const ScriptedServer::Script& script,
                                 int told) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      const ScriptedServer server(script);
      const std::string url = server.url();
      static_cast<void>(::write(told, url.data(), url.size()));
      ::close(told);
      for (;;) ::pause();
    } catch (...) {
      ::_exit(1);
    }
  }

  pid_t child_ = -1;
  std::string url_;
};

rlimit descriptors() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit;
}

/// So many can be open in this process. Nothing is checked meanwhile: UBSan
/// opens some when it first sees a type.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    rlimit few = before_;
    few.rlim_cur = most;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  const rlimit before_ = descriptors();
};

/// The lowest number that a new descriptor would get.
rlim_t next_descriptor() {
  const int next = ::dup(STDIN_FILENO);
  REQUIRE(next >= 0);
  ::close(next);
  return static_cast<rlim_t>(next);
}

/// Lets UBSan see the types of an answer, of a retry and of a failure.
void show_types(const ServerElsewhere& server) {
  const auto reactor =
      Reactor::start({.retries = 1, .backoff = 0.001, .hedge = false});
  REQUIRE(start(*reactor, server.url("seen")).get().ok());
  REQUIRE_FALSE(start(*reactor, "http://127.0.0.1:1/").get().ok());
  static_cast<void>(reason(EMFILE));
}

/// Asks for `count` objects while so many more descriptors can be opened.
std::vector<Result<Response>> fetch_with_descriptors(
    rlim_t more, int count, Reactor& reactor, const ServerElsewhere& server) {
  show_types(server);
  const DescriptorLimit limit(next_descriptor() + more);
  std::vector<std::future<Result<Response>>> waiting;
  for (int i = 0; i < count; ++i)
    waiting.push_back(start(reactor, server.url(std::to_string(i))));
  std::vector<Result<Response>> results;
  for (auto& one : waiting) results.push_back(one.get());
  return results;
}

}  // namespace

TEST_CASE("a turn ends in time, or when it is woken, before or while it waits",
          "[multi]") {
  start_curl();
  Multi multi(4);
  CHECK(seconds_of([&] { multi.turn(NetClock::now() + 50ms); }) >= 0.05);
  multi.wake();
  multi.wake();
  CHECK(seconds_of([&] { multi.turn(NetClock::now() + 10s); }) < 5.0);
  // One wake, however often it was asked for.
  CHECK(seconds_of([&] { multi.turn(NetClock::now() + 50ms); }) >= 0.05);
  std::thread other([&] {
    std::this_thread::sleep_for(50ms);
    multi.wake();
  });
  CHECK(seconds_of([&] { multi.turn(NetClock::now() + 10s); }) < 5.0);
  other.join();
}

TEST_CASE("the number of a socket that was given up may be another's",
          "[multi]") {
  // Libcurl up to 8.2 closes it without a word, and then its resolver gets it.
  const SilentPort silent;
  ScriptedServer server([](const ScriptedServer::Asked& asked) {
    auto reply = ScriptedServer::ok(asked.path);
    if (asked.path == "/slow") reply.delay = 1500ms;
    return reply;
  });
  const auto reactor =
      Reactor::start({.connect_timeout = 0.5, .retries = 0, .hedge = false});
  auto given_up = start(*reactor, silent.url());
  std::this_thread::sleep_for(100ms);
  auto under_way = start(*reactor, server.url("slow"));
  CHECK(given_up.get().error().id == "net.timeout");
  // Whether there is such a host does not matter: it is looked for.
  const auto named = start(*reactor, "http://nobody.invalid/");
  std::this_thread::sleep_for(50ms);
  CHECK(start(*reactor, server.url("other")).get().ok());
  CHECK(under_way.get().ok());
}

TEST_CASE("a child process that has the sockets, too, wakes nobody",
          "[multi]") {
  ScriptedServer server([](const ScriptedServer::Asked& asked) {
    auto reply = ScriptedServer::ok(asked.path, "Connection: close\r\n");
    reply.delay = 300ms;
    reply.then = ScriptedServer::Then::close;
    return reply;
  });
  const auto reactor = Reactor::start(NetworkOptions());
  auto answer = start(*reactor, server.url("x"));
  std::this_thread::sleep_for(100ms);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (;;) ::pause();
  }
  CHECK(answer.get().ok());
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(200ms);
  CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("with few descriptors a host gets fewer requests at once",
          "[multi]") {
  const ServerElsewhere server(ScriptedServer::late(20ms));
  NetworkOptions options;
  options.backoff = 0.05;
  const auto reactor = Reactor::start(options);
  for (const auto& result : fetch_with_descriptors(8, 500, *reactor, server))
    CHECK(result.ok());
  const HostStats host = reactor->stats().hosts.at(0);
  CHECK(host.retries > 0);
  CHECK(host.connections <= 8);
  CHECK(host.throttled == 0);
}

TEST_CASE("without a descriptor left it is said that this is why", "[multi]") {
  const ServerElsewhere server([](const ScriptedServer::Asked& asked) {
    return ScriptedServer::ok(asked.path);
  });
  NetworkOptions options;
  options.backoff = 0.001;
  const auto reactor = Reactor::start(options);
  for (const auto& result : fetch_with_descriptors(0, 20, *reactor, server)) {
    REQUIRE_FALSE(result.ok());
    const Failure& failure = result.error();
    CHECK(failure.id == "net.curl");
    CHECK(failure.hint.find("ulimit -n") != std::string::npos);
    CHECK(failure.hint.find("--connections") != std::string::npos);
    CHECK(failure.blame == Blame::run);
  }
  // The host was not held to be away.
  CHECK(start(*reactor, server.url("x")).get().ok());
}

TEST_CASE("connections take half of the descriptors at most", "[multi]") {
  const ServerElsewhere server(ScriptedServer::late(20ms));
  std::shared_ptr<Reactor> reactor;
  {
    const DescriptorLimit limit(40);
    reactor = Reactor::start(NetworkOptions());
  }
  for (const auto& result : fetch_with_descriptors(60, 200, *reactor, server))
    CHECK(result.ok());
  const HostStats host = reactor->stats().hosts.at(0);
  CHECK(host.connections == 20);
  CHECK(host.retries == 0);
}
