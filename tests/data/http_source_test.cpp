#include "quarry/data/http_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"

namespace quarry {
namespace {

using test::error_id;
using test::error_message;
using Ids = std::vector<std::string>;

static_assert(AsyncSource<HttpSource>);

TEST_CASE("a URL's id shows nothing that grants access") {
  const HttpSource source(
      {"https://me:pw@Host/a.jpg?x=1&token=abc#part", "ftp://q:p@h/b.jpg"});
  CHECK(test::ids_of(source) ==
        Ids{"https://host/a.jpg?x=1&token=***", "ftp://h/b.jpg"});
  CHECK(source.sample(0).uri == source.sample(0).id);
  CHECK(source.network().hosts.empty());
}

TEST_CASE("URLs that differ in a secret alone are two samples") {
  CHECK(test::ids_of(
            HttpSource({"http://h/get?token=abc", "http://h/get?token="})) ==
        Ids{"http://h/get?token=***", "http://h/get?token="});
  const Ids ids = test::ids_of(
      HttpSource({"http://h/get?token=abc", "http://h/get?token=abd"}));
  CHECK(ids[0] == "http://h/get?token=***ba7816bf");
  CHECK(ids[0] != ids[1]);
}

TEST_CASE("the same URL twice is an error that shows no secret") {
  const auto twice = [] {
    HttpSource source({"http://h/a", "http://me:pw@h/b?sig=qwert",
                       "http://you:pw@h/b?sig=qwert"});
  };
  CHECK(error_id(twice) == "source.duplicate_id");
  CHECK(error_message(twice).find("1 and 2") != std::string::npos);
  CHECK(error_message(twice).find("qwert") == std::string::npos);
  CHECK(error_message(twice).find("pw") == std::string::npos);
}

TEST_CASE("what is no URL of the network is an error at once") {
  const auto of = [](const char* url) {
    return error_id([&] { HttpSource source({url}); });
  };
  CHECK(of("http://h o/") == "net.url");
  CHECK(of("http:///me:pw@h/") == "net.url");
  CHECK(of("file:///etc/passwd") == "net.scheme");
  CHECK(of("gopher://h/") == "net.scheme");
}

}  // namespace
}  // namespace quarry
