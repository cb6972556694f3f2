#include "core/meter.hpp"

#include <chrono>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace quarry::detail {
namespace {

using Clock = std::chrono::steady_clock;

TEST_CASE("a hook that is told often hears it rarely, and never twice at once",
          "[meter]") {
  std::vector<Clock::time_point> calls;
  std::atomic<int> inside = 0;
  bool overlap = false;
  const ProgressHook hook = [&](const Progress&) {
    if (++inside > 1) overlap = true;
    calls.push_back(Clock::now());
    --inside;
    return Flow::go_on;
  };
  Meter meter(hook, "score", 1000);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        const auto end = Clock::now() + std::chrono::milliseconds(350);
        while (Clock::now() < end) meter.update(1, 0);
      });
    }
  }
  REQUIRE_FALSE(overlap);
  REQUIRE(calls.size() >= 1);
  REQUIRE(calls.size() <= 4);
  // Between the meter's look at the clock and the hook's a thread may be
  // delayed, so two calls can seem nearer than they were meant to be; the
  // number of calls above cannot.
  for (std::size_t i = 1; i < calls.size(); ++i) {
    REQUIRE(calls[i] > calls[i - 1]);
  }
}

TEST_CASE("the end of a stage is told once, whatever was told before") {
  std::vector<Progress> told;
  const ProgressHook hook = [&](const Progress& progress) {
    told.push_back(progress);
    return Flow::go_on;
  };
  Meter meter(hook, "score", 8);
  meter.update(3, 0);  // too early
  REQUIRE(told.empty());
  meter.finish(8, 2);
  meter.finish(8, 2);
  REQUIRE(told.size() == 1);
  REQUIRE(told[0].stage == "score");
  REQUIRE(told[0].done == 8);
  REQUIRE(told[0].total == 8);
  REQUIRE(told[0].failed == 2);
  REQUIRE(told[0].seconds >= 0.0);

  Meter nothing(hook, "select", 0);
  nothing.finish(0, 0);
  REQUIRE(told.size() == 2);
}

TEST_CASE("who once asked to stop has asked to stop") {
  int calls = 0;
  const ProgressHook hook = [&](const Progress&) {
    return ++calls == 1 ? Flow::stop : Flow::go_on;
  };
  Meter meter(hook, "score", 8);
  REQUIRE(meter.update(1, 0) == Flow::go_on);
  REQUIRE(meter.finish(2, 0) == Flow::stop);
  REQUIRE(meter.finish(3, 0) == Flow::stop);
  REQUIRE(meter.update(4, 0) == Flow::stop);
}

TEST_CASE("no hook is needed") {
  const ProgressHook none;
  Meter meter(none, "score", 1);
  REQUIRE(meter.finish(1, 0) == Flow::go_on);
}

}  // namespace
}  // namespace quarry::detail
