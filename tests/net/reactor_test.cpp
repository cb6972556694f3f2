#include "net/reactor.hpp"

#include <ctime>
#include <future>

#include "catch.hpp"
#include "error_id.hpp"
#include "scripted_server.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace std::chrono_literals;
using quarry::test::error_id;
using quarry::test::ScriptedServer;
using Asked = ScriptedServer::Asked;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

namespace {

NetworkOptions quick() {
  return {.connect_timeout = 2.0, .backoff = 0.001, .max_backoff = 0.01};
}

Request request_for(const std::string& url) {
  return {.url = parse_url(url).value()};
}

/// Asks for all at once and waits for all.
std::vector<Result<Response>> fetch_all(Reactor& reactor,
                                        const std::vector<std::string>& urls) {
  std::vector<std::future<Result<Response>>> waiting;
  for (const std::string& url : urls) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    waiting.push_back(promise->get_future());
    reactor.fetch(request_for(url), [promise](Result<Response> result) {
      promise->set_value(std::move(result));
    });
  }
  std::vector<Result<Response>> results;
  for (auto& one : waiting) results.push_back(one.get());
  return results;
}

std::vector<std::string> urls_of(const ScriptedServer& server,
                                 std::size_t count,
                                 const std::string& prefix = "") {
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < count; ++i)
    urls.push_back(server.url(prefix + std::to_string(i)));
  return urls;
}

std::string id_of(const Result<Response>& result) {
  return result.ok() ? "" : std::string(result.error().id.text());
}

Result<Response> fetch(Reactor& reactor, const std::string& url) {
  return reactor.fetch(request_for(url));
}

/// Enough answers, one after the other, to know how long one takes; none is
/// asked for twice, whatever else the machine does.
void get_to_know(Reactor& reactor, const ScriptedServer& server) {
  for (const std::string& url : urls_of(server, 100)) {
    Request request = request_for(url);
    request.hedge = false;
    REQUIRE(reactor.fetch(request).ok());
  }
}

HostStats only_host(const Reactor& reactor) {
  const NetworkStats stats = reactor.stats();
  REQUIRE(stats.hosts.size() == 1);
  return stats.hosts[0];
}

double seconds_since(ScriptedServer::Clock::time_point then) {
  return std::chrono::duration<double>(ScriptedServer::Clock::now() - then)
      .count();
}

Reply answer_path(const Asked& asked) {
  return ScriptedServer::ok(asked.path);
}

Reply cut_short() {
  return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew",
          .then = Then::close};
}

Reply nothing() {
  return {.bytes = "", .then = Then::close};
}

/// A port of this machine at which nobody listens.
std::string dead_url() {
  static ScriptedServer dead(answer_path);
  static const bool away = (dead.go_away(), true);
  static_cast<void>(away);
  return dead.url("x");
}

}  // namespace

TEST_CASE("many objects come over few connections", "[reactor]") {
  ScriptedServer server(answer_path);
  // A second request that is let go does not tell of its connection.
  NetworkOptions options = quick();
  options.hedge = false;
  const auto reactor = Reactor::start(options);
  const auto results = fetch_all(*reactor, urls_of(server, 200));
  for (std::size_t i = 0; i < results.size(); ++i) {
    REQUIRE(results[i].ok());
    REQUIRE(results[i]->body.text() == std::to_string(i));
  }
  const HostStats host = only_host(*reactor);
  CHECK(host.answers == 200);
  CHECK(host.requests == 200 + host.hedges);
  CHECK(host.connections == server.connections());
  CHECK(host.connections <= 64 + host.hedges);
  CHECK(host.reused + host.connections == host.requests);
  CHECK(host.p50 > 0.0);
  CHECK(host.p50 <= host.p99);
}

