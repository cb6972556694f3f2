#include "net/schedule.hpp"

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace std::chrono_literals;

namespace {

using What = Schedule::Next::What;

JobPtr job_of(Host& host) {
  auto job = std::make_shared<Job>();
  job->host = &host;
  return job;
}

}  // namespace

TEST_CASE("hosts take turns", "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host a("a", {}, 64);
  Host b("b", {}, 64);
  Schedule schedule;
  for (int i = 0; i < 4; ++i) schedule.add(job_of(a));
  for (int i = 0; i < 2; ++i) schedule.add(job_of(b));
  std::string order;
  while (const auto next = schedule.next(now)) {
    CHECK(next->what == What::ask);
    order += next->host->stats.host;
  }
  CHECK(order == "ababaa");
  CHECK(schedule.wakes_at() == NetClock::time_point::max());
}

TEST_CASE("a host with enough under way waits until something ends",
          "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {}, 1);
  Schedule schedule;
  for (int i = 0; i < 2; ++i) schedule.add(job_of(host));
  REQUIRE(schedule.next(now));
  ++host.active;
  CHECK_FALSE(schedule.next(now));
  --host.active;
  CHECK_FALSE(schedule.next(now));  // nobody has said so
  schedule.wake(host);
  CHECK(schedule.next(now));
}

TEST_CASE("a job that is put off comes in time, and before those never asked",
          "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {}, 64);
  Schedule schedule;
  const JobPtr again = job_of(host);
  schedule.add_later(again, now + 10ms);
  CHECK_FALSE(schedule.next(now));
  CHECK(schedule.wakes_at() == now + 10ms);
  schedule.add(job_of(host));
  CHECK(schedule.next(now + 10ms)->job == again);
  CHECK(schedule.next(now + 10ms)->job != nullptr);
  CHECK_FALSE(schedule.next(now + 10ms));
}

TEST_CASE("nothing begins before a host wants it", "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {}, 64);
  host.pace.hold(now + 1s);
  Schedule schedule;
  for (int i = 0; i < 3; ++i) schedule.add(job_of(host));
  CHECK_FALSE(schedule.next(now));
  CHECK(schedule.wakes_at() == now + 1s);
  CHECK_FALSE(schedule.next(now + 999ms));
  CHECK(schedule.next(now + 1s));
}

TEST_CASE("one finds out whether a host is back; then all go or none does",
          "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {.outage = 60.0}, 64);
  host.breaker.answered();
  for (int i = 0; i < 8; ++i) host.breaker.failed(now);
  Schedule schedule;
  for (int i = 0; i < 3; ++i) schedule.add(job_of(host));
  CHECK_FALSE(schedule.next(now));
  CHECK(schedule.wakes_at() == now + 250ms);
  const auto first = schedule.next(now + 250ms);
  REQUIRE(first);
  ++host.active;
  CHECK_FALSE(schedule.next(now + 30s));
  --host.active;

  SECTION("it is") {
    host.breaker.answered();
    schedule.wake(host);
    CHECK(schedule.next(now + 30s)->what == What::ask);
    CHECK(schedule.next(now + 30s)->what == What::ask);
  }
  SECTION("it is not, for long") {
    host.breaker.failed(now + 59s);
    // Others go first: it may be this one's fault.
    schedule.add_later(first->job, now + 59s);
    const auto next = schedule.next(now + 59s + 500ms);
    REQUIRE(next);
    CHECK(next->job != first->job);
    host.breaker.failed(now + 61s);
    schedule.wake(host);
    CHECK(schedule.next(now + 61s)->what == What::give_up);
  }
}

TEST_CASE("a second request goes before a first one, if it still matters",
          "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {}, 64);
  for (int i = 0; i < 40; ++i) host.hedges.earn();
  Schedule schedule;
  Attempt* const some = reinterpret_cast<Attempt*>(&host);
  const JobPtr slow = job_of(host);
  const JobPtr ended = job_of(host);
  const JobPtr twice = job_of(host);
  slow->attempts = {some, nullptr};
  twice->attempts = {some, some};
  schedule.add(job_of(host));
  for (const JobPtr& job : {ended, twice, slow}) schedule.add_slow(job);
  const auto next = schedule.next(now);
  REQUIRE(next);
  CHECK(next->what == What::hedge);
  CHECK(next->job == slow);
  CHECK(schedule.next(now)->what == What::ask);

  SECTION("not after the host has objected") {
    host.no_hedge_before = now + 5s;
    schedule.add_slow(slow);
    CHECK_FALSE(schedule.next(now));
    CHECK_FALSE(slow->slow);
  }
}

TEST_CASE("all that waits can be taken out", "[schedule]") {
  const NetClock::time_point now = NetClock::time_point{} + 1h;
  Host host("a", {}, 64);
  host.pace.hold(now + 1s);
  Schedule schedule;
  schedule.add(job_of(host));
  schedule.add_later(job_of(host), now + 1s);
  CHECK_FALSE(schedule.next(now));  // has made a timer without a job
  CHECK(schedule.clear({&host}).size() == 2);
  CHECK_FALSE(schedule.next(now + 2s));
}
