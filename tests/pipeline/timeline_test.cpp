#include "pipeline/timeline.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

namespace quarry::detail {
namespace {

using namespace std::chrono_literals;
using Clock = Timeline::Clock;

// A clock of the test's own: nothing here waits.
const Clock::time_point origin{1000s};
constexpr Clock::duration width = Timeline::first_width;

std::vector<double> of(const Timeline& timeline, Spent on) {
  std::vector<double> values;
  for (const Timeline::Slot& slot : timeline.slots()) {
    values.push_back(slot[static_cast<std::size_t>(on)]);
  }
  return values;
}

TEST_CASE("a span is shared out among the slots that it meets") {
  Timeline timeline(origin);
  timeline.add(Spent::busy, origin + 30us, origin + 350us);
  timeline.add(Spent::queued, origin + 100us, origin + 200us, 7);
  REQUIRE(timeline.width() == 100us);
  REQUIRE(of(timeline, Spent::busy) ==
          std::vector<double>{70'000, 100'000, 100'000, 50'000});
  REQUIRE(of(timeline, Spent::queued) == std::vector<double>{0, 700'000, 0, 0});
  REQUIRE(of(timeline, Spent::blocked) == std::vector<double>(4, 0.0));
  REQUIRE(timeline.seconds(Spent::busy) == Approx(320e-6));
  REQUIRE(timeline.seconds(Spent::queued) == Approx(700e-6));
}

TEST_CASE("what lies before the origin, or nowhere, is left out") {
  Timeline timeline(origin);
  timeline.add(Spent::busy, origin - 5s, origin - 1s);
  timeline.add(Spent::busy, origin + 2us, origin + 2us);
  timeline.add(Spent::busy, origin + 9us, origin + 2us);
  timeline.add(Spent::busy, origin, origin + 1s, 0.0);
  REQUIRE(timeline.slots().empty());
  REQUIRE(timeline.width() == width);
  timeline.add(Spent::busy, origin - 5s, origin + 40us);
  REQUIRE(of(timeline, Spent::busy) == std::vector<double>{40'000});
}

TEST_CASE("a span beyond the last slot makes the slots twice as wide") {
  Timeline timeline(origin);
  const auto last = width * Timeline::max_slots;
  timeline.add(Spent::busy, origin, origin + last);
  REQUIRE(timeline.slots().size() == 256);
  REQUIRE(timeline.width() == width);
  timeline.add(Spent::blocked, origin + last, origin + last + 1ns);
  REQUIRE(timeline.width() == 2 * width);
  REQUIRE(timeline.slots().size() == 129);
  std::vector<double> busy(128, 200'000.0);
  busy.push_back(0.0);
  REQUIRE(of(timeline, Spent::busy) == busy);
  REQUIRE(of(timeline, Spent::blocked).back() == 1.0);
  // A day.
  timeline.add(Spent::starved, origin + 24h - 1s, origin + 24h);
  REQUIRE(timeline.slots().size() <= 256);
  REQUIRE(timeline.slots().size() > 128);
  REQUIRE(timeline.seconds(Spent::starved) == Approx(1.0));
  REQUIRE(timeline.seconds(Spent::busy) == Approx(256e-4));
}

/// The same sums in nanoseconds, a nanosecond at a time.
struct Plain {
  std::vector<double> busy = std::vector<double>(1 << 20, 0.0);
  void add(long begin, long end, double weight) {
    for (long t = begin; t < end; ++t)
      busy[static_cast<std::size_t>(t)] += weight;
  }
  std::vector<double> in(long slot, std::size_t count) const {
    std::vector<double> sums(count, 0.0);
    for (std::size_t t = 0; t < busy.size(); ++t) {
      if (busy[t] == 0.0) continue;
      sums.at(t / static_cast<std::size_t>(slot)) += busy[t];
    }
    return sums;
  }
};

TEST_CASE("spans in any order, merged, sum up as a plain loop sums them") {
  RandomStream random(Catch::rngSeed());
  CAPTURE(Catch::rngSeed());
  for (int round = 0; round < 5; ++round) {
    // Of different widths, since they end at different times.
    Timeline first(origin);
    Timeline second(origin);
    Plain plain;
    for (int i = 0; i < 40; ++i) {
      const bool to_first = random.below(2) == 0;
      const long reach = to_first ? 1 << 20 : 1 << 13;
      const auto begin = static_cast<long>(random.below(reach));
      const auto end =
          std::min(reach, begin + static_cast<long>(random.below(60'000)));
      const auto weight = static_cast<double>(1 + random.below(9));
      Timeline& timeline = to_first ? first : second;
      timeline.add(Spent::busy, origin + 32 * begin * 1ns,
                   origin + 32 * end * 1ns, weight);
      plain.add(begin, end, 32 * weight);
    }
    if (round % 2 == 0) std::swap(first, second);
    first.merge(second);
    const long slot = first.width().count() / 32;
    const std::vector<double> sums = of(first, Spent::busy);
    const std::vector<double> expected = plain.in(slot, sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      REQUIRE(sums[i] == Approx(expected[i]).margin(1e-6));
    }
  }
}

TEST_CASE("what is taken away leaves no less than nothing") {
  Timeline idle(origin);
  idle.add(Spent::starved, origin, origin + 400us, 2);
  Timeline busy(origin);
  busy.add(Spent::busy, origin + 50us, origin + 150us);
  busy.add(Spent::busy, origin + 200us, origin + 300us, 3);
  busy.add(Spent::busy, origin + 700us, origin + 800us);
  idle.take_away(Spent::starved, busy, Spent::busy);
  REQUIRE(of(idle, Spent::starved) ==
          std::vector<double>{150'000, 150'000, 0, 200'000});
  // Of another width.
  busy.widen(2 * width);
  Timeline again(origin);
  again.add(Spent::starved, origin, origin + 400us, 2);
  again.take_away(Spent::starved, busy, Spent::busy);
  REQUIRE(again.width() == 2 * width);
  REQUIRE(of(again, Spent::starved) == std::vector<double>{300'000, 100'000});
}

TEST_CASE("slots are made as wide as asked for, and never narrower") {
  Timeline timeline(origin);
  timeline.add(Spent::busy, origin, origin + 300us);
  timeline.widen(50us);
  REQUIRE(timeline.width() == 100us);
  timeline.widen(400us);
  REQUIRE(timeline.width() == 400us);
  REQUIRE(of(timeline, Spent::busy) == std::vector<double>{300'000});
  timeline.widen(100us);
  REQUIRE(timeline.width() == 400us);
}

}  // namespace
}  // namespace quarry::detail