TEST_CASE("objects that always break fail alone, also when they come last",
          "[reactor]") {
  const bool cut = GENERATE(true, false);
  ScriptedServer server([cut](const Asked& asked) {
    if (!asked.path.starts_with("bad")) return answer_path(asked);
    return cut ? cut_short() : nothing();
  });
  NetworkOptions options = quick();
  options.outage = 60.0;
  const auto reactor = Reactor::start(options);
  for (const auto& result : fetch_all(*reactor, urls_of(server, 50)))
    REQUIRE(result.ok());
  const auto begin = ScriptedServer::Clock::now();
  for (const auto& result :
       fetch_all(*reactor, {server.url("bad1"), server.url("bad2")})) {
    CHECK(id_of(result) == (cut ? "net.truncated" : "net.broken"));
    CHECK(result.error().blame == Blame::sample);
  }
  CHECK(seconds_since(begin) < 30.0);
  // Over a connection that was open before, libcurl itself asks up to 5 times.
  for (const char* bad : {"bad1", "bad2"}) {
    CHECK(server.count(bad) >= 6);
    CHECK(server.count(bad) <= 11);
  }
  CHECK(fetch(*reactor, server.url("good")).ok());
}

TEST_CASE("requests wait for a host that is away and comes back", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    return asked.path != "first" && asked.nth == 1 ? ScriptedServer::status(500)
                                                   : answer_path(asked);
  });
  NetworkOptions options = quick();
  options.retries = 1;
  const auto reactor = Reactor::start(options);
  REQUIRE(fetch(*reactor, server.url("first")).ok());
  server.go_away();
  auto back = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(600ms);
    server.come_back();
  });
  std::size_t failed = 0;
  for (const auto& result : fetch_all(*reactor, urls_of(server, 40)))
    failed += result.ok() ? 0 : 1;
  // What was tried before it was known that the host is away counts: the
  // further attempt that the answer 500 costs is one too many then.
  CHECK(failed <= 8);
}

TEST_CASE("a host that was given up is asked again later", "[reactor]") {
  ScriptedServer server(answer_path);
  NetworkOptions options = quick();
  options.outage = 1.0;
  const auto reactor = Reactor::start(options);
  REQUIRE(fetch(*reactor, server.url("first")).ok());
  server.go_away();
  for (const auto& result : fetch_all(*reactor, urls_of(server, 20))) {
    REQUIRE(id_of(result) == "net.connect");
    CHECK(result.error().blame == Blame::run);
  }
  // While it is away this is known at once.
  const auto begin = ScriptedServer::Clock::now();
  CHECK(id_of(fetch(*reactor, server.url("away"))) == "net.connect");
  CHECK(seconds_since(begin) < 0.9);

  server.come_back();
  std::this_thread::sleep_for(1100ms);
  for (const auto& result : fetch_all(*reactor, urls_of(server, 20)))
    CHECK(result.ok());
}

TEST_CASE("a host that is away is left alone", "[reactor]") {
  // Later than all of the first are asked for, on a busy machine, too.
  ScriptedServer server([](const Asked&) {
    return Reply{.bytes = "", .delay = 300ms, .then = Then::close};
  });
  // What is asked again before it is known counts once, however often it was.
  NetworkOptions options = quick();
  options.retries = 0;
  const auto reactor = Reactor::start(options);
  for (const std::string& url : urls_of(server, 100)) {
    reactor->fetch(request_for(url), [](const Result<Response>&) {});
  }
  for (int i = 0; i < 1000 && server.asked().size() < 24; ++i)
    std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(600ms);
  // What was under way at once, what took its place until eight had failed, and
  // then one at a time.
  CHECK(server.asked().size() >= 24);
  CHECK(server.asked().size() <= 34);
}

TEST_CASE("waiting for an answer from a host that was away takes no processor",
          "[reactor]") {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](const Asked&) {
    return ++asked <= 8 ? nothing() : Reply{.bytes = "", .delay = 1h};
  });
  NetworkOptions options = quick();
  options.max_per_host = 1;
  options.retries = 0;
  const auto reactor = Reactor::start(options);
  for (const std::string& url : urls_of(server, 20)) {
    reactor->fetch(request_for(url), [](const Result<Response>&) {});
  }
  for (int i = 0; i < 200 && asked < 9; ++i) std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(600ms);  // when the next one would be due
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(300ms);
  const double used =
      static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  CHECK(used < 0.15);
}

TEST_CASE("a slow answer is asked for a second time, and the faster is taken",
          "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    Reply reply = answer_path(asked);
    if (asked.path == "slow" && asked.nth == 1) reply.delay = 1h;
    return reply;
  });
  const auto reactor = Reactor::start(quick());
  get_to_know(*reactor, server);
  CHECK(fetch(*reactor, server.url("slow")).ok());
  CHECK(server.count("slow") == 2);
  const HostStats host = only_host(*reactor);
  CHECK(host.hedges == 1);
  CHECK(host.retries == 0);
  CHECK(host.answers == 101);
  // The slower is not waited for.
  for (int i = 0; i < 100 && server.hung_up() == 0; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(server.hung_up() >= 1);
}

