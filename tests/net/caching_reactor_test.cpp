#include "net/caching_reactor.hpp"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "catch.hpp"
#include "error_id.hpp"
#include "net/byte_cache.hpp"
#include "net/digest.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using quarry::test::error_id;
using quarry::test::TempDir;

namespace fs = std::filesystem;

namespace {

/// A host of HTTP on the loopback: answers what it is told to, and remembers
/// the heads of the requests.
class FakeHost {
 public:
  using Answer = std::function<std::string(const std::string& head)>;

  explicit FakeHost(Answer answer) : answer_(std::move(answer)) {
    ::setenv("no_proxy", "127.0.0.1", 1);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    if (::bind(socket_, any, size) != 0 || ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, any, &size) != 0)
      throw std::runtime_error("no loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~FakeHost() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// The heads of all requests so far.
  std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  void serve() {
    for (;;) {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      std::string head;
      char c = 0;
      while (!head.ends_with("\r\n\r\n") && ::recv(peer, &c, 1, 0) == 1)
        head += c;
      {
        const std::lock_guard lock(mutex_);
        heads_.push_back(head);
      }
      const std::string answer = answer_(head);
      ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(peer);
    }
  }

  Answer answer_;
  int socket_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::jthread thread_;
};

std::string ok(const std::string& body, const std::string& headers) {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

const std::string not_modified =
    "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";

const std::string long_ago = "Wed, 21 Oct 2015 07:28:00 GMT";
const std::string today = "Wed, 21 Oct 2015 07:28:10 GMT";

NetworkOptions options_for(const TempDir& dir) {
  NetworkOptions options{.retries = 0};
  options.cache.directory = dir.path();
  return options;
}

Request ask(const std::string& url) {
  return {.url = parse_url(url).value()};
}

/// The body that a fresh reactor gets, or the failure's id in brackets.
std::string get(const NetworkOptions& options, const Request& request,
                NetworkStats* stats = nullptr) {
  const auto reactor = CachingReactor::start(options);
  const auto answer = reactor->fetch(request);
  if (stats != nullptr) *stats = reactor->stats();
  if (!answer.ok()) return '[' + std::string(answer.error().id.text()) + ']';
  return std::string(answer->body.text());
}

bool has(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != head.npos;
}

}  // namespace

TEST_CASE("a host is asked whether a copy is still what it has",
          "[caching_reactor]") {
  // Weak ones are given back as they came, too.
  for (const std::string etag : {"\"v1\"", "W/\"v1\""}) {
    const TempDir dir;
    const FakeHost host([&](const std::string& head) {
      return has(head, "If-None-Match: " + etag)
                 ? not_modified
                 : ok("body", "ETag: " + etag + "\r\n");
    });
    const Request request = ask(host.url("/a"));
    NetworkStats stats;
    CHECK(get(options_for(dir), request, &stats) == "body");
    CHECK(stats.hosts.at(0).cached == 0);
    CHECK(get(options_for(dir), request, &stats) == "body");
    CHECK(stats.hosts.at(0).cached == 1);
    CHECK(stats.hosts.at(0).bytes == 0);
    CHECK(stats.cache_failures.empty());
    REQUIRE(host.heads().size() == 2);
    CHECK(host.heads()[0].find("If-") == std::string::npos);
  }
}

TEST_CASE("what the cache cannot do is told, and in the statistics",
          "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host(
      [&](const std::string&) { return ok(std::string(8 << 20, 'x'), ""); });
  std::mutex mutex;
  std::vector<std::string> told;
  NetworkOptions options = options_for(dir);
  options.cache.on_failure = [&](const Failure& failure) {
    const std::lock_guard lock(mutex);
    told.emplace_back(failure.id.text());
  };
  {
    const auto reactor = CachingReactor::start(options);
    dir.write("objects", "no folder");
    CHECK(reactor->fetch(ask(host.url("/a"))).ok());
    const NetworkStats stats = reactor->stats();
    REQUIRE(stats.cache_failures.size() == 1);
    CHECK(stats.cache_failures[0].id == "cache.write");
    CHECK(told == std::vector<std::string>{"cache.write"});
  }
  {
    // Nobody asks: it is told at the end.
    const auto reactor = CachingReactor::start(options);
    CHECK(reactor->fetch(ask(host.url("/a"))).ok());
  }
  CHECK(told == std::vector<std::string>(2, "cache.write"));
  options.cache.directory = dir / "objects";
  CHECK(get(options, ask(host.url("/a"))).size() == 8 << 20);
  REQUIRE(told.size() == 3);
  CHECK(told.back() == "cache.unusable");
}

TEST_CASE("without an ETag the time tells, if it can", "[caching_reactor]") {
  const auto second_head = [](const std::string& date) {
    const TempDir dir;
    const FakeHost host([&](const std::string& head) {
      return head.find("If-Modified-Since") != head.npos
                 ? not_modified
                 : ok("body", "Last-Modified: " + long_ago + "\r\n" + date);
    });
    CHECK(get(options_for(dir), ask(host.url("/a"))) == "body");
    CHECK(get(options_for(dir), ask(host.url("/a"))) == "body");
    return host.heads().at(1);
  };
  CHECK(has(second_head("Date: " + today + "\r\n"),
            "If-Modified-Since: " + long_ago));
  // Modified in the second of the answer: perhaps once more since.
  CHECK_FALSE(has(second_head("Date: " + long_ago + "\r\n"),
                  "If-Modified-Since: " + long_ago));
  CHECK_FALSE(has(second_head(""), "If-Modified-Since: " + long_ago));
}

TEST_CASE("what has changed takes the place of its copy", "[caching_reactor]") {
  const TempDir dir;
  std::atomic<int> version = 1;
  const FakeHost host([&](const std::string& head) {
    const std::string etag = "\"" + std::to_string(version) + "\"";
    return has(head, "If-None-Match: " + etag)
               ? not_modified
               : ok("body " + etag, "ETag: " + etag + "\r\n");
  });
  const Request request = ask(host.url("/a"));
  CHECK(get(options_for(dir), request) == "body \"1\"");
  version = 2;
  CHECK(get(options_for(dir), request) == "body \"2\"");
  NetworkStats stats;
  CHECK(get(options_for(dir), request, &stats) == "body \"2\"");
  CHECK(stats.hosts.at(0).cached == 1);
}

TEST_CASE("what a host forbids to keep is not kept", "[caching_reactor]") {
  const TempDir dir;
  std::atomic<bool> may = true;
  const FakeHost host([&](const std::string& head) {
    if (head.find("If-None-Match") != head.npos && may) return not_modified;
    return ok(may ? "open" : "secret",
              may ? "ETag: \"1\"\r\nCache-Control: private, max-age=9\r\n"
                  : "ETag: \"2\"\r\nCache-Control: private , No-Store\r\n");
  });
  const Request request = ask(host.url("/a"));
  CHECK(get(options_for(dir), request) == "open");
  may = false;
  CHECK(get(options_for(dir), request) == "secret");
  NetworkOptions offline = options_for(dir);
  offline.cache.offline = true;
  CHECK(get(offline, request) == "[net.offline]");
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    if (entry.is_regular_file())
      CHECK(test::slurp(entry.path()).find("secret") == std::string::npos);
  }
}

