#include "quarry/data/file_uri.hpp"

#include <set>
#include <string>

#include "quarry/core/random.hpp"

#include "catch.hpp"

namespace quarry {
namespace {

std::string path_or_error(std::string_view uri) {
  const auto path = path_of_uri(uri);
  return path.ok() ? path->native()
                   : '[' + std::string(path.error().id.text()) + ']';
}

TEST_CASE("a file URI encodes what RFC 3986 does not allow in a path") {
  CHECK(file_uri("/pool/cat/0001.jpg") == "file:///pool/cat/0001.jpg");
  CHECK(file_uri("/a b#c?d%e") == "file:///a%20b%23c%3Fd%25e");
  CHECK(file_uri("/caf\xC3\xA9") == "file:///caf%C3%A9");
  CHECK(file_uri("/\xFF\n") == "file:///%FF%0A");
  CHECK(file_uri("/[x]\"<>\\^`{|}") ==
        "file:///%5Bx%5D%22%3C%3E%5C%5E%60%7B%7C%7D");
  // unreserved, sub-delims, ':' and '@' stay.
  CHECK(file_uri("/-._~!$&'()*+,;=:@aZ9") == "file:///-._~!$&'()*+,;=:@aZ9");
}

TEST_CASE("a relative path gets an absolute URI") {
  const std::string here = std::filesystem::current_path().native();
  CHECK(path_or_error(file_uri("x y.jpg")) == here + "/x y.jpg");
}

TEST_CASE("every byte a name can hold comes back from its URI") {
  std::string name = "/";
  for (int byte = 1; byte < 256; ++byte) name += static_cast<char>(byte);
  CHECK(path_or_error(file_uri(name)) == name);
}

TEST_CASE("the three spellings of a local file URI are one") {
  CHECK(path_or_error("file:///a/b%20c") == "/a/b c");
  CHECK(path_or_error("file:/a/b%20c") == "/a/b c");
  CHECK(path_or_error("file://localhost/a/b%20c") == "/a/b c");
  CHECK(path_or_error("FILE://LocalHost/a") == "/a");
  CHECK(path_or_error("file:////a") == "//a");
}

TEST_CASE("what is no local file URI is a failure") {
  for (const char* uri :
       {"", "/a", "http:///a", "file:", "file:a", "file://", "file://host",
        "file://host/a", "file://localhost", "file:///a%", "file:///a%4",
        "file:///a%zz", "file:///a%4g", "file:///a%00b", "file:///a?b",
        "file:///a#b", "ile:///a", "file"}) {
    CAPTURE(uri);
    CHECK(path_or_error(uri) == "[source.uri]");
  }
}

TEST_CASE("the failure of a URI names it on one line and says what to write") {
  const auto failure = path_of_uri("file:///a\nb#1").error();
  CHECK(failure.message.find('\n') == std::string::npos);
  CHECK(failure.message.find("%0A") != std::string::npos);
  CHECK(failure.hint.find("%23") != std::string::npos);
}

TEST_CASE("an id is the path itself where that is text") {
  for (const char* path :
       {"cat/0001.jpg", "a b#c?d%e", "caf\xC3\xA9.jpg", "\xE6\x97\xA5.png",
        "\xF0\x9F\x90\x88.jpg", "%FF.jpg", "\xC2\xA0.jpg"}) {
    CHECK(id_of_path(path) == path);
  }
}

TEST_CASE("an id of a path that is no text is its relative URI") {
  CHECK(id_of_path("caf\xE9.jpg") == "./caf%E9.jpg");
  CHECK(id_of_path("a\nb c.jpg") == "./a%0Ab%20c.jpg");
  CHECK(id_of_path("a\x7F") == "./a%7F");
  CHECK(id_of_path("\xC2\x85") == "./%C2%85");                // a C1 control
  CHECK(id_of_path("\xC0\xAF") == "./%C0%AF");                // overlong
  CHECK(id_of_path("\xE0\x80\x80") == "./%E0%80%80");         // overlong
  CHECK(id_of_path("\xED\xA0\x80") == "./%ED%A0%80");         // a surrogate
  CHECK(id_of_path("\xF4\x90\x80\x80") == "./%F4%90%80%80");  // too large
  CHECK(id_of_path("a\xE6\x97") == "./a%E6%97");              // cut off
  CHECK(id_of_path("\x80") == "./%80");
}

TEST_CASE("two paths never share an id") {
  // The near misses: what one escapes to is the name of another.
  const char* const pieces[] = {"\xFF", "%FF", "%25FF", "\n", "%0A", "a", "%"};
  std::set<std::string> paths;
  std::set<std::string> ids;
  for (const char* first : pieces) {
    for (const char* second : pieces) {
      for (const char* third : pieces) {
        const std::string path =
            std::string(first) + '/' + second + third + ".jpg";
        paths.insert(path);
        ids.insert(id_of_path(path));
      }
    }
  }
  CHECK(ids.size() == paths.size());
}

TEST_CASE("any bytes whatsoever are a URI or a failure") {
  RandomStream random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string uri = round % 2 == 0 ? "file:///" : "";
    const auto length = random.below(20);
    for (std::uint64_t k = 0; k < length; ++k) {
      uri += static_cast<char>(random.below(256));
    }
    const auto path = path_of_uri(uri);
    if (path.ok()) {
      CHECK(path_or_error(file_uri(*path)) == path->native());
    }
    const std::string id = id_of_path(uri);
    CHECK(id_of_path(id) == id);
  }
}

}  // namespace
}  // namespace quarry