TEST_CASE("bodies that take long say nothing of the first byte", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    if (asked.path == "slow") {
      Reply reply = answer_path(asked);
      if (asked.nth == 1) reply.delay = 1h;
      return reply;
    }
    // 1.2 seconds for the body.
    return Reply{.bytes =
                     "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                     "Content-Length: 1200\r\n\r\nabcde",
                 .drip = 5};
  });
  const auto reactor = Reactor::start(quick());
  for (const auto& result : fetch_all(*reactor, urls_of(server, 60)))
    REQUIRE(result.ok());
  const auto begin = ScriptedServer::Clock::now();
  CHECK(fetch(*reactor, server.url("slow")).ok());
  CHECK(server.count("slow") == 2);
  CHECK(seconds_since(begin) < 1.0);
}

TEST_CASE("a second request neither replaces nor doubles a further attempt",
          "[reactor]") {
  // The first answer is 503 while the second request is under way, or both are.
  const bool both = GENERATE(false, true);
  ScriptedServer server([both](const Asked& asked) {
    if (asked.path != "slow") return answer_path(asked);
    Reply busy = ScriptedServer::status(500);
    if (asked.nth == 1) busy.delay = 500ms;
    if (asked.nth == 2 && both) busy.delay = 600ms;
    if (asked.nth == 2 && !both) {
      busy = answer_path(asked);
      busy.delay = 1s;
    }
    return asked.nth <= 2 ? busy : answer_path(asked);
  });
  const auto reactor = Reactor::start(quick());
  get_to_know(*reactor, server);
  int answers = 0;
  std::promise<Result<Response>> promise;
  auto answer = promise.get_future();
  reactor->fetch(request_for(server.url("slow")), [&](Result<Response> result) {
    if (++answers == 1) promise.set_value(std::move(result));
  });
  CHECK(answer.get().ok());
  std::this_thread::sleep_for(100ms);
  CHECK(fetch(*reactor, server.url("last")).ok());
  CHECK(answers == 1);
  CHECK(server.count("slow") == (both ? 3 : 2));
  CHECK(only_host(*reactor).retries == (both ? 1 : 0));
}

TEST_CASE("a large part of an object is not asked for a second time",
          "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    Reply reply = answer_path(asked);
    if (asked.path == "slow") reply.delay = 500ms;
    return reply;
  });
  const bool large = GENERATE(false, true);
  const auto reactor = Reactor::start(quick());
  get_to_know(*reactor, server);
  Request request = request_for(server.url("slow"));
  request.range = {.offset = 0, .count = most_to_hedge + (large ? 1 : 0)};
  // The script knows no parts.
  CHECK(id_of(reactor->fetch(request)) == "net.range");
  CHECK(only_host(*reactor).hedges == (large ? 0 : 1));
}

TEST_CASE("after an error of the server another connection is tried",
          "[reactor]") {
  const int code = GENERATE(500, 502, 503, 504);
  ScriptedServer server([code](const Asked& asked) {
    return asked.path == "x" && asked.nth == 1 ? ScriptedServer::status(code)
                                               : answer_path(asked);
  });
  const auto reactor = Reactor::start(quick());
  REQUIRE(fetch(*reactor, server.url("before")).ok());
  CHECK(fetch(*reactor, server.url("x")).ok());
  CHECK(fetch(*reactor, server.url("after")).ok());
  std::vector<std::size_t> connections;
  for (const Asked& asked : server.asked())
    connections.push_back(asked.connection);
  // 503 is about the load: the connection is as good as any.
  const std::size_t last = code == 503 ? 1 : 2;
  CHECK(connections == std::vector<std::size_t>{1, 1, last, last});
  CHECK(only_host(*reactor).connections == last);
}

TEST_CASE("second requests stay within the limit of a host", "[reactor]") {
  const std::size_t most = GENERATE(1, 2);
  ScriptedServer server([](const Asked& asked) {
    Reply reply = answer_path(asked);
    if (asked.path == "slow") reply.delay = 1s;
    return reply;
  });
  NetworkOptions options = quick();
  options.max_per_host = most;
  const auto reactor = Reactor::start(options);
  get_to_know(*reactor, server);
  CHECK(fetch(*reactor, server.url("slow")).ok());
  CHECK(only_host(*reactor).hedges == most - 1);
}

