// A simulated host is asked for as many at once as its limit allows.
#include "net/in_flight_limit.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <map>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry::detail;
using namespace std::chrono_literals;

namespace {

/// What becomes of a request, in seconds since it began.
struct Times {
  double first_byte = 0.0;
  double whole = 0.0;
};

class Simulation {
 public:
  /// Of the request `i`, which begins `now`, with so many under way.
  using Serve = std::function<Times(int i, double now, std::size_t together)>;

  std::size_t asked = std::numeric_limits<std::size_t>::max();  // at once
  std::size_t heap = 1;  // answers that are looked at together
  InFlightLimit limit{64};
  std::size_t highest = 0;  // limit

  NetClock::time_point now() const { return at(now_); }

  void run(int answers, const Serve& serve) {
    for (int left = answers; left > 0;) {
      while (under_way_.size() < std::min(limit.value(), asked)) {
        together_ = under_way_.size() + 1;
        const Times times = serve(begun_++, now_, together_);
        under_way_.emplace(now_ + times.whole, Sent{now_, times});
      }
      const std::size_t come = std::min(heap, under_way_.size());
      now_ =
          std::max(now_, std::next(under_way_.begin(), long(come) - 1)->first);
      for (std::size_t i = 0; i < come; ++i, --left) {
        const auto [began, times] = under_way_.begin()->second;
        under_way_.erase(under_way_.begin());
        limit.answered({.began = at(began),
                        .first_byte = at(began + times.first_byte),
                        .ended = now(),
                        .under_way = together_});
        highest = std::max(highest, limit.value());
      }
    }
  }

 private:
  struct Sent {
    double began;
    Times times;
  };

  static NetClock::time_point at(double seconds) {
    return NetClock::time_point{} +
           ticks(std::chrono::duration<double>(seconds));
  }

  double now_ = 3600.0;
  int begun_ = 0;
  std::size_t together_ = 0;
  std::multimap<double, Sent> under_way_;  // by their end
};

/// Each takes so long, however many there are.
Simulation::Serve always(double seconds) {
  return [=](int, double, std::size_t) {
    return Times{seconds, seconds};
  };
}

/// One after the other, `rate` of them a second, none sooner than `least`.
Simulation::Serve in_turn(double rate, double least) {
  return [=, free = 0.0](int, double now, std::size_t) mutable {
    free = std::max(now + least, free + 1.0 / rate);
    return Times{free - now, free - now};
  };
}

}  // namespace

TEST_CASE("a host gets more while it gives more, and half when it objects",
          "[host]") {
  Simulation host;
  host.run(4'000, always(0.02));
  REQUIRE(host.limit.value() == 64);

  const auto now = host.now();
  host.limit.throttled(now - 1s, now, 64);
  CHECK(host.limit.value() == 32);
  // What was under way then says nothing new, whenever it comes.
  host.limit.throttled(now - 1ms, now + 1min, 64);
  CHECK(host.limit.value() == 32);
  // It gets no more for a while, and then does.
  host.run(5 * 64, always(0.02));
  CHECK(host.limit.value() == 32);
  host.run(1'000, always(0.02));
  CHECK(host.limit.value() == 64);

  for (int i = 0; i < 20; ++i) {
    host.run(1, always(0.02));
    host.limit.throttled(host.now(), host.now(), 64);
  }
  CHECK(host.limit.value() == 1);
  host.run(200, always(0.02));
  CHECK(host.limit.value() > 4);
}

TEST_CASE("half of what was under way when a host objects is less than before",
          "[host]") {
  Simulation host;
  host.run(4'000, always(0.02));
  REQUIRE(host.limit.value() == 64);
  host.limit.throttled(host.now(), host.now(), 8);
  CHECK(host.limit.value() == 4);
}

TEST_CASE("a host that is as fast with few gets no more", "[host]") {
  for (const double rate : {1e2, 1e3, 1e4}) {
    CAPTURE(rate);
    Simulation host;
    const std::size_t first = host.limit.value();
    int above = 0;
    const auto serve = in_turn(rate, 1e-3);
    for (int i = 0; i < 20'000; ++i) {
      host.run(1, serve);
      above += host.limit.value() > first ? 1 : 0;
    }
    CHECK(host.highest == first + first / 2);
    CHECK(above < 20'000 / 4);  // it is tried now and then
  }
}

TEST_CASE(
    "a host whose line is full gets no more, large and small objects mixed",
    "[host]") {
  // Half of them take the time of their way, the others share the line.
  Simulation host;
  const std::size_t first = host.limit.value();
  host.run(20'000, [](int i, double, std::size_t together) {
    const double whole = i % 2 == 0 ? 0.04 : 0.4 * double(together);
    return Times{0.04, whole};
  });
  CHECK(host.highest <= first + first / 2);
}

TEST_CASE("a host that is asked for few gets no more, whatever the noise",
          "[host]") {
  Simulation host;
  host.asked = 8;
  quarry::RandomStream random(1);
  const std::size_t first = host.limit.value();
  host.run(50'000, [&](int, double, std::size_t) {
    const double whole = 0.02 * (0.2 + random.uniform());
    return Times{whole, whole};
  });
  CHECK(host.highest == first);
}

TEST_CASE("what is tried ends when it is not used", "[host]") {
  Simulation host;
  const std::size_t first = host.limit.value();
  host.run(100, always(0.02));
  REQUIRE(host.limit.value() > first);
  host.asked = 8;
  host.run(1'000, always(0.02));
  CHECK(host.limit.value() == first);
}

TEST_CASE("answers that come in heaps hold no host back", "[host]") {
  for (const std::size_t heap : {1, 8, 20}) {
    int all = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Simulation host;
      host.heap = heap;
      quarry::RandomStream random(seed);
      host.run(3'000, [&](int, double, std::size_t) {
        const double whole = 0.006 + 0.004 * random.uniform();
        return Times{whole, whole};
      });
      all += host.limit.value() == 64 ? 1 : 0;
    }
    CAPTURE(heap);
    CHECK(all == 20);
  }
}

TEST_CASE("single answers that take long decide nothing", "[host]") {
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    quarry::RandomStream random(seed);
    const auto with_some = [&](const Simulation::Serve& serve) {
      return [&random, serve](int i, double now, std::size_t together) {
        Times times = serve(i, now, together);
        if (random.uniform() < 0.005) times.whole += 1.0;
        return times;
      };
    };
    Simulation fast;
    fast.run(2'000, with_some(always(0.02)));
    CHECK(fast.limit.value() == 64);
    Simulation slow;
    slow.run(5'000, with_some(in_turn(1'000.0, 1e-3)));
    kept += slow.highest == 36 ? 1 : 0;
  }
  CHECK(kept >= 18);
}

