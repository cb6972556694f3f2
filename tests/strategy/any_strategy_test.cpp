#include "quarry/strategy/any_strategy.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"

using namespace quarry;

namespace {

/// Scores a row by its first probability.
struct First : Pointwise<First> {
  double score(const Prediction& p) const { return p.probabilities[0]; }
};

/// The first candidates.
struct InOrder : SetWise<InOrder> {
  static Needs needs() { return {}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext&) const {
    std::vector<RankedPick> picks;
    for (const std::size_t row : pool.candidates()) {
      if (picks.size() < budget) picks.push_back({row, 0.0});
    }
    return picks;
  }
};

struct NoNeeds {
  double score(const Prediction&) const { return 0.0; }
};
struct NoScore : Pointwise<NoScore> {
  double scores(const Prediction&) const { return 0.0; }
};
struct NotConst : Pointwise<NotConst> {
  double score(const Prediction&) { return 0.0; }
};
struct TextScore : Pointwise<TextScore> {
  std::string score(const Prediction&) const { return ""; }
};
struct NoCopy : Pointwise<NoCopy> {
  NoCopy() = default;
  NoCopy(NoCopy&&) = default;
  double score(const Prediction&) const { return 0.0; }
};
struct WrongPicks : SetWise<WrongPicks> {
  std::vector<std::size_t> select(const PoolView&, std::size_t,
                                  SelectContext&) const {
    return {};
  }
};

/// Gives these picks, whatever is asked.
struct Fixed : SetWise<Fixed> {
  std::vector<std::size_t> rows;
  explicit Fixed(std::vector<std::size_t> r) : rows(std::move(r)) {}
  static Needs needs() { return {}; }
  std::vector<RankedPick> select(const PoolView&, std::size_t,
                                 SelectContext&) const {
    std::vector<RankedPick> picks;
    for (const std::size_t row : rows) picks.push_back({row, 0.0});
    return picks;
  }
};

/// Mean over passes of the first class.
struct FirstOfPasses {
  static Needs needs() { return {{.name = inputs::passes, .passes = 2}}; }
  void score(const PredictionBlock& block, std::span<double> out) const {
    const ArrayView& passes = block.input(inputs::passes);
    QUARRY_EXPECTS(passes.shape()[1] == block.rows, "passes of the block");
    for (double& x : out) x = 0.0;
    for (std::size_t k = 0; k < passes.rows(); ++k) {
      const auto p = passes.slab(k).as<float>();
      for (std::size_t i = 0; i < block.rows; ++i) {
        out[i] += static_cast<double>(p[i * passes.slab(k).cols()]);
      }
    }
  }
};

/// A combinator: made from any strategy, and one itself.
struct Halved : SetWise<Halved> {
  AnyStrategy inner;
  Halved(AnyStrategy strategy) : inner(std::move(strategy)) {}
  Needs needs() const { return inner.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return select_from(inner, pool, budget / 2, context).picks;
  }
};

struct Throws : Pointwise<Throws> {
  double score(const Prediction& p) const {
    if (p.probabilities[0] > 0.9) throw std::runtime_error("no");
    return 0.0;
  }
};

PoolView two_class_pool(const std::vector<double>& p,
                        std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = p.size() / 2;
  return test::pool_of(
      rows, {{inputs::probabilities, ArrayView(p.data(), {rows, 2})}},
      std::move(labelled));
}

}  // namespace

static_assert(Strategy<First> && PointwiseStrategy<First>);
static_assert(!SetStrategy<First>);
static_assert(Strategy<InOrder> && SetStrategy<InOrder>);
static_assert(!PointwiseStrategy<InOrder>);
static_assert(!Strategy<NoNeeds> && !PointwiseStrategy<NoNeeds>);
static_assert(Strategy<NoScore> && !PointwiseStrategy<NoScore>);
static_assert(!PointwiseStrategy<NotConst>);
static_assert(!PointwiseStrategy<TextScore>);
static_assert(!Strategy<NoCopy>);
static_assert(!SetStrategy<WrongPicks>);
static_assert(PointwiseStrategy<FirstOfPasses>);
static_assert(!Strategy<int>);
static_assert(Strategy<AnyStrategy>);
static_assert(SetStrategy<Halved>);
static_assert(std::is_convertible_v<First, AnyStrategy>);
static_assert(std::is_nothrow_move_constructible_v<AnyStrategy>);

