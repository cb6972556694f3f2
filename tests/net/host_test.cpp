#include "net/host.hpp"

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

TEST_CASE("requests to a host that objects begin further apart", "[host]") {
  Pace pace;
  NetClock::time_point now = NetClock::time_point{} + 1h;
  pace.started(now);
  CHECK(pace.next() == now);
  pace.throttled(now - 20ms, now);
  CHECK(pace.next() == now + 5ms);
  // Those that were under way then say nothing new, whenever they come.
  pace.throttled(now - 10ms, now + 2s);
  CHECK(pace.next() == now + 5ms);
  for (int i = 0; i < 20; ++i) {
    now += 2s;
    pace.throttled(now - 20ms, now);
  }
  pace.started(now);
  CHECK(pace.next() == now + 1s);
  for (int i = 0; i < 120; ++i) pace.answered();
  now += 1s;
  pace.started(now);
  CHECK(pace.next() == now);
}

TEST_CASE("what a host asks to wait is waited", "[host]") {
  Pace pace;
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  pace.hold(now + 2s);
  pace.hold(now + 1s);
  pace.throttled(now, now);
  CHECK(pace.next() == now + 2s);
  // Also where one was sent, to find out whether the host is back.
  pace.started(now + 1s);
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
