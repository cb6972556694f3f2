#include "data/ordered_reader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "toy_async_source.hpp"

namespace quarry::detail {
namespace {

using namespace std::chrono_literals;

/// A source that counts what is read at once and how far ahead.
struct Counting {
  struct Counts {
    std::atomic<std::size_t> now = 0;
    std::atomic<std::size_t> most = 0;
    std::atomic<std::size_t> read = 0;
  };
  std::size_t count = 200;
  std::size_t bytes = 1;
  std::shared_ptr<Counts> counts = std::make_shared<Counts>();

  std::size_t size() const { return count; }
  Sample sample(std::size_t i) const {
    return {.id = std::to_string(i), .uri = "n:"};
  }
  Result<Bytes> read(std::size_t i) const {
    const std::size_t now = ++counts->now;
    std::size_t most = counts->most;
    while (now > most && !counts->most.compare_exchange_weak(most, now)) {
    }
    // Late ones come first.
    std::this_thread::sleep_for(
        std::chrono::microseconds(i % 3 == 0 ? 900 : 0));
    ++counts->read;
    --counts->now;
    if (i % 10 == 7) return Failure{"file.read", std::to_string(i)};
    return Bytes::take(std::to_string(i) + std::string(bytes, ' '));
  }
};

template <class Source>
std::vector<std::string> read_all(const Source& source,
                                  const OrderedReaderOptions& options) {
  OrderedReader reader(AnySource(source), options);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto bytes = reader.next({});
    REQUIRE(bytes.has_value());
    texts.push_back(bytes->ok() ? std::string((*bytes)->text())
                                : bytes->error().message);
  }
  return texts;
}

TEST_CASE("samples come in their order, however many read them", "[pack]") {
  const Counting source;
  for (const std::size_t reads : {1, 2, 7}) {
    source.counts->most = 0;
    const auto texts = read_all(source, {.reads = reads});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      REQUIRE(texts[i] == std::to_string(i) + (i % 10 == 7 ? "" : " "));
    }
    CHECK(source.counts->most <= reads);
  }
  CHECK(source.counts->most > 1);
}

TEST_CASE("an asynchronous source is asked for many at once", "[pack]") {
  const test::ToyAsyncSource source{.count = 300};
  const auto texts = read_all(source, {.reads = 16});
  REQUIRE(texts.size() == 300);
  for (std::size_t i = 0; i < 300; ++i) {
    REQUIRE(texts[i] == (i % 2 == 1 ? "odd" : "bytes of " + std::to_string(i)));
  }
}

TEST_CASE("bytes that nobody takes stop the reading", "[pack]") {
  const Counting source{.count = 1000, .bytes = 100'000};
  OrderedReader reader(AnySource(source), {.reads = 4, .max_bytes = 500'000});
  REQUIRE(reader.next({}).has_value());
  std::this_thread::sleep_for(100ms);
  // Five that wait, those under way, and the one that was taken.
  CHECK(source.counts->read <= 10);
  for (std::size_t i = 1; i < source.size(); ++i) {
    REQUIRE(reader.next({}).has_value());
  }
}

TEST_CASE("a sample larger than the limit is read all the same", "[pack]") {
  const Counting source{.count = 20, .bytes = 1000};
  CHECK(read_all(source, {.reads = 3, .max_bytes = 1}).size() == 20);
}

TEST_CASE("a reader is let go of before the end", "[pack]") {
  for (int taken = 0; taken < 3; ++taken) {
    const Counting source{.count = 100'000};
    {
      OrderedReader reader(AnySource(source), {.reads = 3});
      for (int i = 0; i < taken; ++i) REQUIRE(reader.next({}).has_value());
    }
    CHECK(source.counts->now == 0);
    CHECK(source.counts->read < 100);
    const OrderedReader async(AnySource(test::ToyAsyncSource{.count = 1000}),
                              {.reads = 8});
  }
}

TEST_CASE("who waits for a sample can be stopped", "[pack]") {
  struct Never {
    std::size_t size() const { return 1; }
    Sample sample(std::size_t) const { return {.id = "a", .uri = "a"}; }
    Result<Bytes> read(std::size_t) const {
      while (!*go_on) std::this_thread::sleep_for(1ms);
      return Bytes();
    }
    std::shared_ptr<std::atomic<bool>> go_on =
        std::make_shared<std::atomic<bool>>(false);
  };
  const Never source;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  OrderedReader reader(AnySource(source), {.reads = 1});
  CHECK_FALSE(reader.next(stop.get_token()).has_value());
  *source.go_on = true;
  CHECK(reader.next({}).has_value());
}

TEST_CASE("what a source throws comes out where its sample would", "[pack]") {
  struct Throwing {
    std::size_t size() const { return 3; }
    Sample sample(std::size_t) const { return {.id = "a", .uri = "a"}; }
    Result<Bytes> read(std::size_t i) const {
      if (i == 1) throw std::runtime_error("broken");
      return Bytes();
    }
  };
  OrderedReader reader(AnySource(Throwing()), {.reads = 2});
  CHECK(reader.next({}).has_value());
  CHECK_THROWS_WITH(reader.next({}), "broken");
  CHECK(reader.next({}).has_value());
}

}  // namespace
}  // namespace quarry::detail
