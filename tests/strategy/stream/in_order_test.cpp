#include "quarry/strategy/stream/in_order.hpp"

#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// Asks for every other sample, whatever it is.
struct EveryOther {
  bool next = true;
  static constexpr Needs needs() { return {}; }
  bool ask(const Prediction&) {
    next = !next;
    return !next;
  }
};

/// Asks where the first probability is large.
struct ByFirst {
  static constexpr Needs needs() { return {{.name = inputs::probabilities}}; }
  bool ask(const Prediction& prediction) {
    CHECK(prediction.embedding.size() == 0);  // not needed, so not read
    return prediction.probabilities[0] > 0.5;
  }
};

/// Asks where the next number is below one half.
struct ByChance {
  std::function<double()> uniform = {};
  static constexpr Needs needs() { return {}; }
  void draw_from(std::function<double()> numbers) {
    uniform = std::move(numbers);
  }
  bool ask(const Prediction&) { return uniform() < 0.5; }
};

std::vector<std::size_t> rows_by(const AnyStrategy& strategy,
                                 const PoolView& pool, std::size_t budget,
                                 SelectContext context = {}) {
  return rows_of(select_from(strategy, pool, budget, context));
}

using RowNumbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("Candidates are asked about in their order, until enough are picked",
          "[in_order]") {
  const PoolView pool = pool_of(9, {}, {0, 4});
  CHECK(rows_by(InOrder(EveryOther()), pool, 9) == RowNumbers{1, 3, 6, 8});
  CHECK(rows_by(InOrder(EveryOther()), pool, 2) == RowNumbers{1, 3});
  CHECK(rows_by(InOrder(EveryOther()), pool, 0).empty());
  const InOrder again{EveryOther()};
  CHECK(rows_by(again, pool, 3) == rows_by(again, pool, 3));
}

TEST_CASE("A stream sees what it needs of each row", "[in_order]") {
  const std::vector<float> p = {.9F, .1F, .2F, .8F, .7F, .3F};
  const std::vector<float> h = {1, 2, 3};
  const PoolView pool =
      pool_of(3, {{inputs::probabilities, ArrayView(p.data(), {3, 2})},
                  {inputs::embeddings, ArrayView(h.data(), {3, 1})}});
  CHECK(rows_by(InOrder(ByFirst()), pool, 9) == RowNumbers{0, 2});
  CHECK(error_id([] { rows_by(InOrder(ByFirst()), pool_of(3, {}), 1); }) ==
        "strategy.missing_input");
}

TEST_CASE("Numbers that are given decide a stream", "[in_order]") {
  const std::vector<double> u = {.1, .9, .6, .4, .2};
  const auto pool = [&](const std::vector<double>& given) {
    return pool_of(
        5, {{inputs::uniforms, ArrayView(given.data(), {given.size()})}});
  };
  const InOrder stream{ByChance()};
  CHECK(rows_by(stream, pool(u), 9) == RowNumbers{0, 3, 4});
  CHECK(rows_by(stream, pool({.1, .9, .6}), 1) == RowNumbers{0});
  CHECK(error_id([&] {
          rows_by(stream, pool({.1, .9, .6}), 5);
        }) == "strategy.input_shape");
  CHECK(error_id([&] {
          rows_by(stream, pool({.1, 1.0}), 5);
        }) == "strategy.bad_row");
  // Without them the seed decides.
  const PoolView plain = pool_of(200, {});
  const auto by = [&](std::uint64_t seed) {
    return rows_by(stream, plain, 200, {.random = RandomStream(seed)});
  };
  CHECK(by(1) == by(1));
  CHECK(by(1) != by(2));
}

TEST_CASE("A split stream draws one number, and another where chance decides",
          "[in_order]") {
  const std::vector<double> p(10, 0.5);
  // ν = 0.5, B = 0.3. θ: 1, then 0.99, …: unsure samples are asked for.
  const std::vector<double> u = {.6, .2, .4, .2, .2, .9};
  const PoolView pool =
      pool_of(5, {{inputs::probabilities, ArrayView(p.data(), {5, 2})},
                  {inputs::uniforms, ArrayView(u.data(), {6})}});
  CHECK(
      rows_by(make_strategy("split", {{"random", "0.5"}, {"fraction", "0.3"}}),
              pool, 3) == RowNumbers{0, 2, 3});
}

TEST_CASE("A stream is interrupted with the picks made", "[in_order]") {
  const PoolView pool = pool_of(1000, {});
  std::size_t told = 0;
  SelectContext context{.progress = [&](const Progress& at) {
    CHECK(at.total == 1000);
    told = at.done;
    return Flow::go_on;
  }};
  CHECK(select_from(InOrder(EveryOther()), pool, 1000, context).size() == 500);
  CHECK(told == 500);
  std::stop_source source;
  source.request_stop();
  context.stop = source.get_token();
  const auto cut = select_from(InOrder(EveryOther()), pool, 1000, context);
  CHECK(cut.empty());
  CHECK_FALSE(cut.complete);
}
