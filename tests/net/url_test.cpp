#include "net/url.hpp"

#include <random>

#include "quarry/core/detail/text.hpp"

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
  CHECK(join("//h/x") == "http://h/x");
  CHECK_FALSE(join_url("http://a/", "a b").ok());
  // What libcurl would take, user, password and all.
  CHECK_FALSE(join_url("http://a/", "http:/me:pw@h/x").ok());
  CHECK_FALSE(join_url("http://a/", "http:///me:pw@h/x").ok());
}

TEST_CASE("references in a bucket are keys as they are", "[url]") {
  const auto join = [](const char* reference) {
    return join_url("s3://b/pool/a/list.txt", reference).value();
  };
  CHECK(join("g h.jpg") == "s3://b/pool/a/g h.jpg");
  CHECK(join("%41?x=1#y") == "s3://b/pool/a/%41?x=1#y");
  CHECK(join("img:1.jpg") == "s3://b/pool/a/img:1.jpg");
  CHECK(join("./g/../h") == "s3://b/pool/a/g/../h");
  CHECK(join("../g") == "s3://b/pool/g");
  CHECK(join("../../../g") == "s3://b/g");
  CHECK(join("/g") == "s3://b/g");
  CHECK(join("//other/g") == "s3://other/g");
  CHECK(join("S3://other/g h") == "S3://other/g h");
  CHECK(join("https://h/x") == "https://h/x");
  CHECK(join_url("gs://b", "g").value() == "gs://b/g");
  CHECK_FALSE(join_url("s3://b/x", "//me:pw@other/g").ok());
}

TEST_CASE("who asks a host is told to that host alone", "[url]") {
  const Url from = parse_url("http://m%40e:p%2Fw@h:81/list.txt").value();
  CHECK(with_login("http://h:81/b/list.txt", from) ==
        "http://m%40e:p%2fw@h:81/b/list.txt");
  for (const char* url : {"http://h/x", "https://h:81/x", "http://h2:81/x"}) {
    CHECK(with_login(url, from) == url);
  }
  CHECK(with_login("http://h/x", parse_url("http://h/").value()) ==
        "http://h/x");
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
  // libcurl would read these, too.
  for (const char* text : {"http:/me:secret@h/x", "http:///me:secret@h/x"}) {
    CHECK_FALSE(parse_url(text).ok());
  }
  CHECK(shown_url("http:/me:secret@h/x") == "http:/h/x");
  CHECK(shown_url("http:///me:secret@h/x") == "http:///h/x");
  CHECK(shown_url("//me:secret@h/x") == "//h/x");
  CHECK(shown_url("//me:sec/ret@h/x") == "//h/x");
  CHECK(shown_url("file:///a@b/c") == "file:///a@b/c");
  CHECK(shown_url("a@b.jpg?sig=x") == "a@b.jpg?sig=***");
  CHECK(shown_url("a?sig=b://c&\u00e9=://\u00e9") ==
        "a?sig=***&\u00e9=://\u00e9");
}

TEST_CASE("a query's secrets are known by name or by look", "[url]") {
  const std::string random = "AIzaSyD9tSrke72PouQMnMXa7eZSW0jkFMBWY";
  for (const std::string field :
       {"sig=x", "private_token=x", "client-secret=x", "secret=x", "auth=x",
        "jwt=x", "q-signature=x", "hdnts=x", "X-Amz-Security-Token=x",
        "%74oken=x", "Api.Key=x", "AWSAccessKeyId=x", "user_password=x"}) {
    CAPTURE(field);
    const std::string name = field.substr(0, field.find('='));
    CHECK(shown_url("http://h/p?" + field) == "http://h/p?" + name + "=***");
    CHECK(shown_url("http://h/p?a=1&" + field + "&b=2") ==
          "http://h/p?a=1&" + name + "=***&b=2");
    CHECK(shown_url("http://h/p?a=1;" + field) ==
          "http://h/p?a=1;" + name + "=***");
    CHECK(shown_url("http://h/p#" + field) == "http://h/p#" + name + "=***");
  }
  CHECK(shown_url("http://h/p?key=" + random) == "http://h/p?key=***");
  CHECK(shown_url("http://h/p?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc") ==
        "http://h/p?x=***");
  for (const std::string field :
       {"key=cat1.jpg", "id=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "sha=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "file=Holiday-Photos-2020-Norway-IMG0001-edited", "code=no", "token",
        "signature=", "author=me",
        "file=A1b2/C3d4E5f6G7h8I9j0K1l2M3n4O5p6.jpg"}) {
    CHECK(shown_url("http://h/p?" + field) == "http://h/p?" + field);
  }
}

