#include "net/host.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry::detail;
using namespace std::chrono_literals;

TEST_CASE("quantiles of a latency are within 5 %", "[host]") {
  Latency latency;
  CHECK(latency.quantile(0.5) == 0.0);
  for (int i = 1; i <= 1000; ++i) latency.add(i * 1e-3);
  CHECK(latency.count() == 1000);
  CHECK(latency.quantile(0.5) == Approx(0.5).epsilon(0.05));
  CHECK(latency.quantile(0.99) == Approx(0.99).epsilon(0.05));
  latency.add(0.0);
  latency.add(1e9);
  CHECK(latency.quantile(1.0) > 500.0);
}

namespace {

/// A host that answers one request after the other, none sooner than `least`
/// seconds after it came, and at most `rate` of them a second; it is asked for
/// as many at once as it may get, or for `asked`.
struct Server {
  InFlightLimit& limit;
  std::size_t asked = 1000;
  NetClock::time_point now = NetClock::time_point{} + 1h;
  NetClock::time_point free = now;
  std::deque<NetClock::time_point> under_way = {};
  std::size_t highest = 0;  // limit

  /// `answers` come, each `late(i)` seconds after it is there.
  template <class Late>
  void serve(int answers, double rate, double least, const Late& late) {
    const auto in = [](double seconds) {
      return ticks(std::chrono::duration<double>(seconds));
    };
    for (int i = 0; i < answers; ++i) {
      while (under_way.size() < std::min(limit.value(), asked)) {
        under_way.push_back(now);
      }
      const auto began = under_way.front();
      free = std::max(began + in(least), free + in(1.0 / rate));
      now = std::max(now, free + in(late(i)));
      const std::chrono::duration<double> wait = now - began;
      const std::size_t together = under_way.size();
      under_way.pop_front();
      limit.answered({began, now, wait.count(), together});
      highest = std::max(highest, limit.value());
    }
  }
  void serve(int answers, double rate, double least) {
    serve(answers, rate, least, [](int) { return 0.0; });
  }
};

}  // namespace