TEST_CASE("Retry-After holds back all requests to a host", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    return asked.path == "busy" && asked.nth == 1
               ? ScriptedServer::status(503, "Retry-After: 1\r\n")
               : answer_path(asked);
  });
  const auto reactor = Reactor::start(quick());
  auto busy = std::async(std::launch::async,
                         [&] { return fetch(*reactor, server.url("busy")); });
  while (reactor->stats().hosts.empty() || only_host(*reactor).throttled == 0)
    std::this_thread::sleep_for(5ms);
  CHECK(fetch(*reactor, server.url("other")).ok());
  CHECK(busy.get().ok());
  const auto asked = server.asked();
  REQUIRE(asked.size() == 3);
  CHECK(std::chrono::duration<double>(asked[1].at - asked[0].at).count() > 0.9);
}

TEST_CASE("a host gets as many requests at once as bring more answers",
          "[reactor]") {
  ScriptedServer server(ScriptedServer::late(200ms));
  NetworkOptions options = quick();
  options.hedge = false;
  options.max_per_host = GENERATE(100, NetworkOptions().max_per_host);
  const std::size_t most = options.max_per_host;
  std::atomic<std::size_t> answers = 0;
  const auto reactor = Reactor::start(options);
  std::size_t asked = 0;
  const auto begin = ScriptedServer::Clock::now();
  const auto ask_until = [&](const auto& enough) {
    while (!enough() && seconds_since(begin) < 60.0) {
      for (std::size_t wanted = answers + 2 * most; asked < wanted; ++asked) {
        reactor->fetch(request_for(server.url(std::to_string(asked))),
                       [&](const Result<Response>& result) {
                         if (result.ok()) ++answers;
                       });
      }
      std::this_thread::sleep_for(5ms);
    }
  };
  ask_until([&] { return server.most_at_once() >= most; });
  const std::size_t then = answers;
  ask_until([&] { return answers >= then + 2 * most; });
  CHECK(server.most_at_once() == most);
  CHECK(server.connections() <= most);
}

TEST_CASE("a host that hangs leaves room for another", "[reactor]") {
  ScriptedServer hanging(ScriptedServer::late(1h));
  ScriptedServer other(answer_path);
  NetworkOptions options = quick();
  // As by default there is room for two hosts that get all they may.
  CHECK(options.max_in_flight >= 2 * options.max_per_host);
  options.max_per_host = 8;
  options.max_in_flight = 16;
  const auto reactor = Reactor::start(options);
  for (const std::string& url : urls_of(hanging, 100)) {
    reactor->fetch(request_for(url), [](const Result<Response>&) {});
  }
  for (int i = 0; i < 1000 && hanging.most_at_once() < 8; ++i)
    std::this_thread::sleep_for(10ms);
  const auto begin = ScriptedServer::Clock::now();
  for (const auto& result : fetch_all(*reactor, urls_of(other, 100)))
    CHECK(result.ok());
  CHECK(seconds_since(begin) < 10.0);
  CHECK(hanging.most_at_once() == 8);
}

TEST_CASE("no more requests are under way than allowed", "[reactor]") {
  ScriptedServer one(ScriptedServer::late(5ms));
  NetworkOptions options = quick();
  options.hedge = false;
  SECTION("to one host") {
    options.max_per_host = 3;
    const auto reactor = Reactor::start(options);
    for (const auto& result : fetch_all(*reactor, urls_of(one, 60)))
      CHECK(result.ok());
    CHECK(one.most_at_once() == 3);
  }
  SECTION("to all hosts") {
    options.max_in_flight = 2;
    const auto reactor = Reactor::start(options);
    for (const auto& result : fetch_all(*reactor, urls_of(one, 60)))
      CHECK(result.ok());
    CHECK(one.most_at_once() == 2);
  }
}