TEST_CASE("opening connections is no part of what a host takes", "[host]") {
  // 1,200 answers a second, after 60 ms for the connection that is new.
  Simulation host;
  std::size_t opened = 0;
  const auto serve = in_turn(1'200.0, 1e-3);
  host.run(5'000, [&](int i, double now, std::size_t together) {
    Times times = serve(i, now, together);
    if (together <= opened) return times;
    opened = together;
    return Times{times.first_byte + 0.06, times.whole + 0.06};
  });
  CHECK(host.highest <= 36);
}

TEST_CASE("a host that is asked for more than it had keeps what it gets",
          "[host]") {
  for (const std::size_t asked : {32, 48, 60}) {
    CAPTURE(asked);
    Simulation host;
    host.asked = asked;
    host.run(2'000, always(0.02));
    for (int i = 0; i < 50; ++i) {
      host.run(100, always(0.02));
      REQUIRE(host.limit.value() >= asked);
    }
  }
}

TEST_CASE("a host in whose queue requests wait gets half", "[host]") {
  Simulation host;
  host.run(5'000, always(0.02));
  REQUIRE(host.limit.value() == 64);
  SECTION("while it gives no more answers") {
    // 64 requests then wait for 0.64 s each.
    const auto slow = in_turn(100.0, 0.02);
    host.run(3 * 128, slow);
    CHECK(host.limit.value() == 32);
    // That is its speed now: it gets no less for it.
    for (int i = 0; i < 20; ++i) {
      host.run(64, slow);
      CHECK(host.limit.value() >= 32);
      CHECK(host.limit.value() <= 48);
    }
    host.run(5'000, always(0.02));
    CHECK(host.limit.value() == 64);
  }
  SECTION("also when it gave fewer while it was asked for one at a time") {
    host.limit.throttled(host.now(), host.now(), 1);
    host.run(20, always(0.019));
    host.run(5'000, always(0.02));
    const std::size_t most = host.limit.value();
    REQUIRE(most >= 60);  // so near to the most that more brings no 5 %
    host.run(3 * 128, in_turn(100.0, 0.02));
    CHECK(host.limit.value() == most / 2);
  }
  SECTION("not while it is asked for few") {
    host.asked = 4;
    host.run(1'000, always(0.2));
    CHECK(host.limit.value() == 64);
  }
  SECTION("not for what nobody notices") {
    host.run(3 * 128, in_turn(1'000.0, 0.02));
    CHECK(host.limit.value() == 64);
  }
  SECTION("not for answers that took long, one in ten") {
    host.run(4'000, [](int i, double, std::size_t) {
      const double whole = i % 10 == 0 ? 30.0 : 0.02;
      return Times{whole, whole};
    });
    CHECK(host.limit.value() == 64);
  }
  SECTION("not where some need longer than others") {
    // What a cache has, and what it has not.
    quarry::RandomStream random(1);
    for (int i = 0; i < 200; ++i) {
      host.run(100, [&](int, double, std::size_t) {
        const double whole = random.uniform() < 0.5 ? 0.03 : 0.15;
        return Times{whole, whole};
      });
      REQUIRE(host.limit.value() == 64);
    }
  }
}

TEST_CASE("first bytes that come later with more answers are no queue",
          "[host]") {
  Simulation host;
  host.run(5'000, [](int, double, std::size_t) { return Times{0.02, 2.0}; });
  REQUIRE(host.limit.value() == 64);
  for (int i = 0; i < 50; ++i) {
    host.run(100, always(0.3));
    REQUIRE(host.limit.value() == 64);
  }
}