TEST_CASE("a known version needs no request, another one a new one",
          "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host(
      [](const std::string&) { return ok("body", "ETag: \"v\"\r\n"); });
  Request request = ask(host.url("/a"));
  request.version = "1";
  CHECK(get(options_for(dir), request) == "body");
  NetworkStats stats;
  CHECK(get(options_for(dir), request, &stats) == "body");
  CHECK(host.heads().size() == 1);
  CHECK(stats.hosts.at(0).host == request.url.host);
  CHECK(stats.hosts.at(0).cached == 1);
  CHECK(stats.hosts.at(0).requests == 0);
  request.version = "2";
  CHECK(get(options_for(dir), request) == "body");
  REQUIRE(host.heads().size() == 2);
  CHECK(host.heads()[1].find("If-None-Match") == std::string::npos);
  // The strong ETag is a version as well.
  request.version = "\"v\"";
  CHECK(get(options_for(dir), request) == "body");
  CHECK(host.heads().size() == 2);
}

TEST_CASE("a copy that has rotten is fetched again", "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host([&](const std::string& head) {
    return head.find("If-None-Match") != head.npos
               ? not_modified
               : ok("good bytes", "ETag: \"1\"\r\n");
  });
  const Request request = ask(host.url("/a"));
  CHECK(get(options_for(dir), request) == "good bytes");
  const std::string name = sha256_hex("good bytes");
  const fs::path file =
      dir.path() / "objects" / name.substr(0, 2) / name.substr(2, 2) / name;
  std::ofstream(file, std::ios::binary) << "evil bytes";
  CHECK(get(options_for(dir), request) == "good bytes");
  CHECK(host.heads().size() == 3);  // 304, and then once more without asking so
  CHECK(test::slurp(file) == "good bytes");
  NetworkStats stats;
  CHECK(get(options_for(dir), request, &stats) == "good bytes");
  CHECK(stats.hosts.at(0).cached == 1);
}

