#include "quarry/strategy/select_context.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

TEST_CASE("A context knows how much memory there is", "[select_context]") {
  SelectContext context;
  CHECK_NOTHROW(context.expect_memory("x", SIZE_MAX));
  context.memory_limit = 100;
  CHECK_NOTHROW(context.expect_memory("x", 100));
  CHECK(test::error_id([&] { context.expect_memory("x", 101); }) ==
        "strategy.memory");
  context.memory_limit = std::size_t{3} << 20;
  CHECK(test::error_message([&] {
          context.expect_memory("badge", std::size_t{5} << 20);
        }) == "badge needs 5 MiB of working memory; the limit is 3 MiB");
}

TEST_CASE("A ticker calls the hook one at a time, rarely, and at the end",
          "[select_context]") {
  std::atomic<int> inside = 0;
  std::atomic<int> calls = 0;
  bool overlapped = false;
  std::size_t last = 0;
  SelectContext context;
  context.progress = [&](const Progress& progress) {
    if (++inside > 1) overlapped = true;
    ++calls;
    last = progress.done;
    --inside;
    return Flow::go_on;
  };
  const auto start = std::chrono::steady_clock::now();
  detail::Ticker ticker(context, 4000);
  detail::parallel_blocks(4000, 1, 4, [&](std::size_t first, std::size_t) {
    CHECK_FALSE(ticker.stop(first));
  });
  ticker.finish(4000);
  CHECK_FALSE(overlapped);
  CHECK(last == 4000);
  CHECK(calls >= 2);
  // The first, the last, and ten a second between them.
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  CHECK(calls <= 2 + static_cast<int>(10 * seconds.count()));
}

TEST_CASE("A ticker without a hook works", "[select_context]") {
  SelectContext context;
  context.progress = nullptr;
  detail::Ticker ticker(context, 1);
  CHECK_FALSE(ticker.stop(0));
  ticker.finish(1);
}

TEST_CASE("A ticker that was stopped stays stopped", "[select_context]") {
  SelectContext context;
  context.progress = [](const Progress&) {
    return Flow::stop;
  };
  detail::Ticker ticker(context, 1);
  CHECK(ticker.stop(0));
  CHECK(ticker.stop(0));
}

TEST_CASE("Blocks cover the range once, cut alike for any threads",
          "[select_context]") {
  for (const std::size_t threads : {0, 1, 3}) {
    for (const std::size_t count : {0, 1, 9, 10, 11, 100}) {
      std::vector<std::atomic<int>> seen(count);
      std::atomic<bool> aligned = true;
      detail::parallel_blocks(count, 10, threads,
                              [&](std::size_t first, std::size_t last) {
                                if (first % 10 != 0 || last > first + 10)
                                  aligned = false;
                                for (std::size_t i = first; i < last; ++i)
                                  ++seen[i];
                              });
      CHECK(aligned);
      for (const auto& times : seen) CHECK(times == 1);
    }
  }
}
