#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "quarry/strategy/combine/class_balanced.hpp"
#include "quarry/strategy/combine/epsilon_greedy.hpp"
#include "quarry/strategy/combine/partitioned.hpp"
#include "quarry/strategy/combine/prefilter.hpp"
#include "quarry/strategy/combine/round_robin.hpp"
#include "quarry/strategy/combine/subpool.hpp"
#include "quarry/strategy/combine/weighted.hpp"
#include "quarry/strategy/density/herding.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/stream/in_order.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "columns.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// Row i has the number 2 i.
std::vector<double> ascending(std::size_t rows) {
  std::vector<double> pairs(2 * rows);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = static_cast<double>(i);
  }
  return pairs;
}

/// Asks for the first two samples.
struct Few {
  std::size_t left = 2;
  static constexpr Needs needs() { return {}; }
  bool ask(const Prediction&) { return left > 0 && left-- > 0; }
};

/// The last rows first.
struct Last {
  static constexpr Needs needs() { return {}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext&) const {
    budget = std::min(budget, pool.candidates().size());
    std::vector<RankedPick> picks;
    for (std::size_t i = 0; i < budget; ++i) {
      picks.push_back({pool.candidates()[pool.candidates().size() - 1 - i]});
    }
    return picks;
  }
};

/// The same, with so much memory.
struct Holds : Last {
  std::size_t bytes = 0;
  explicit Holds(std::size_t b) : bytes(b) {}
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    context.expect_memory("the test", bytes);
    return Last::select(pool, budget, context);
  }
};

}  // namespace

static_assert(PointwiseStrategy<Weighted> && !SetStrategy<Weighted>);
static_assert(SetStrategy<Prefilter> && SetStrategy<Subpool>);
static_assert(SetStrategy<RoundRobin> && SetStrategy<EpsilonGreedy>);

TEST_CASE("Weighted scores are added up", "[combine]") {
  const std::vector<double> pairs = {0, 5, 1, 3, 2, 2, 3, 0};
  const PoolView pool = pool_of_pairs(pairs);
  const auto by = [&](double a, double b) {
    return rows_by(Weighted({{a, ByColumn(0)}, {b, ByColumn(1)}}), pool, 4);
  };
  CHECK(by(1, 0) == RowNumbers{3, 2, 1, 0});
  CHECK(by(0, 1) == RowNumbers{0, 1, 2, 3});
  CHECK(by(1, 1) == RowNumbers{0, 1, 2, 3});  // 5, 4, 4, 3
  CHECK(by(2, 1) == RowNumbers{2, 3, 0, 1});  // 5, 5, 6, 6
  SelectContext context;
  CHECK(select_from(Weighted({{0.5, ByColumn(0)}, {2.0, ByColumn(1)}}), pool, 1,
                    context)[0]
            .score == 10.0);
  CHECK(error_id([] { Weighted({{-1.0, Margin()}}); }) == "strategy.bad_param");
  CHECK(error_id([] { Weighted({{1.0, KCenter()}}); }) == "contract.violated");
  CHECK(error_id([] { Weighted({}); }) == "contract.violated");
  CHECK(Weighted({{1.0, Margin()}, {1.0, ByColumn(0)}}).needs().size() == 2);
}

TEST_CASE("A score of nothing counts where it has a weight", "[combine]") {
  struct Never : ByColumn {
    Never() : ByColumn(0) {}
    double score(const Prediction& prediction) const {
      return prediction.embedding[0] > 0.0
                 ? -std::numeric_limits<double>::infinity()
                 : 0.0;
    }
  };
  const std::vector<double> pairs = {1, 2, 0, 1};
  const PoolView pool = pool_of_pairs(pairs);
  CHECK(rows_by(Weighted({{0.0, Never()}, {1.0, ByColumn(1)}}), pool, 2) ==
        RowNumbers{0, 1});
  CHECK(rows_by(Weighted({{0.1, Never()}, {1.0, ByColumn(1)}}), pool, 2) ==
        RowNumbers{1, 0});
}