TEST_CASE("a few requests to one host do not wait for many to another",
          "[reactor]") {
  std::atomic<int> answered = 0;
  ScriptedServer busy([&](const Asked& asked) {
    ++answered;
    Reply reply = answer_path(asked);
    reply.delay = 10ms;
    return reply;
  });
  ScriptedServer other(answer_path);
  NetworkOptions options = quick();
  options.max_in_flight = 4;
  options.hedge = false;
  const auto reactor = Reactor::start(options);
  std::atomic<int> left = 400;
  for (const std::string& url : urls_of(busy, 400)) {
    reactor->fetch(request_for(url), [&](const Result<Response>&) { --left; });
  }
  for (const auto& result : fetch_all(*reactor, urls_of(other, 5)))
    CHECK(result.ok());
  CHECK(left > 100);
  while (left > 0) std::this_thread::sleep_for(5ms);
}

TEST_CASE("with the last handle what is left ends, under way or not",
          "[reactor]") {
  ScriptedServer server(ScriptedServer::late(1h));
  NetworkOptions options = quick();
  options.max_per_host = 2;
  auto reactor = Reactor::start(options);
  std::vector<std::string> ids;
  for (const std::string& url : urls_of(server, 20)) {
    reactor->fetch(request_for(url), [&](const Result<Response>& result) {
      ids.push_back(id_of(result));
    });
  }
  while (server.asked().size() < 2) std::this_thread::sleep_for(5ms);
  const auto begin = ScriptedServer::Clock::now();
  reactor.reset();
  CHECK(seconds_since(begin) < 5.0);
  CHECK(ids == std::vector<std::string>(20, "net.cancelled"));
}

TEST_CASE("the last handle may go in a callback", "[reactor]") {
  ScriptedServer server(answer_path);
  for (int i = 0; i < 3; ++i) {
    std::promise<void> gone;
    auto wait = gone.get_future();
    auto reactor = Reactor::start(quick());
    Reactor& it = *reactor;
    const Request request = request_for(server.url("x"));
    it.fetch(request, [held = std::move(reactor),
                       &gone](const Result<Response>&) mutable {
      held.reset();
      gone.set_value();
    });
    wait.get();
  }
}

TEST_CASE("what a callback throws is its own affair", "[reactor]") {
  ScriptedServer server(answer_path);
  const auto reactor = Reactor::start(quick());
  std::promise<void> thrown;
  reactor->fetch(request_for(server.url("x")), [&](const Result<Response>&) {
    thrown.set_value();
    throw std::runtime_error("oops");
  });
  thrown.get_future().get();
  CHECK(fetch(*reactor, server.url("y")).ok());
}

TEST_CASE("what making a request throws is the failure of that request",
          "[reactor]") {
  ScriptedServer server(answer_path);
  const auto reactor = Reactor::start(quick());
  Request request = request_for(server.url("x"));
  request.sign = []() -> Signed {
    raise("s3.credentials", "none");
  };
  CHECK(id_of(reactor->fetch(request)) == "s3.credentials");
  request = request_for(server.url("x"));
  request.judge = [](const Response&) -> Verdict {
    throw std::bad_alloc();
  };
  CHECK(id_of(reactor->fetch(request)) == "net.curl");
  CHECK(fetch(*reactor, server.url("y")).ok());
  CHECK(only_host(*reactor).failed == 2);
}

TEST_CASE("waiting on the network's own thread is refused", "[reactor]") {
  ScriptedServer server(answer_path);
  const auto reactor = Reactor::start(quick());
  std::promise<std::string> id;
  reactor->fetch(request_for(server.url("x")), [&](const Result<Response>&) {
    id.set_value(id_of(fetch(*reactor, server.url("y"))));
  });
  CHECK(id.get_future().get() == "contract.violated");
}

TEST_CASE("a callback may ask for more", "[reactor]") {
  ScriptedServer server(answer_path);
  const auto reactor = Reactor::start(quick());
  std::promise<void> done;
  std::function<void(int)> next = [&](int left) {
    reactor->fetch(request_for(server.url(std::to_string(left))),
                   [&, left](const Result<Response>& result) {
                     if (!result.ok() || left == 0) return done.set_value();
                     next(left - 1);
                   });
  };
  next(20);
  done.get_future().get();
  CHECK(server.asked().size() == 21);
}

