#include "net/request.hpp"

#include <ctime>

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

Response answer(long status, Headers headers = {}) {
  return {.status = status, .body = {}, .headers = std::move(headers)};
}

}  // namespace

TEST_CASE("a status says whether to ask again", "[request]") {
  using What = Verdict::What;
  const auto what = [](long status) {
    return judge_http(answer(status), "u").what;
  };
  CHECK(what(200) == What::take);
  for (const long status : {408L, 429L, 500L, 502L, 503L, 504L}) {
    CHECK(what(status) == What::retry);
  }
  for (const long status :
       {0L, 204L, 206L, 301L, 304L, 400L, 401L, 403L, 404L, 410L, 501L}) {
    CHECK(what(status) == What::fail);
  }
  CHECK(judge_http(answer(503), "u").throttled);
  CHECK(judge_http(answer(429), "u").throttled);
  CHECK_FALSE(judge_http(answer(500), "u").throttled);
  CHECK(judge_http(answer(404), "u").failure->id == "net.not_found");
  CHECK(judge_http(answer(403), "u").failure->id == "net.forbidden");
  CHECK(judge_http(answer(404), "u").failure->blame == Blame::sample);
}

TEST_CASE("that nothing has changed is an answer only to who asked",
          "[request]") {
  Request request{.url = parse_url("http://h/a").value()};
  CHECK(judge(request, answer(304)).what == Verdict::What::fail);
  request.conditions = {"If-None-Match: \"a\""};
  CHECK(judge(request, answer(304)).what == Verdict::What::take);
  request.range = ByteRange{0, 10};
  CHECK(judge(request, answer(304)).what == Verdict::What::take);
}

TEST_CASE("Retry-After is seconds or a date, and never long", "[request]") {
  const auto wait = [](const std::string& text) {
    return retry_after(answer(503, {{"retry-after", text}}));
  };
  CHECK_FALSE(retry_after(answer(503)));
  CHECK(*wait("2") == 2.0);
  CHECK(*wait("100000") == 120.0);
  CHECK_FALSE(wait("soon"));
  CHECK_FALSE(wait("-5"));
  CHECK_FALSE(wait(""));
  CHECK(*wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0);  // long ago
  std::array<char, 64> text{};
  const std::time_t later = std::time(nullptr) + 30;
  std::tm utc{};
  gmtime_r(&later, &utc);
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  CHECK(*wait(text.data()) == Approx(30.0).margin(2.0));
}
