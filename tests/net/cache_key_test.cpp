#include "net/cache_key.hpp"

#include <set>

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

std::string key(const char* url) {
  return cache_key({.url = parse_url(url).value()});
}

std::string s3_key(const std::string& text) {
  return cache_key(
      {.url = {.text = "s3://b/" + text, .scheme = "https", .host = "s3://b"}});
}

}  // namespace

TEST_CASE("passwords of users and signatures make no difference",
          "[cache_key]") {
  CHECK(key("http://me:old@h/a?x=1") == key("http://me:new@h/a?x=1"));
  CHECK(key("https://b/k?X-Amz-Date=1&X-Amz-Signature=a&X-Amz-Expires=9&"
            "X-Amz-Security-Token=t&versionId=3") ==
        key("https://b/k?versionId=3&X-Amz-Signature=b&x-amz-date=2"));
  CHECK(key("https://h/k?sig=a") == key("https://h/k?SIG=b"));
  CHECK(key("https://h/k?sig=a&x=1") == key("https://h/k?x=1"));
  CHECK(key("https://h/k?") != "");
}

TEST_CASE("what names an object makes a difference, be it secret or not",
          "[cache_key]") {
  const std::set<std::string> keys = {key("http://h/a"),
                                      key("https://h/a"),
                                      key("http://h:8080/a"),
                                      key("http://g/a"),
                                      key("http://me:x@h/a"),
                                      key("http://you:x@h/a"),
                                      key("http://h/a?key=1"),
                                      key("http://h/a?key=2"),
                                      key("http://h/a?token=1"),
                                      key("http://h/a?token=2"),
                                      key("http://h/a?x=1&y=2"),
                                      key("http://h/a?x=1"),
                                      key("http://h/a?api_key=1"),
                                      key("http://h/a?api_key=2"),
                                      key("http://h/a?access_token=1"),
                                      key("http://h/a?access_token=2"),
                                      key("http://h/a?password=1"),
                                      key("http://h/a?password=2"),
                                      key("http://h/a?signal=1"),
                                      key("http://h/a?x-amz-meta=1"),
                                      s3_key("a?sig=1"),
                                      s3_key("a?sig=2")};
  CHECK(keys.size() == 22);
}

TEST_CASE("parts, pages and listings of one URL are kept apart",
          "[cache_key]") {
  const Request whole{.url = parse_url("ftp://h/a/").value()};
  Request part = whole;
  part.range = ByteRange{0, 10};
  Request other_part = whole;
  other_part.range = ByteRange{0, 11};
  Request page = whole;
  page.subject = "2";
  Request list = whole;
  list.list = "MLSD";
  const std::set<std::string> keys = {cache_key(whole), cache_key(part),
                                      cache_key(other_part), cache_key(page),
                                      cache_key(list)};
  CHECK(keys.size() == 5);
  CHECK(cache_key(whole) == cache_key(Request(whole)));
  CHECK(cache_key(whole).size() == 32);
}
