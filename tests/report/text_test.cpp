#include "report/text.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "catch.hpp"

namespace {

using namespace quarry::report;

TEST_CASE("markup and quotes are escaped", "[report]") {
  CHECK(escaped("<a href=\"x\" b='y'>&amp;") ==
        "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  CHECK(escaped("plain, café, 猫, 😀") == "plain, café, 猫, 😀");
}

TEST_CASE("control characters become visible", "[report]") {
  CHECK(escaped("a\nb") ==
        "a\xE2\x90\x8A"
        "b");
  CHECK(escaped(std::string("\0", 1)) == "\xE2\x90\x80");
  CHECK(escaped("\x1B[31m") == "\xE2\x90\x9B[31m");
  CHECK(escaped("\x7F\xC2\x85") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("what is not UTF-8 is replaced, byte by byte", "[report]") {
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(escaped("\xFF") == mark);
  CHECK(escaped("a\xC3") == "a" + mark);
  CHECK(escaped("\xC0\x80") == mark + mark);             // overlong
  CHECK(escaped("\xED\xA0\x80") == mark + mark + mark);  // a surrogate
  CHECK(escaped("\xF4\x90\x80\x80") == mark + mark + mark + mark);
  CHECK(escaped("\xE7\x8C") == mark + mark);
}

TEST_CASE("no text whatsoever leaves markup behind", "[report]") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = static_cast<char>(random());
    const std::string html = escaped(text);
    CHECK(html.find_first_of("<>\"'") == std::string::npos);
    CHECK(html.find('\0') == std::string::npos);
  }
}

TEST_CASE("numbers, times and sizes are written for people", "[report]") {
  CHECK(percent(std::numeric_limits<double>::quiet_NaN(), 2) == "–");
  CHECK(shortest(0.98412345) == "0.9841");
  CHECK(shortest(0.5) == "0.5");
  CHECK(shortest(-std::numeric_limits<double>::infinity()) == "–");
  CHECK(duration(0.4211) == "0.42 s");
  CHECK(duration(4.06) == "4.1 s");
  CHECK(duration(59.96) == "1 min 0 s");
  CHECK(duration(125) == "2 min 5 s");
  CHECK(duration(12000) == "3 h 20 min");
  CHECK(bytes(999) == "999 B");
  CHECK(bytes(1000) == "1.0 kB");
  CHECK(bytes(23'456'789) == "23 MB");
  CHECK(bytes(999'600) == "1.0 MB");
  CHECK(percent(0.125) == "12.5 %");
}

TEST_CASE("data URIs are base64 with padding", "[report]") {
  // RFC 4648, section 10.
  CHECK(data_uri("", "text/plain") == "data:text/plain;base64,");
  CHECK(data_uri("f", "a/b") == "data:a/b;base64,Zg==");
  CHECK(data_uri("fo", "a/b") == "data:a/b;base64,Zm8=");
  CHECK(data_uri("foo", "a/b") == "data:a/b;base64,Zm9v");
  CHECK(data_uri("foobar", "a/b") == "data:a/b;base64,Zm9vYmFy");
  CHECK(data_uri("\xFF\xFE\xFD", "a/b") == "data:a/b;base64,//79");
}

}  // namespace