TEST_CASE("what is shown stays when it is shown again", "[url]") {
  // A field without a name is not called by what follows it.
  CHECK(shown_url("http://h/p?=a&token") == "http://h/p?=a&token");
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += "\xF9";
  const std::string shown = shown_url("http://h/p?x=abc" + bytes);
  CHECK(shown_url(shown) == shown);
}

TEST_CASE("what only a secret tells apart is told apart by its digest",
          "[url]") {
  const auto told = [](const char* url) {
    return shown_url(url, Secrets::told);
  };
  CHECK(told("http://h/p?token=abc&x=1") == "http://h/p?token=***ba7816bf&x=1");
  CHECK(told("http://h/p?token=abd") != told("http://h/p?token=abc"));
  CHECK(told("http://me:pw@h/p?x=1") == "http://h/p?x=1");
}

TEST_CASE("a key of a bucket is shown as it is", "[url]") {
  for (const char* text : {"s3://b/a@c?token=x#y", "S3://b-1.x_y/k@",
                           "gs://b/?signature=x", "s3://b"}) {
    CHECK(shown_url(text) == text);
  }
  for (const char* text : {"s3://id:secret@b/k", "s3://id:se/cret@b/k",
                           "s3://id:12/secret@b/k", "s3:/id:secret@b/k"}) {
    CHECK_FALSE(parse_s3(text).ok());
    CHECK(parse_s3(text).error().message.find("cret") == std::string::npos);
  }
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
  // A host alike, whatever stands beside it, and read again.
  CHECK(shown_url("ftp://caf\xC3\xA9/a") == "ftp://caf%C3%A9/a");
  CHECK(shown_url("ftp://caf\xC3\xA9/\xFF") == "ftp://caf%C3%A9/%FF");
  CHECK(shown_url(parse_url("ftp://caf%C3%A9/a")->text) == "ftp://caf%C3%A9/a");
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
    const std::string shown = shown_url(text);
    CHECK(is_printable(shown));
    CHECK(shown_url(shown) == shown);
    const auto joined = join_url("http://h/p", text);
    if (joined.ok()) CHECK(join_url("http://h/p", *joined).ok());
  }
}

TEST_CASE("a password is not shown, whatever stands around it", "[url]") {
  std::mt19937 random(9);
  const std::string alphabet = "h:/@?#%&=[]. \\1a";
  const auto noise = [&](std::size_t most) {
    std::string text;
    for (std::size_t i = random() % most; i > 0; --i)
      text += alphabet[random() % alphabet.size()];
    return text;
  };
  int shown_ones = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = (round % 2 == 0 ? "http:" : "ftp:") +
                             std::string(random() % 4, '/') + noise(6) +
                             "hunter2" + noise(4) + '@' + noise(8);
    if (shown_url(text).find("hunter2") == std::string::npos) continue;
    // Then it is none: it stands in the path or the query.
    CAPTURE(text);
    const auto url = parse_url(text);
    REQUIRE(url.ok());
    CHECK(url->text.find("hunter2") != std::string::npos);
    CHECK(url->password.find("hunter2") == std::string::npos);
    ++shown_ones;
  }
  CHECK(shown_ones > 0);
}