TEST_CASE("AnyStrategy holds either kind and knows which", "[any_strategy]") {
  const AnyStrategy pointwise = First();
  const AnyStrategy set = InOrder();
  CHECK(pointwise.kind() == AnyStrategy::Kind::pointwise);
  CHECK(set.kind() == AnyStrategy::Kind::set);
  CHECK(pointwise.needs().has(inputs::probabilities));
  CHECK(set.needs().empty());
  SelectContext context;
  CHECK(test::error_id([&] {
          pointwise.select(test::pool_of(1, {}), 1, context);
        }) == "contract.violated");
  std::vector<double> out(1);
  const std::vector<std::uint64_t> keys(1);
  CHECK(test::error_id([&] {
          set.score({.rows = 1, .inputs = {}, .keys = keys}, out);
        }) == "contract.violated");
}

TEST_CASE("AnyStrategy shares what std::ref gives it", "[any_strategy]") {
  Fixed fixed({1});
  const AnyStrategy copy = fixed;
  const AnyStrategy shared = std::ref(fixed);
  fixed.rows = {0};
  SelectContext context;
  const PoolView pool = test::pool_of(3, {});
  CHECK(select_from(copy, pool, 1, context)[0].index == 1);
  CHECK(select_from(shared, pool, 1, context)[0].index == 0);
  const Fixed constant({2});
  CHECK(select_from(std::cref(constant), pool, 1, context)[0].index == 2);
  AnyStrategy any = fixed;
  const AnyStrategy again = std::ref(any);
  CHECK(again.kind() == AnyStrategy::Kind::set);
}

TEST_CASE("A strategy may be made from any other", "[any_strategy]") {
  const AnyStrategy halved = Halved(AnyStrategy(Halved(InOrder())));
  SelectContext context;
  CHECK(test::rows_of(select_from(halved, test::pool_of(9, {}), 8, context)) ==
        std::vector<std::size_t>{0, 1});
}

TEST_CASE("A pointwise selection is the candidates in order of score",
          "[any_strategy]") {
  RandomStream random(1);
  // More than one block, with gaps.
  const std::size_t rows = 9001;
  const auto p = test::random_probabilities(rows, 2, random);
  std::vector<std::size_t> labelled;
  for (std::size_t i = 0; i < rows; ++i) {
    if (random.below(50) == 0) labelled.push_back(i);
  }
  const PoolView pool = two_class_pool(p, labelled);
  std::vector<std::size_t> want(pool.candidates().begin(),
                                pool.candidates().end());
  std::sort(want.begin(), want.end(),
            [&](std::size_t a, std::size_t b) { return p[2 * a] > p[2 * b]; });
  for (const std::size_t threads : {0, 1, 2, 7}) {
    for (const std::size_t budget : {0, 1, 100, 9001, 20000}) {
      SelectContext context{.threads = threads};
      auto first = want;
      first.resize(std::min(budget, want.size()));
      const auto picks = select_from(First(), pool, budget, context);
      CHECK(test::rows_of(picks) == first);
      for (const RankedPick& pick : picks) {
        REQUIRE(pick.score == p[2 * pick.index]);
      }
    }
  }
}

