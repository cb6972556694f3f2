#include "net/headers.hpp"

#include "catch.hpp"

using namespace quarry::detail;

TEST_CASE("of the answers on the way only the last one's headers count",
          "[headers]") {
  Headers headers;
  for (const char* line :
       {"HTTP/1.1 301 Moved\r\n", "Location: /b\r\n", "\r\n",
        "HTTP/1.1 200 OK\r\n", "ETag:\t\"a:b\" \r\n", "no header\r\n",
        "eTAG: \"c\"\r\n", ":\r\n", "\r\n"}) {
    headers.take(line);
  }
  CHECK(headers.find("etag") == "\"c\"");
  CHECK(headers.text("Etag") == "\"c\"");
  CHECK(headers.find("") == "");
  CHECK_FALSE(headers.contains("location"));
  CHECK_FALSE(headers.contains("eta"));
  CHECK_FALSE(headers.contains("no header"));
  CHECK(headers.text("location").empty());
}

TEST_CASE("a header's name counts in any case, its value without spaces",
          "[headers]") {
  Headers headers{{"Content-Range", "bytes 0-1/2"}};
  CHECK(headers.find("content-range") == "bytes 0-1/2");
  CHECK(headers.find("CONTENT-RANGE") == "bytes 0-1/2");
  headers.take("X:  \t a : b \t \r\n");
  CHECK(headers.find("x") == "a : b");
  headers.take("empty:\r\n");
  CHECK(headers.find("empty") == "");
  CHECK(headers.contains("empty"));
  headers.take("HTTP/1.1 200 OK\r\n");
  CHECK_FALSE(headers.contains("x"));
  CHECK_FALSE(Headers().contains(""));
}