TEST_CASE("a host gets more while it gives more, and half when it objects",
          "[host]") {
  InFlightLimit limit(64);
  Server server{limit};
  // Twice as many requests give twice as many answers.
  server.serve(4'000, 1e9, 0.02);
  CHECK(limit.value() == 64);

  limit.throttled(server.now);
  CHECK(limit.value() == 32);
  limit.throttled(server.now + 1ms);  // the same burst
  CHECK(limit.value() == 32);
  for (int i = 0; i < 20; ++i) limit.throttled(server.now += 300ms);
  CHECK(limit.value() == 1);
  server.serve(100, 1e9, 0.02);
  CHECK(limit.value() > 4);
}

TEST_CASE("a host that is as fast with few gets no more", "[host]") {
  for (const double rate : {1e2, 1e3, 1e4}) {
    CAPTURE(rate);
    InFlightLimit limit(64);
    const std::size_t first = limit.value();
    Server server{limit};
    server.serve(20'000, rate, 1e-3);
    CHECK(limit.value() <= first);
    CHECK(server.highest <= first + first / 2);
  }
}

TEST_CASE("a host that is asked for few gets no more", "[host]") {
  InFlightLimit limit(64);
  const std::size_t first = limit.value();
  Server server{.limit = limit, .asked = 8};
  server.serve(20'000, 1e9, 0.02);
  CHECK(server.highest <= first + first / 2);
}

TEST_CASE("answers that come in heaps hold no host back", "[host]") {
  int whole = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    InFlightLimit limit(64);
    quarry::RandomStream random(seed);
    Server server{limit};
    double late = 0.0;
    // Each after a while of its own, when this machine is at it.
    server.serve(3'000, 1e9, 0.006, [&](int i) {
      if (i % 20 == 0) late = 0.004 * random.uniform();
      return late;
    });
    whole += limit.value() == 64 ? 1 : 0;
  }
  CHECK(whole >= 18);
}

TEST_CASE("a host in whose queue requests wait gets half", "[host]") {
  InFlightLimit limit(64);
  NetClock::time_point now = NetClock::time_point{} + 1h;
  // Until it has settled: no more than `rate` answers a second, and never
  // sooner than after `least` seconds.
  const auto serve = [&](int answers, double rate, double least) {
    for (int i = 0; i < answers; ++i) {
      const std::size_t together = limit.value();
      const double wait = std::max(least, static_cast<double>(together) / rate);
      const auto began =
          std::exchange(now, now + ticks(std::chrono::duration<double>(wait)));
      limit.answered({began, now, wait, together});
    }
  };
  serve(5'000, 1e9, 0.02);
  REQUIRE(limit.value() == 64);
  SECTION("while it gives no more answers") {
    // 64 requests then wait for 0.64 s each.
    serve(3 * 129, 100.0, 0.02);
    CHECK(limit.value() == 32);
    // That is its speed now: it gets no less for it, and more when it helps.
    serve(4 * 65, 100.0, 0.02);
    CHECK(limit.value() == 32);
    serve(5'000, 1e9, 0.02);
    CHECK(limit.value() == 64);
  }
  SECTION("not for what nobody notices") {
    serve(3 * 129, 1'000.0, 0.02);
    CHECK(limit.value() == 64);
  }
  SECTION("not for one answer that took long") {
    for (int i = 0; i < 40; ++i) {
      const auto began = std::exchange(now, now + 30s);
      limit.answered({began, now, 30.0, limit.value()});
      serve(9, 1e9, 0.02);
    }
    CHECK(limit.value() == 64);
  }
}

TEST_CASE("requests to a host that objects begin further apart", "[host]") {
  Pace pace;
  NetClock::time_point now = NetClock::time_point{} + 1h;
  pace.started(now);
  CHECK(pace.next() == now);
  pace.throttled(now);
  CHECK(pace.next() == now + 5ms);
  pace.throttled(now);  // of the same burst
  CHECK(pace.next() == now + 5ms);
  for (int i = 0; i < 20; ++i) pace.throttled(now += 2s);
  pace.started(now);
  CHECK(pace.next() == now + 1s);
  for (int i = 0; i < 120; ++i) pace.answered();
  pace.started(now);
  CHECK(pace.next() == now);
}

TEST_CASE("what a host asks to wait is waited", "[host]") {
  Pace pace;
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  pace.hold(now + 2s);
  pace.hold(now + 1s);
  pace.throttled(now);
  CHECK(pace.next() == now + 2s);
}

TEST_CASE("a host that is away is asked by one at a time, ever less often",
          "[host]") {
  CircuitBreaker breaker(60.0);
  NetClock::time_point now{};
  for (int i = 0; i < 7; ++i) breaker.failed(now);
  CHECK_FALSE(breaker.open());
  breaker.answered();
  for (int i = 0; i < 8; ++i) breaker.failed(now);
  REQUIRE(breaker.open());
  CHECK(breaker.next_try() == now + 250ms);
  // What was under way when it went is no further try.
  for (int i = 0; i < 20; ++i) breaker.failed(now);
  CHECK(breaker.next_try() == now + 250ms);
  for (const auto interval : {500ms, 1000ms, 2000ms}) {
    breaker.trying(now);
    breaker.failed(now);
    CHECK(breaker.next_try() == now + interval);
  }
  for (int i = 0; i < 20; ++i) {
    breaker.trying(now);
    breaker.failed(now);
  }
  CHECK(breaker.next_try() == now + 10s);

  CHECK_FALSE(breaker.given_up(now + 59s));
  CHECK(breaker.given_up(now + 61s));
  CHECK(breaker.away(now + 6s) == 6);
  now += 61s;
  breaker.trying(now);
  breaker.failed(now);
  CHECK(breaker.next_try() == now + 10s);
  breaker.gave_up(now);
  CHECK(breaker.next_try() == now + 1s);
  breaker.gave_up(now + 900ms);  // by whom came meanwhile
  CHECK(breaker.next_try() == now + 1s);
  breaker.answered();
  CHECK_FALSE(breaker.open());
  CHECK_FALSE(breaker.given_up(now + 61s));
}

TEST_CASE("a host that never answered is given up soon", "[host]") {
  CircuitBreaker breaker(60.0);
  const NetClock::time_point now{};
  for (int i = 0; i < 8; ++i) breaker.failed(now);
  CHECK_FALSE(breaker.given_up(now + 4s));
  CHECK(breaker.given_up(now + 5s));
}

TEST_CASE("second requests are one in twenty, and few at once", "[host]") {
  HedgeBudget budget;
  CHECK_FALSE(budget.can_spend());
  for (int i = 0; i < 20; ++i) budget.earn();
  REQUIRE(budget.can_spend());
  budget.spend();
  CHECK_FALSE(budget.can_spend());
  for (int i = 0; i < 10'000; ++i) budget.earn();
  int spent = 0;
  for (; budget.can_spend(); ++spent) budget.spend();
  CHECK(spent == 8);
}

TEST_CASE("how long a host may take is known from 50 answers on", "[host]") {
  Host host("h", {}, 64);
  for (int i = 0; i < 49; ++i) host.first_byte.add(0.1);
  CHECK_FALSE(host.patience());
  host.first_byte.add(0.1);
  REQUIRE(host.patience());
  CHECK(std::chrono::duration<double>(*host.patience()).count() ==
        Approx(0.1).epsilon(0.06));
  for (int i = 0; i < 1000; ++i) host.first_byte.add(0.001);
  CHECK(*host.patience() == 20ms);  // never less
}