TEST_CASE("Equal scores are put in order by hash, or by index",
          "[any_strategy]") {
  const std::vector<double> p(40, 0.5);
  const PoolView pool = two_class_pool(p, {7});
  SelectContext context{.ties = Ties::index};
  const auto by_index = test::rows_of(select_from(First(), pool, 20, context));
  CHECK(std::is_sorted(by_index.begin(), by_index.end()));
  context.ties = Ties::hash;
  const auto by_hash = test::rows_of(select_from(First(), pool, 20, context));
  CHECK(by_hash.size() == 19);
  CHECK(std::is_sorted(
      by_hash.begin(), by_hash.end(),
      [&](std::size_t a, std::size_t b) { return pool.key(a) < pool.key(b); }));
}

TEST_CASE("Passes reach a pointwise strategy block by block",
          "[any_strategy]") {
  RandomStream random(2);
  const std::size_t rows = 5000;
  const auto a = test::random_probabilities(rows, 3, random);
  const auto b = test::random_probabilities(rows, 3, random);
  std::vector<float> passes(a.begin(), a.end());
  passes.insert(passes.end(), b.begin(), b.end());
  const PoolView pool = test::pool_of(
      rows, {{inputs::passes, ArrayView(passes.data(), {2, rows, 3})}},
      {0, 17, 4500});
  SelectContext context;
  for (const RankedPick& pick :
       select_from(FirstOfPasses(), pool, rows, context)) {
    const double want = static_cast<double>(passes[pick.index * 3]) +
                        static_cast<double>(passes[(rows + pick.index) * 3]);
    REQUIRE(pick.score == want);
  }
}

TEST_CASE("A selection says which input is missing, or too short",
          "[any_strategy]") {
  SelectContext context;
  const PoolView empty = test::pool_of(3, {});
  const auto id = [&](const AnyStrategy& strategy, const PoolView& pool) {
    return test::error_id([&] { select_from(strategy, pool, 1, context); });
  };
  CHECK(id(First(), empty) == "strategy.missing_input");
  CHECK(id(KCenter(), empty) == "strategy.missing_input");
  // Also when there is nothing to do.
  CHECK(test::error_id([&] { select_from(First(), empty, 0, context); }) ==
        "strategy.missing_input");

  struct Own : Pointwise<Own> {
    static Needs needs() { return {{.name = "own"}}; }
    double score(const Prediction&) const { return 0.0; }
  };
  const std::vector<double> x(4);
  CHECK(
      id(Own(), test::pool_of(3, {{"own", ArrayView(x.data(), {3})}})).empty());
  CHECK(id(Own(), test::pool_of(3, {{"own", ArrayView(x.data(), {4})}})) ==
        "strategy.input_shape");
}

TEST_CASE("A selection refuses what breaks the laws", "[any_strategy]") {
  SelectContext context;
  const PoolView pool = test::pool_of(4, {}, {2});
  const auto message = [&](std::vector<std::size_t> rows) {
    const AnyStrategy strategy = Fixed(std::move(rows));
    return test::error_message(
        [&] { select_from(strategy, pool, 2, context); });
  };
  CHECK(message({3, 0}).empty());
  CHECK(message({2}) == "the strategy picked row 2, which is no candidate");
  CHECK(message({4}) == "the strategy picked row 4, which is no candidate");
  CHECK(message({1, 1}) == "the strategy picked row 1 twice");
  CHECK(message({0, 1, 3}) == "the strategy gave 3 picks for a budget of 2");
  CHECK(test::error_id([&] { select_from(Fixed({2}), pool, 2, context); }) ==
        "strategy.bad_pick");

  struct NaN : Pointwise<NaN> {
    static Needs needs() { return {}; }
    double score(const Prediction&) const {
      return std::numeric_limits<double>::quiet_NaN();
    }
  };
  CHECK(test::error_id([&] { select_from(NaN(), pool, 2, context); }) ==
        "strategy.bad_score");
}

TEST_CASE("What a strategy throws comes out, from any number of threads",
          "[any_strategy]") {
  RandomStream random(3);
  auto p = test::random_probabilities(9000, 2, random);
  p[2 * 8000] = 0.95;
  p[2 * 8000 + 1] = 0.05;
  for (const std::size_t threads : {1, 4}) {
    SelectContext context{.threads = threads};
    CHECK_THROWS_AS(select_from(Throws(), two_class_pool(p), 5, context),
                    std::runtime_error);
  }
}

