#include <random>

#include "quarry/core/detail/text.hpp"

#include "catch.hpp"
#include "net/request.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

Response part(long status, const std::string& range, std::size_t bytes,
              const std::string& etag = {}) {
  Response response{.status = status,
                    .body = Bytes::take(std::string(bytes, 'x')),
                    .headers = {}};
  if (!range.empty()) response.headers.add("content-range", range);
  if (!etag.empty()) response.headers.add("etag", etag);
  return response;
}

Request asked(std::uint64_t offset, std::uint64_t count,
              const std::string& etag = {}) {
  Request request{.url = parse_url("http://host/s.tar").value()};
  request.range = ByteRange{offset, count};
  request.etag = etag;
  return request;
}

std::string id_of(const Request& request, const Response& response) {
  const Verdict verdict = judge(request, response);
  return verdict.failure ? std::string(verdict.failure->id.text()) : "";
}

}  // namespace

TEST_CASE("the part that was asked for is taken, and nothing else") {
  CHECK(id_of(asked(0, 100), part(206, "bytes 0-99/1000", 100)) == "");
  CHECK(id_of(asked(900, 100), part(206, "bytes 900-999/1000", 100)) == "");
  // The object ends before.
  CHECK(id_of(asked(950, 100), part(206, "bytes 950-999/1000", 50)) == "");
  CHECK(id_of(asked(1000, 5), part(416, "bytes */1000", 0)) == "");
  // An empty one.
  CHECK(id_of(asked(0, 5), part(416, "", 0)) == "");
  CHECK(id_of(asked(0, 5), part(416, "bytes */0", 0)) == "");
  CHECK(id_of(asked(0, 5), part(200, "", 0)) == "");
  CHECK(id_of(asked(1, 5), part(200, "", 0)) == "net.range");
  for (const auto& [range, bytes] :
       std::vector<std::pair<std::string, std::size_t>>{
           {"", 100},
           {"bytes 0-99/*", 100},
           {"bytes 1-100/1000", 100},
           {"bytes 0-98/1000", 99},  // less than there is
           {"bytes 0-99/1000", 99},  // less than it says
           {"bytes 0-99/50", 100},
           {"bytes 99-0/1000", 100},
           {"bytes 0-99/1000 ", 100},
           {"items 0-99/1000", 100},
           {"bytes 0-99/18446744073709551616", 100},
           {"bytes 0-18446744073709551615/18446744073709551615", 100}}) {
    CAPTURE(range, bytes);
    CHECK(id_of(asked(0, 100), part(206, range, bytes)) == "net.range");
  }
  // All of it.
  CHECK(id_of(asked(0, 100), part(200, "", 100)) == "net.range");
  CHECK(id_of(asked(0, 100), part(404, "", 0)) == "net.not_found");
  CHECK(id_of(asked(5, 100), part(416, "bytes */1000", 0)) == "net.status");
}

TEST_CASE("an object with another ETag has changed") {
  const std::string range = "bytes 0-9/1000";
  CHECK(id_of(asked(0, 10, "\"a\""), part(206, range, 10, "\"a\"")) == "");
  CHECK(id_of(asked(0, 10, "\"a\""), part(206, range, 10)) == "");
  CHECK(id_of(asked(0, 10, "\"a\""), part(206, range, 10, "\"b\"")) ==
        "net.changed");
  CHECK(id_of(asked(0, 10, "\"a\""), part(412, "", 0)) == "net.changed");
  CHECK(id_of(asked(0, 10), part(412, "", 0)) == "net.status");
  CHECK(id_of(asked(0, 10), part(206, range, 10, "\"b\"")) == "");
}

TEST_CASE("a part and a version are asked for with headers") {
  using Lines = std::vector<std::string>;
  CHECK(headers_of(asked(5, 10)) == Lines{"Range: bytes=5-14"});
  CHECK(headers_of(asked(0, 1, "\"a\"")) ==
        Lines{"Range: bytes=0-0", "If-Match: \"a\""});
  // A weak one would match nothing.
  CHECK(headers_of(asked(0, 1, "W/\"a\"")) == Lines{"Range: bytes=0-0"});
  CHECK(headers_of({.url = {}}).empty());
}

TEST_CASE("the size of the whole comes from Content-Range") {
  CHECK(whole_size(part(206, "bytes 0-9/1000", 10)) == 1000);
  CHECK(whole_size(part(416, "bytes */0", 0)) == 0);
  CHECK(whole_size(part(416, "", 0)) == 0);
  CHECK(whole_size(part(200, "", 0)) == 0);
  CHECK(whole_size(part(206, "bytes 0-9/*", 10)) == std::nullopt);
  CHECK(whole_size(part(200, "", 10)) == std::nullopt);
}

TEST_CASE("a damaged Content-Range is refused or true to the body") {
  std::mt19937 random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::string range = "bytes 0-99/1000";
    for (int i = 0; i < 2; ++i) {
      range[random() % range.size()] = static_cast<char>(random());
    }
    CAPTURE(range);
    const std::string id = id_of(asked(0, 100), part(206, range, 100));
    if (id.empty()) {
      REQUIRE(range.starts_with("bytes 0-99/"));
    } else {
      REQUIRE(id == "net.range");
    }
  }
}
