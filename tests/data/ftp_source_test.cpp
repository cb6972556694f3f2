#include "quarry/data/ftp_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

using test::error_id;
using test::error_message;

static_assert(AsyncSource<FtpSource>);

TEST_CASE("options of a pool on an FTP server out of range are refused") {
  const auto refused = [](const FtpSourceOptions& options) {
    return error_id([&] { options.validate(); });
  };
  CHECK(refused({}) == "");
  CHECK(refused({.extensions = {}}) == "");
  for (const char* odd : {".jpg", "", "a/b"}) {
    CHECK(refused({.extensions = {odd}}) == "source.option");
  }
  CHECK(refused({.network = {.retries = 100}}) == "net.option");
}

TEST_CASE("what is no directory of an FTP server is an error at once") {
  const auto open = [](const char* url) {
    return [url] {
      FtpSource source(url);
    };
  };
  CHECK(error_id(open("http://h/")) == "net.scheme");
  CHECK(error_id(open("ftp://q:p/w@h/")) == "net.url");
  CHECK(error_message(open("ftp://q:p/w@h/")).find("p/w") == std::string::npos);
  CHECK(error_id(open("ftp:///q:pw@h/")) == "net.url");
}

}  // namespace
}  // namespace quarry