TEST_CASE("A pointwise selection stops when asked", "[any_strategy]") {
  const std::vector<double> p(2 * 20'000, 0.5);
  const PoolView pool = two_class_pool(p);
  std::stop_source source;
  source.request_stop();
  SelectContext context{.stop = source.get_token()};
  CHECK(select_from(First(), pool, 5, context).empty());

  std::size_t last = 0;
  SelectContext hooked;
  hooked.progress = [&](const Progress& progress) {
    last = progress.done;
    CHECK(progress.total == 20'000);
    return Flow::stop;
  };
  CHECK(select_from(First(), pool, 5, hooked).empty());
  hooked.progress = [&](const Progress& progress) {
    last = progress.done;
    return Flow::go_on;
  };
  CHECK(select_from(First(), pool, 5, hooked).size() == 5);
  CHECK(last == 20'000);
}

TEST_CASE("A selection says when it was stopped, however many picks it has",
          "[any_strategy]") {
  // The first block of many is scored, and then somebody asks to stop.
  struct Stops : Pointwise<Stops> {
    std::stop_source* source = nullptr;
    static Needs needs() { return {}; }
    double score(const Prediction&) const {
      source->request_stop();
      return 1.0;
    }
  };
  const PoolView pool = test::pool_of(20'000, {});
  std::stop_source source;
  Stops stops;
  stops.source = &source;
  SelectContext context{.stop = source.get_token()};
  const RankedPicks part = select_from(stops, pool, 5, context);
  CHECK(part.size() == 5);
  CHECK_FALSE(part.complete);

  // Asked when all is done, it is none the less complete.
  const PoolView small = test::pool_of(10, {});
  std::stop_source other;
  stops.source = &other;
  SelectContext late{.stop = other.get_token()};
  CHECK(select_from(stops, small, 5, late).complete);
  SelectContext whole;
  CHECK(select_from(RandomStrategy(), pool, 5, whole).complete);
  CHECK(select_from(RandomStrategy(), small, 50, whole).complete);
}

TEST_CASE("A set strategy cut short by token or hook is not complete",
          "[any_strategy]") {
  const std::vector<double> rows = {0, 1, 2, 3, 4};
  const PoolView pool =
      test::pool_of(5, {{inputs::embeddings, ArrayView(rows.data(), {5, 1})}});
  std::stop_source source;
  source.request_stop();
  SelectContext stopped{.stop = source.get_token()};
  CHECK_FALSE(select_from(KCenter(), pool, 3, stopped).complete);

  SelectContext hooked;
  std::size_t calls = 0;
  hooked.progress = [&](const Progress&) {
    ++calls;
    return Flow::stop;
  };
  const RankedPicks cut = select_from(KCenter(), pool, 3, hooked);
  CHECK(cut.size() < 3);
  CHECK_FALSE(cut.complete);
  // The hook is the caller's again.
  const std::size_t before = calls;
  REQUIRE(hooked.progress);
  hooked.progress(Progress{});
  CHECK(calls == before + 1);

  SelectContext whole;
  CHECK(select_from(KCenter(), pool, 3, whole).complete);
  // Fewer than asked for, but all there are.
  CHECK(select_from(KCenter(), pool, 9, whole).complete);
}

TEST_CASE("An empty pool gives an empty selection", "[any_strategy]") {
  SelectContext context;
  const std::vector<double> p = {0.5, 0.5};
  CHECK(select_from(First(), two_class_pool({}), 5, context).empty());
  CHECK(select_from(First(), two_class_pool(p, {0}), 5, context).empty());
  const PoolView pool = test::pool_of(
      1, {{inputs::embeddings, ArrayView(p.data(), {1, 2})}}, {0});
  CHECK(select_from(KCenter(), pool, 5, context).empty());
}
