#include "net/url.hpp"

#include <random>

#include "catch.hpp"

using namespace quarry::detail;

TEST_CASE("a URL is taken apart, its secrets aside", "[url]") {
  const Url url =
      parse_url("HTTP://me:p%40ss@Example.org:8080/a/../b?x=1#part").value();
  CHECK(url.scheme == "http");
  CHECK(url.host == "http://example.org:8080");
  CHECK(url.text == "http://example.org:8080/b?x=1");
  CHECK(url.user == "me");
  CHECK(url.password == "p@ss");
  CHECK(parse_url("https://[::1]/x").value().host == "https://[::1]");
  CHECK(parse_url("ftps://h/").ok());
}

TEST_CASE("what is no URL of the network says why", "[url]") {
  const auto id = [](const char* text) {
    const auto url = parse_url(text);
    return url.ok() ? std::string() : std::string(url.error().id.text());
  };
  CHECK(id("") == "net.url");
  CHECK(id("no url") == "net.url");
  CHECK(id("http://") == "net.url");
  CHECK(id("http://host:port/") == "net.url");
  CHECK(id("http://host:99999/") == "net.url");
  CHECK(id("http://host/a b") == "net.url");
  CHECK(id("http://host/\r\nX: y") == "net.url");
  CHECK(id("file:///etc/passwd") == "net.scheme");
  CHECK(id("gopher://host/") == "net.scheme");
  CHECK(id("javascript://host/") == "net.scheme");
}

TEST_CASE("references resolve as RFC 3986 has it", "[url]") {
  const auto join = [](const char* reference) {
    return join_url("http://a/b/c/d;p?q", reference).value();
  };
  // Section 5.4.1.
  CHECK(join("g") == "http://a/b/c/g");
  CHECK(join("./g") == "http://a/b/c/g");
  CHECK(join("/g") == "http://a/g");
  CHECK(join("g?y") == "http://a/b/c/g?y");
  CHECK(join("../g") == "http://a/b/g");
  CHECK(join("../../g") == "http://a/g");
  CHECK(join("https://h/x") == "https://h/x");
  CHECK_FALSE(join_url("http://a/", "a b").ok());
}

TEST_CASE("nothing that grants access is shown", "[url]") {
  CHECK(shown_url("http://me:secret@h/x?y=1") == "http://h/x?y=1");
  CHECK(shown_url("https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature="
                  "abc&X-Amz-Credential=id") ==
        "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=***&"
        "X-Amz-Credential=***");
  CHECK(shown_url("http://h/a@b?TOKEN=t") == "http://h/a@b?TOKEN=***");
  CHECK(shown_url("http://u@v:w@h/") == "http://h/");
  CHECK(shown_url("http://h") == "http://h");
  // As libcurl reads them, too.
  CHECK(parse_url("http:/me:secret@h/x").value().password == "secret");
  CHECK(shown_url("http:/me:secret@h/x") == "http:/h/x");
  CHECK(shown_url("http:///me:secret@h/x") == "http:///h/x");
  CHECK(shown_url("//me:secret@h/x") == "//h/x");
  CHECK(shown_url("file:///a@b/c") == "file:///a@b/c");
}

TEST_CASE("what is no URL is shown without what may be a password", "[url]") {
  for (const char* text : {"http://me:sec/ret@h/", "http://me:secret@h:99999/",
                           "http://me:sec ret@h/", "http://me:secret@/x"}) {
    const auto url = parse_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().message.find("sec") == std::string::npos);
  }
}

TEST_CASE("a URL is shown as one line of text", "[url]") {
  CHECK(shown_url("http://h/caf\xE9?a=\n") == "http://h/caf%E9?a=%0A");
  CHECK(shown_url("http://h/caf\xC3\xA9 x") == "http://h/caf\xC3\xA9 x");
}

TEST_CASE("any bytes at all are a URL or a failure", "[url]") {
  std::mt19937 random(7);
  const std::string alphabet = "htp:/@?#%&=[]. \\\n\0a1é";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "http://" : "";
    const std::size_t length = random() % 24;
    for (std::size_t i = 0; i < length; ++i) {
      text += alphabet[random() % alphabet.size()];
    }
    const auto url = parse_url(text);
    if (url.ok()) {
      CHECK(parse_url(url->text).ok());
    }
    CHECK(shown_url(text).size() <= text.size() + 3 * 24);
    static_cast<void>(join_url("http://h/p", text));
  }
}
