#include "quarry/testing/check_stream_strategy.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "quarry/strategy/stream/fixed_uncertainty.hpp"
#include "quarry/strategy/stream/split.hpp"
#include "quarry/strategy/stream/variable_uncertainty.hpp"
#include "quarry/strategy/top_k.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_strategy;
using testing::check_stream_strategy;

namespace {

/// Asks for every other sample, and shares its count with its copies.
struct SharedCount {
  std::shared_ptr<std::size_t> seen = std::make_shared<std::size_t>(0);
  static constexpr Needs needs() { return {}; }
  bool ask(const Prediction&) { return (*seen)++ % 2 == 0; }
};

/// Asks where the next number is below one half, or where its own is.
struct ByChance {
  bool deaf = false;
  std::function<double()> uniform = {};
  static constexpr Needs needs() { return {}; }
  void draw_from(std::function<double()> numbers) {
    if (deaf)
      numbers = [] {
        return 0.0;
      };
    uniform = std::move(numbers);
  }
  bool ask(const Prediction&) { return uniform() < 0.5; }
};

/// The rows of the largest first probability: it has seen all of them before.
template <bool ascending>
struct LooksAhead {
  static constexpr Needs needs() { return {{.name = inputs::probabilities}}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    TopK top(budget, PickOrder(context.ties));
    const ArrayView& p = pool.input(inputs::probabilities);
    std::vector<double> row(p.cols());
    for (const std::size_t i : pool.candidates()) {
      p.read_row(i, row);
      top.push({row[0], pool.key(i), i});
    }
    auto picks = top.sorted();
    if constexpr (ascending) {
      std::sort(picks.begin(), picks.end(),
                [](const auto& a, const auto& b) { return a.index < b.index; });
    }
    return picks;
  }
};

}  // namespace

TEST_CASE("Quarry's own stream strategies obey the laws",
          "[check_stream_strategy]") {
  CHECK(check_stream_strategy(FixedUncertainty()).text() == "");
  CHECK(check_stream_strategy(VariableUncertainty<Margin>()).text() == "");
  CHECK(check_stream_strategy(Split(), {.stochastic = true}).text() == "");
  CHECK(check_stream_strategy(ByChance(), {.stochastic = true}).text() == "");
}

TEST_CASE("Every broken law of streams is found", "[check_stream_strategy]") {
  CHECK(broken(check_stream_strategy(SharedCount()), "the same twice"));
  CHECK(broken(
      check_stream_strategy(ByChance{.deaf = true}, {.stochastic = true}),
      "another seed"));
  CHECK(broken(check_strategy(LooksAhead<false>(), {.in_order = true}),
               "in the order of rows"));
  CHECK(broken(check_strategy(LooksAhead<true>(), {.in_order = true}),
               "the first of more"));
  CHECK(broken(check_strategy(LooksAhead<true>(), {.in_order = true}),
               "those before it"));
}

TEST_CASE("A stream does not obey the laws of sets",
          "[check_stream_strategy]") {
  const auto report = check_strategy(InOrder(FixedUncertainty()));
  CHECK(broken(report, "|picks| == min(b, |U|)"));
  CHECK(broken(report, "permuting"));
}