TEST_CASE("a copy knows where it was found, without what was secret there",
          "[caching_reactor]") {
  const TempDir dir;
  std::atomic<const char*> there = "/first?token=abc";
  const FakeHost host([&](const std::string& head) -> std::string {
    if (!head.starts_with("GET /a ")) {
      return has(head, "If-None-Match: \"1\"") ? not_modified
                                               : ok("body", "ETag: \"1\"\r\n");
    }
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " +
           std::string(there) + "\r\nContent-Length: 0\r\n\r\n";
  });
  NetworkOptions options = options_for(dir);
  const auto found_at = [&] {
    return CachingReactor::start(options)
        ->fetch(ask(host.url("/a")))
        .value()
        .redirected_to;
  };
  CHECK(found_at() == host.url("/first?token=abc"));
  CHECK(found_at() == host.url("/first"));
  there = "/second";
  CHECK(found_at() == host.url("/second"));
  options.cache.offline = true;
  CHECK(found_at() == host.url("/first"));
}

TEST_CASE("parts of an object are kept as parts", "[caching_reactor]") {
  const TempDir dir;
  const std::string whole = "0123456789";
  std::atomic<bool> strong = true;
  const FakeHost host([&](const std::string& head) {
    const std::string etag = strong ? "\"1\"" : "W/\"1\"";
    if (has(head, "If-None-Match: " + etag)) return not_modified;
    const bool second = has(head, "Range: bytes=4-5");
    const std::string body = second ? "45" : "0123";
    return "HTTP/1.1 206 Partial\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nContent-Range: bytes " +
           (second ? "4-5" : "0-3") + "/10\r\nETag: " + etag + "\r\n\r\n" +
           body;
  });
  Request first = ask(host.url("/a"));
  first.range = ByteRange{0, 4};
  Request second = ask(host.url("/a"));
  second.range = ByteRange{4, 2};
  second.etag = "\"1\"";
  for (int round = 0; round < 2; ++round) {
    const auto reactor = CachingReactor::start(options_for(dir));
    const auto answer = reactor->fetch(first);
    CHECK(answer->body.text() == "0123");
    CHECK(answer->status == 206);
    CHECK(whole_size(*answer) == 10);
    CHECK(answer->headers.text("etag") == "\"1\"");
    CHECK(reactor->fetch(second)->body.text() == "45");
  }
  CHECK(host.heads().size() == 3);  // the second part has a known ETag
  // Of an object without a strong one parts cannot be told apart.
  const TempDir other;
  strong = false;
  CHECK(get(options_for(other), first) == "0123");
  NetworkOptions offline = options_for(other);
  offline.cache.offline = true;
  CHECK(get(offline, first) == "[net.offline]");
}

TEST_CASE("offline nothing is asked, and what is missing is named",
          "[caching_reactor]") {
  const TempDir dir;
  NetworkOptions offline = options_for(dir);
  offline.cache.offline = true;
  CHECK(error_id([&] { CachingReactor::start(offline); }) == "cache.unusable");
  const FakeHost host([](const std::string&) { return ok("body", ""); });
  CHECK(get(options_for(dir), ask(host.url("/a"))) == "body");
  CHECK(get(offline, ask(host.url("/a"))) == "body");
  const auto reactor = CachingReactor::start(offline);
  const auto missing =
      reactor->fetch(ask("http://me:word@127.0.0.1:1/b?signature=s&x=1"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().id == "net.offline");
  CHECK(missing.error().message.find("127.0.0.1:1/b?signature=***&x=1") !=
        std::string::npos);
  CHECK(missing.error().message.find("word") == std::string::npos);
  Request versioned = ask(host.url("/a"));
  versioned.version = "other";
  CHECK(get(offline, versioned) == "[net.offline]");
  CHECK(host.heads().size() == 1);
}

TEST_CASE("a cache is only read, or only written, when that is wished",
          "[caching_reactor]") {
  const TempDir dir;
  std::atomic<int> count = 0;
  const FakeHost host([&](const std::string& head) {
    if (head.find("If-None-Match") != head.npos) return not_modified;
    return ok("body " + std::to_string(++count), "ETag: \"1\"\r\n");
  });
  NetworkOptions reads = options_for(dir);
  reads.cache.use = CacheUse::read;
  NetworkOptions writes = options_for(dir);
  writes.cache.use = CacheUse::write;
  const Request request = ask(host.url("/a"));
  NetworkStats stats;
  CHECK(get(reads, request, &stats) == "body 1");  // no cache: no matter
  REQUIRE(stats.cache_failures.size() == 1);
  CHECK(stats.cache_failures[0].id == "cache.unusable");
  CHECK(get(writes, request) == "body 2");
  CHECK(get(reads, request) == "body 2");
  CHECK(get(writes, request) == "body 3");
  CHECK(get(reads, request) == "body 3");
  CHECK(get(reads, ask(host.url("/b"))) == "body 4");
  CHECK(get(reads, ask(host.url("/b"))) == "body 5");
}

TEST_CASE("a copy larger than an object may be is none", "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host(
      [](const std::string&) { return ok("0123456789", "ETag: \"1\"\r\n"); });
  const Request request = ask(host.url("/a"));
  CHECK(get(options_for(dir), request) == "0123456789");
  NetworkOptions small = options_for(dir);
  small.max_bytes = 9;
  CHECK(get(small, request) == "[net.too_large]");
}