TEST_CASE("A prefilter leaves the second what the first puts ahead",
          "[combine]") {
  const std::vector<double> pairs = {0, 9, 1, 0, 2, 1, 3, 2, 4, 3, 5, 3};
  const PoolView pool = pool_of_pairs(pairs, {5});
  // Of the four of the greatest first number, those of the greatest second.
  CHECK(rows_by(Prefilter(ByColumn(0), ByColumn(1), 2), pool, 2) ==
        RowNumbers{4, 3});
  CHECK(rows_by(Prefilter(ByColumn(0), ByColumn(1), 4), pool, 1) ==
        RowNumbers{4});
  CHECK(rows_by(Prefilter(ByColumn(0), ByColumn(1), 5), pool, 1) ==
        RowNumbers{0});
  CHECK(rows_by(Prefilter(ByColumn(0), ByColumn(1)), pool, 9) ==
        RowNumbers{0, 4, 3, 2, 1});
  // The second knows what is labelled: of 3 and 4, 3 is farther from 5.
  CHECK(rows_by(Prefilter(ByColumn(0), KCenter(), 2), pool, 1) ==
        RowNumbers{3});
  CHECK(Prefilter(Margin(), KCenter()).needs().size() == 2);
}

TEST_CASE("A subpool is a random part", "[combine]") {
  const auto pairs = ascending(100);
  const PoolView pool = pool_of_pairs(pairs, {3});
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto rows = rows_by(Subpool(ByColumn(0), 10), pool, 4, seed);
    CHECK(std::is_sorted(rows.rbegin(), rows.rend()));
    CHECK(rows.size() == 4);
    seen.insert(rows.begin(), rows.end());
  }
  CHECK(seen.size() > 50);
  CHECK_FALSE(seen.contains(3));
  CHECK(rows_by(Subpool(ByColumn(0), 1), pool, 99).size() == 99);
  CHECK(rows_by(Subpool(ByColumn(0), 1000), pool, 2) == RowNumbers{99, 98});
}

TEST_CASE("Strategies that pick in turn skip what others have picked",
          "[combine]") {
  const std::vector<double> pairs = {0, 1, 1, 9, 2, 8, 3, 7};
  const PoolView pool = pool_of_pairs(pairs);
  const RoundRobin both({ByColumn(0), ByColumn(1)});
  CHECK(rows_by(both, pool, 4) == RowNumbers{3, 1, 2, 0});
  CHECK(rows_by(both, pool, 1) == RowNumbers{3});
  CHECK(rows_by(RoundRobin({ByColumn(0), ByColumn(0)}), pool, 9) ==
        RowNumbers{3, 2, 1, 0});
  SelectContext context;
  CHECK(select_from(both, pool, 2, context)[1].score == 9.0);
  CHECK(error_id([] { RoundRobin({}); }) == "contract.violated");
}

TEST_CASE("Epsilon is how often a pick is made at random", "[combine]") {
  const auto pairs = ascending(200);
  const PoolView pool = pool_of_pairs(pairs);
  const auto best = rows_by(ByColumn(0), pool, 10);
  CHECK(rows_by(EpsilonGreedy(ByColumn(0), {.epsilon = 0.0}), pool, 10) ==
        best);
  const EpsilonGreedy some(ByColumn(0), {.epsilon = 0.3});
  std::size_t random = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SelectContext context{.random = RandomStream(seed)};
    std::size_t last = 200;
    for (const RankedPick& pick : select_from(some, pool, 10, context)) {
      if (std::isnan(pick.score)) {
        ++random;
        continue;
      }
      CHECK(pick.index < last);  // the others are in order
      last = pick.index;
    }
  }
  // 900 of 3000 are due; five standard deviations are 126.
  CHECK(random > 774);
  CHECK(random < 1026);
  // All at random: each row is first as often as another, 10 times in 2000.
  std::vector<double> first(200);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    ++first[rows_by(EpsilonGreedy(ByColumn(0), {.epsilon = 1.0}), pool, 1,
                    seed)[0]];
  }
  double chi = 0.0;
  for (const double count : first) chi += (count - 10) * (count - 10) / 10;
  CHECK(chi < 268);  // one in a thousand, at 199 degrees of freedom
}

TEST_CASE("What epsilon-greedy cannot be is refused", "[combine]") {
  CHECK(error_id([] { EpsilonGreedy(Margin(), {.epsilon = 1.5}); }) ==
        "strategy.bad_param");
  CHECK(error_id([] {
          make_strategy("epsilon_greedy", {{"epsilon", "-0.5"}});
        }) == "strategy.bad_param");
  CHECK(error_id([] {
          make_strategy("epsilon_greedy", {{"strategy", "magrin"}});
        }) == "strategy.unknown");
  CHECK(make_strategy("epsilon_greedy", {{"strategy", "k_center"}})
            .needs()
            .has(inputs::embeddings));
}