TEST_CASE("a user's password goes to one host and to no other request",
          "[reactor]") {
  ScriptedServer other(answer_path);
  ScriptedServer server([&](const Asked& asked) {
    return asked.path == "moved" ? ScriptedServer::redirect(other.url("there"))
                                 : answer_path(asked);
  });
  const auto reactor = Reactor::start(quick());
  std::string with_user = server.url("mine");
  with_user.insert(with_user.find("127"), "me:secret@");
  std::string moved = server.url("moved");
  moved.insert(moved.find("127"), "me:secret@");
  // One after the other: they have the same handle of libcurl.
  REQUIRE(fetch(*reactor, with_user).ok());
  REQUIRE(fetch(*reactor, server.url("open")).ok());
  REQUIRE(fetch(*reactor, moved).ok());
  REQUIRE(fetch(*reactor, other.url("open")).ok());
  const auto has_password = [](const Asked& asked) {
    return asked.head.find("Authorization: Basic") != asked.head.npos;
  };
  for (const Asked& asked : server.asked())
    CHECK(has_password(asked) == (asked.path != "open"));
  for (const Asked& asked : other.asked()) CHECK_FALSE(has_password(asked));
}

TEST_CASE("a request has its own headers and nobody else's", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    return asked.head.find("Range:") == asked.head.npos
               ? answer_path(asked)
               : ScriptedServer::status(206, "Content-Range: bytes 1-2/4\r\n",
                                        "ab");
  });
  const auto reactor = Reactor::start(quick());
  Request part = request_for(server.url("x"));
  part.range = ByteRange{1, 2};
  const auto got = reactor->fetch(part);
  REQUIRE(got.ok());
  CHECK(got->body.text() == "ab");
  CHECK(fetch(*reactor, server.url("x")).ok());
}

TEST_CASE("redirects are followed five times", "[reactor]") {
  ScriptedServer server([&](const Asked& asked) {
    const int left = std::stoi(asked.path);
    return left == 0 ? ScriptedServer::ok("there")
                     : ScriptedServer::redirect('/' + std::to_string(left - 1));
  });
  const auto reactor = Reactor::start(quick());
  const auto five = fetch(*reactor, server.url("5"));
  REQUIRE(five.ok());
  CHECK(five->body.text() == "there");
  CHECK(id_of(fetch(*reactor, server.url("6"))) == "net.redirect");
}