TEST_CASE("failures are not kept, nor is a copy lost to them",
          "[caching_reactor]") {
  const TempDir dir;
  std::atomic<bool> down = false;
  const FakeHost host([&](const std::string&) {
    return down ? "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"
                  "Content-Length: 0\r\n\r\n"
                : ok("body", "ETag: \"1\"\r\n");
  });
  const Request request = ask(host.url("/a"));
  CHECK(get(options_for(dir), request) == "body");
  down = true;
  CHECK(get(options_for(dir), request) == "[net.not_found]");
  CHECK(get(options_for(dir), ask(host.url("/b"))) == "[net.not_found]");
  NetworkOptions offline = options_for(dir);
  offline.cache.offline = true;
  CHECK(get(offline, request) == "body");
  CHECK(get(offline, ask(host.url("/b"))) == "[net.offline]");
}

TEST_CASE("everybody who asks is answered once, whenever it ends",
          "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host([](const std::string& head) {
    return ok(head.substr(0, head.find('\r')), "ETag: \"1\"\r\n");
  });
  constexpr int count = 300;
  for (const bool wait : {true, false, true}) {
    std::atomic<int> answered = 0;
    std::atomic<int> wrong = 0;
    {
      auto reactor = CachingReactor::start(options_for(dir));
      for (int i = 0; i < count; ++i) {
        const std::string path = "/" + std::to_string(i);
        reactor->fetch(ask(host.url(path)), [&, path](Result<Response> r) {
          if (r.ok() && r->body.text() != "GET " + path + " HTTP/1.1") ++wrong;
          ++answered;
        });
      }
      while (wait && answered < count)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(answered == count);
    CHECK(wrong == 0);
  }
}

TEST_CASE("the last handle may go in an answer", "[caching_reactor]") {
  const FakeHost host(
      [](const std::string&) { return ok("b", "ETag: \"1\"\r\n"); });
  for (const bool known : {false, true}) {
    const TempDir dir;
    const Request request = ask(host.url("/a"));
    if (known) get(options_for(dir), request);
    std::atomic<bool> gone = false;
    auto reactor = CachingReactor::start(options_for(dir));
    auto* const handle = reactor.get();
    handle->fetch(request,
                  [held = std::move(reactor), &gone](Result<Response>) mutable {
                    held.reset();
                    gone = true;
                  });
    while (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

TEST_CASE("without a folder nothing is kept", "[caching_reactor]") {
  const FakeHost host(
      [](const std::string&) { return ok("b", "ETag: \"1\"\r\n"); });
  CHECK(get({}, ask(host.url("/a"))) == "b");
  CHECK(get({}, ask(host.url("/a"))) == "b");
  CHECK(host.heads().size() == 2);
}

TEST_CASE("nothing that grants access is in the folder", "[caching_reactor]") {
  const TempDir dir;
  const FakeHost host(
      [](const std::string&) { return ok("body", "ETag: \"1\"\r\n"); });
  std::string url = host.url("/a?token=tokensecret&X-Amz-Signature=sigsecret");
  url.insert(7, "usersecret:wordsecret@");
  CHECK(get(options_for(dir), ask(url)) == "body");
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    if (!entry.is_regular_file()) continue;
    const std::string contents = test::slurp(entry.path());
    CHECK(contents.find("secret") == std::string::npos);
  }
}