TEST_CASE("Interrupted, combined strategies pick nothing that is not sure",
          "[combine]") {
  const std::vector<double> pairs(20'000, 1.0);
  const PoolView pool = pool_of_pairs(pairs);
  const Interrupted first;
  SelectContext context{.stop = first.source.get_token()};
  CHECK(Prefilter(first, ByColumn(1)).select(pool, 2, context).empty());
  CHECK(RoundRobin({first, ByColumn(1)}).select(pool, 2, context).empty());
  // What is scored before a stop has a best, which is not that of the pool.
  const auto part = [&](const auto& make) {
    const Interrupted once;
    SelectContext fresh{.stop = once.source.get_token()};
    const RankedPicks got = select_from(make(once), pool, 2, fresh);
    return got.empty() && !got.complete;
  };
  CHECK(part([](const auto& s) { return Subpool(s, 9'000); }));
  CHECK(part([](const auto& s) { return EpsilonGreedy(s); }));
  CHECK(part([](const auto& s) { return Prefilter(ByColumn(1), s, 4'500); }));
  CHECK(part([](const auto& s) { return Partitioned(s, 1); }));
}

TEST_CASE("Strategies that pick less than the budget can be combined",
          "[combine]") {
  const std::vector<double> pairs(20, 1.0);
  const PoolView pool = pool_of_pairs(pairs);
  const InOrder few(Few{});
  CHECK(rows_by(few, pool, 5) == RowNumbers{0, 1});
  CHECK(rows_by(RoundRobin({few, few}), pool, 5) == RowNumbers{0, 1});
  const auto filled = rows_by(RoundRobin({few, Last()}), pool, 5);
  CHECK(filled == RowNumbers{0, 9, 1, 8, 7});
  const auto greedy = rows_by(EpsilonGreedy(few, {.epsilon = 0.0}), pool, 5);
  CHECK(greedy == RowNumbers{0, 1});
}

TEST_CASE("What a combined strategy holds is no more for its parts",
          "[combine]") {
  const auto pairs = ascending(100);
  const std::vector<double> p(200, 0.5);
  const PoolView pool =
      pool_of(100, {{inputs::embeddings, ArrayView(pairs.data(), {100, 2})},
                    {inputs::probabilities, ArrayView(p.data(), {100, 2})}});
  const auto least = [&](const AnyStrategy& strategy) {
    std::size_t low = 0, high = 1 << 20;
    while (low < high) {
      const std::size_t limit = low + (high - low) / 2;
      SelectContext context{.memory_limit = limit};
      const auto run = [&] {
        select_from(strategy, pool, 3, context);
      };
      if (error_id(run).empty()) {
        high = limit;
      } else {
        low = limit + 1;
      }
    }
    return low;
  };
  const auto adds_up = [&](const auto& make) {
    return least(make(Holds{50'000})) == least(make(Holds{0})) + 50'000;
  };
  CHECK(adds_up([](const Holds& s) { return Subpool(s, 50); }));
  CHECK(adds_up([](const Holds& s) { return Prefilter(ByColumn(0), s); }));
  CHECK(adds_up([](const Holds& s) { return Prefilter(s, ByColumn(0)); }));
  CHECK(adds_up([](const Holds& s) { return RoundRobin({s, ByColumn(0)}); }));
  CHECK(adds_up([](const Holds& s) { return EpsilonGreedy(s); }));
  CHECK(adds_up([](const Holds& s) { return Partitioned(s, 2); }));
  CHECK(adds_up([](const Holds& s) { return ClassBalanced(s); }));
}

TEST_CASE("Combined strategies get what each of them needs", "[combine]") {
  const auto need = [](const Needs& needs, std::string_view name) {
    return *std::find_if(needs.begin(), needs.end(),
                         [&](const Need& one) { return one.name == name; });
  };
  struct Passes : PassWise<Passes> {
    std::size_t count = 0;
    explicit Passes(std::size_t k) : count(k) {}
    Needs needs() const { return {{.name = inputs::passes, .passes = count}}; }
    double score(const Prediction&) const { return 0.0; }
  };
  const Weighted passes({{1.0, Passes(10)}, {1.0, Passes(50)}});
  CHECK(passes.needs().size() == 1);
  CHECK(need(passes.needs(), inputs::passes).passes == 50);
  // Similarities do for one of them, not for both.
  for (const auto& both : {Prefilter(MaxHerding<>(), KCenter()),
                           Prefilter(KCenter(), MaxHerding<>())}) {
    CHECK(need(both.needs(), inputs::embeddings).instead.empty());
  }
  CHECK(need(Prefilter(MaxHerding<>(), MaxHerding<>()).needs(),
             inputs::embeddings)
            .instead == inputs::similarity);
  Needs by_row = {{.name = "x"}};
  CHECK(error_id([&] { by_row.merge({{.name = "x", .by_row = false}}); }) ==
        "contract.violated");
}