TEST_CASE("no body is read beyond what is allowed", "[reactor]") {
  const Reply endless{
      .bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(10'000, 'x'),
      .drip = 10'000};
  const Reply endless_error{
      .bytes = "HTTP/1.1 404 No\r\n\r\n" + std::string(200'000, 'x'),
      .drip = 200'000};
  const Reply endless_head{
      .bytes = "HTTP/1.1 200 OK\r\n" + std::string(10'000, 'x') + ": y\r\n",
      .drip = 10'000};
  ScriptedServer server([&](const Asked& asked) {
    if (asked.path == "body") return endless;
    if (asked.path == "head") return endless_head;
    if (asked.path == "told") {
      return Reply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n",
                   .then = Then::hang};
    }
    return endless_error;
  });
  NetworkOptions options = quick();
  options.max_bytes = 100'000;
  options.retries = 0;
  const auto reactor = Reactor::start(options);
  CHECK(id_of(fetch(*reactor, server.url("body"))) == "net.too_large");
  CHECK(id_of(fetch(*reactor, server.url("head"))) == "net.broken");
  Request request = request_for(server.url("error"));
  std::size_t kept = 0;
  request.judge = [&](const Response& response) {
    kept = response.body.size();
    return judge_http(response, "error");
  };
  CHECK(id_of(reactor->fetch(request)) == "net.not_found");
  CHECK(kept == 65'536);
}

TEST_CASE("an answer that was not asked for is no object", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    return ScriptedServer::status(std::stoi(asked.path));
  });
  const auto reactor = Reactor::start(quick());
  for (const char* status : {"206", "204", "203"})
    CHECK(id_of(fetch(*reactor, server.url(status))) == "net.status");
  CHECK(id_of(fetch(*reactor, server.url("304"))) == "net.redirect");
}

TEST_CASE("the first byte has its own time, the rest another", "[reactor]") {
  ScriptedServer server([](const Asked& asked) {
    Reply reply = answer_path(asked);
    if (asked.path == "late") reply.delay = 1300ms;
    if (asked.path == "never") reply.delay = 1h;
    if (asked.path == "moved") return ScriptedServer::redirect("/never");
    if (asked.path == "stalls") {
      reply.bytes = cut_short().bytes;
      reply.then = Then::hang;
    }
    if (asked.path == "drips") {
      reply.bytes = "HTTP/1.1 200 OK\r\n\r\nabcde";
      reply.drip = 5;
    }
    return reply;
  });
  NetworkOptions options = quick();
  options.hedge = false;
  options.retries = 0;
  options.stall_timeout = 1.0;
  const auto timed = [&](const char* path) {
    const auto reactor = Reactor::start(options);
    const auto begin = ScriptedServer::Clock::now();
    const std::string id = id_of(fetch(*reactor, server.url(path)));
    return std::pair{id, seconds_since(begin)};
  };
  SECTION("however short that of a stall is") {
    options.first_byte_timeout = 5.0;
    CHECK(timed("late").first == "");
  }
  SECTION("and then it is over") {
    options.first_byte_timeout = 0.2;
    const auto [id, seconds] = timed("never");
    CHECK(id == "net.timeout");
    CHECK(seconds >= 0.2);
    CHECK(seconds < 10.0);
  }
  SECTION("after a redirect, too") {
    options.connect_timeout = 0.1;
    options.first_byte_timeout = 0.2;
    const auto [id, seconds] = timed("moved");
    CHECK(id == "net.timeout");
    CHECK(seconds < 10.0);
  }
  SECTION("a body that stops has stalled") {
    const auto [id, seconds] = timed("stalls");
    CHECK(id == "net.timeout");
    CHECK(seconds >= 1.0);
    CHECK(seconds < 10.0);
  }
  SECTION("one that goes on ends in the end") {
    options.transfer_timeout = 0.5;
    const auto [id, seconds] = timed("drips");
    CHECK(id == "net.timeout");
    CHECK(seconds < 10.0);
  }
}

TEST_CASE("connections that the host ends while nobody uses them cost nothing",
          "[reactor]") {
  // Each is told to stay open, and ended a moment after its answer.
  ScriptedServer server(answer_path);
  const auto reactor = Reactor::start(quick());
  for (int round = 0; round < 3; ++round) {
    for (const auto& result : fetch_all(*reactor, urls_of(server, 20)))
      CHECK(result.ok());
    server.go_away();
    const std::clock_t before = std::clock();
    std::this_thread::sleep_for(200ms);
    // A thread that is woken by them again and again would take all of it.
    CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.1);
    server.come_back();
  }
  CHECK(fetch(*reactor, server.url("x")).ok());
}

TEST_CASE("answers that are errors are no measure of a host", "[reactor]") {
  ScriptedServer server(
      [](const Asked&) { return ScriptedServer::status(500); });
  const auto reactor = Reactor::start(quick());
  for (const auto& result : fetch_all(*reactor, urls_of(server, 20)))
    CHECK(id_of(result) == "net.server");
  const HostStats host = only_host(*reactor);
  CHECK(host.requests == 120);
  CHECK(host.p99 == 0.0);
  CHECK(host.answers == 0);
}

TEST_CASE("a dead host is its samples' affair when another serves, later",
          "[reactor]") {
  ScriptedServer slow(ScriptedServer::late(500ms));
  NetworkOptions options = quick();
  options.retries = 1;
  const auto reactor = Reactor::start(options);
  // The slow one first: that it may serve must be known when the other fails.
  const auto results = fetch_all(*reactor, {slow.url("x"), dead_url()});
  CHECK(results[0].ok());
  CHECK(id_of(results[1]) == "net.connect");
  CHECK(results[1].error().blame == Blame::sample);
}

TEST_CASE("dead hosts alone are the run's affair", "[reactor]") {
  ScriptedServer refuses(
      [](const Asked&) { return ScriptedServer::status(404); });
  NetworkOptions options = quick();
  options.retries = 1;
  const auto reactor = Reactor::start(options);
  ScriptedServer other(answer_path);
  other.go_away();
  const auto results =
      fetch_all(*reactor, {dead_url(), other.url("x"), refuses.url("x")});
  for (const std::size_t i : {0U, 1U}) {
    CHECK(id_of(results[i]) == "net.connect");
    CHECK(results[i].error().blame == Blame::run);
  }
  CHECK(results[2].error().blame == Blame::sample);
}

TEST_CASE("the file of authorities must be there", "[reactor]") {
  NetworkOptions options = quick();
  options.ca_file = "/nowhere/ca.pem";
  CHECK(error_id([&] { Reactor::start(options); }) == "net.option");
}
