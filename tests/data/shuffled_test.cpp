#include "quarry/data/shuffled.hpp"

#include <algorithm>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "source_files.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

using test::ToyAsyncSource;

static_assert(DataSource<Shuffled<MemorySource>>);
static_assert(not AsyncSource<Shuffled<MemorySource>>);
static_assert(AsyncSource<Shuffled<ToyAsyncSource>>);

template <class S>
std::vector<std::size_t> order_of(const Shuffled<S>& source) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < source.size(); ++i) {
    order.push_back(source.index(i));
  }
  return order;
}

TEST_CASE("a shuffled source is a permutation that its seed alone decides") {
  const Shuffled first(ToyAsyncSource{100}, 1);
  const Shuffled again(ToyAsyncSource{100}, 1);
  const Shuffled other(ToyAsyncSource{100}, 2);
  CHECK(order_of(first) == order_of(again));
  CHECK(order_of(first) != order_of(other));
  std::vector<std::size_t> sorted = order_of(first);
  CHECK_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < 100; ++i) CHECK(sorted[i] == i);
}

TEST_CASE("the order is that of Fisher and Yates on the named stream") {
  // Written out once more, and kept apart from RandomStream::shuffle.
  RandomStream random = RandomStream(42).derive("shuffled");
  std::vector<std::size_t> expected{0, 1, 2, 3, 4, 5, 6};
  for (std::size_t last = 6; last > 0; --last) {
    const auto chosen = static_cast<std::size_t>(random.below(last + 1));
    const std::size_t kept = expected[last];
    expected[last] = expected[chosen];
    expected[chosen] = kept;
  }
  CHECK(order_of(Shuffled(ToyAsyncSource{7}, 42)) == expected);
}

TEST_CASE("a shuffled sample keeps its id and its bytes") {
  const ToyAsyncSource toy{20};
  const Shuffled source(toy, 7);
  for (std::size_t i = 0; i < source.size(); ++i) {
    CHECK(source.sample(i) == toy.sample(source.index(i)));
    CHECK(test::text_of(source, i) == test::text_of(toy, source.index(i)));
    CHECK(test::await(source, i).ok() == toy.read(source.index(i)).ok());
  }
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("nothing and one sample are shuffled too") {
  CHECK(Shuffled(ToyAsyncSource{0}).size() == 0);
  CHECK(order_of(Shuffled(ToyAsyncSource{1})) == std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace quarry
