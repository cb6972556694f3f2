#include "quarry/testing/check_strategy.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"
#include "sanitized.hpp"

using namespace quarry;
using test::broken;
using testing::check_strategy;

namespace {

/// A lawful set strategy: all candidates in the order of a number of their own.
template <class D>
struct ByKey : SetWise<D> {
  static std::vector<RankedPick> ordered(const PoolView& pool,
                                         std::size_t budget,
                                         const SelectContext& context) {
    TopK top(budget, PickOrder(context.ties));
    const ArrayView& e = pool.input(inputs::embeddings);
    std::vector<double> row(e.cols());
    for (const std::size_t i : pool.candidates()) {
      e.read_row(i, row);
      top.push({row[0], pool.key(i), i});
    }
    return top.sorted();
  }
};

/// Remembers how many classes it saw, at most.
struct CountsClasses : SetWise<CountsClasses> {
  std::size_t* most;
  explicit CountsClasses(std::size_t& classes) : most(&classes) {}
  static Needs needs() { return {{.name = inputs::probabilities}}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    *most = std::max(*most, pool.input(inputs::probabilities).cols());
    return AnyStrategy(Entropy()).select(pool, budget, context);
  }
};

struct Lawful : ByKey<Lawful> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return ordered(pool, budget, context);
  }
};

/// Draws from the stream it is given.
struct Drawn : SetWise<Drawn> {
  bool ignore_seed = false;
  static Needs needs() { return {}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    std::vector<std::size_t> rows(pool.candidates().begin(),
                                  pool.candidates().end());
    RandomStream fixed(0);
    RandomStream& random = ignore_seed ? fixed : context.random;
    random.shuffle(std::span(rows));
    std::vector<RankedPick> picks;
    for (const std::size_t row : rows) {
      if (picks.size() < budget) picks.push_back({row});
    }
    return picks;
  }
};

// ---- strategies that break one law each ----

/// A random stream of its own, which goes on from call to call.
struct OwnRandom : Pointwise<OwnRandom> {
  std::shared_ptr<std::atomic<std::uint64_t>> calls =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  double score(const Prediction&) const {
    return RandomStream((*calls)++).uniform();
  }
};

struct PicksTwice : ByKey<PicksTwice> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    auto picks = ordered(pool, budget, context);
    if (picks.size() > 2) picks[2] = picks[0];
    return picks;
  }
};

struct PicksLabelled : SetWise<PicksLabelled> {
  static Needs needs() { return {}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext&) const {
    std::vector<RankedPick> picks;
    for (std::size_t row = 0; row < pool.rows(); ++row) {
      if (picks.size() < std::min(budget, pool.candidates().size())) {
        picks.push_back({row, 0.0});
      }
    }
    return picks;
  }
};

struct TooFew : ByKey<TooFew> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    auto picks = ordered(pool, budget, context);
    if (picks.size() > 5) picks.pop_back();
    return picks;
  }
};

/// Two selections, to whoever listens.
struct TellsTwice : ByKey<TellsTwice> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    for (std::size_t i = 0; i < 2; ++i) {
      for (const std::size_t done : {std::size_t{0}, budget}) {
        context.progress({.stage = "select", .done = done, .total = budget});
      }
    }
    return ordered(pool, budget, context);
  }
};

/// Asked to stop it gives the last of the picks.
struct StopsAtTheEnd : ByKey<StopsAtTheEnd> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    auto picks = ordered(pool, budget, context);
    const Progress now{.stage = "select", .total = budget};
    if (context.progress(now) == Flow::stop && picks.size() > 1) {
      picks.erase(picks.begin());
    }
    return picks;
  }
};

struct TooMany : ByKey<TooMany> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return ordered(pool, std::max<std::size_t>(budget, 1), context);
  }
};

/// Scales scores by the largest of the block.
struct DependsOnBlock : Pointwise<DependsOnBlock> {
  void score(const PredictionBlock& block, std::span<double> out) const {
    LeastConfidence().score(block, out);
    const double most = *std::max_element(out.begin(), out.end());
    for (double& x : out) x = most > 0 ? x / most : 0.0;
  }
};

/// Leaves out what reaches the floor by little.
struct LeavesOutTooMuch : Pointwise<LeavesOutTooMuch> {
  double score(const Prediction& p) const { return LeastConfidence().score(p); }
  void score_above(const PredictionBlock& block, double floor,
                   std::span<double> out) const {
    LeastConfidence().score(block, out);
    for (double& x : out) {
      if (x < floor + 0.1) x = -std::numeric_limits<double>::infinity();
    }
  }
};

/// Prefers what stands further ahead in the pool.
struct DependsOnPlace : ByKey<DependsOnPlace> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext&) const {
    std::vector<RankedPick> picks;
    for (const std::size_t row : pool.candidates()) {
      if (picks.size() < budget) picks.push_back({row, 0.0});
    }
    return picks;
  }
};

struct DependsOnThreads : ByKey<DependsOnThreads> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    auto picks = ordered(pool, budget, context);
    if (context.threads > 2) std::reverse(picks.begin(), picks.end());
    return picks;
  }
};

/// Entropy without the convention 0 ln 0 = 0.
struct NaNForCertain : Pointwise<NaNForCertain> {
  double score(const Prediction& p) const {
    return -(p.probabilities * p.probabilities.log()).sum();
  }
};

/// Centres the embeddings by the mean of all rows, failed ones too.
struct SeesFailedRows : SetWise<SeesFailedRows> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const ArrayView& e = pool.input(inputs::embeddings);
    std::vector<double> row(e.cols());
    std::vector<double> first;
    for (std::size_t i = 0; i < pool.rows(); ++i) {
      e.read_row(i, row);
      first.push_back(row[0]);
    }
    const double mean = std::accumulate(first.begin(), first.end(), 0.0) /
                        static_cast<double>(first.size());
    TopK top(budget, PickOrder(context.ties));
    for (const std::size_t i : pool.candidates()) {
      const double far = std::abs(first[i] - mean);
      top.push({std::isnan(far) ? 0.0 : far, pool.key(i), i});
    }
    return top.sorted();
  }
};

/// Never heard of the limit, and says so with an error of its own.
struct BadAlloc : ByKey<BadAlloc> {
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    if (context.memory_limit < 100) throw std::bad_alloc();
    return ordered(pool, budget, context);
  }
};

struct NoClassesNoService : Pointwise<NoClassesNoService> {
  double score(const Prediction& p) const {
    if (p.probabilities.size() < 2) throw std::invalid_argument("C < 2");
    return -p.probabilities[0];
  }
};

}  // namespace

TEST_CASE("Quarry's own strategies obey the laws", "[check_strategy]") {
  for (const StrategyInfo& info : strategies()) {
    testing::CheckStrategyOptions options{.seed = 3,
                                          .stochastic = info.stochastic,
                                          .in_order = info.family == "stream"};
    // What compares every row with every other takes its time.
    if (info.cost.find("N^2") != std::string::npos) options.most_rows = 1300;
    CAPTURE(info.name);
    if (info.name == "epig") options.most_classes = 60;  // O(C^2) a pair
    if (info.name == "bait") {  // works on matrices [C D, C D]
      options.most_rows = 300;
      options.most_classes = 4;
    }
    StrategyParams params;
    if (info.name == "discriminative") options.most_rows = 1000;
    if (info.name == "expected_error_reduction") {  // trains M C times
      options.most_rows = 60;
      options.most_classes = 3;
      params = {{"candidates", "9"}};
    }
    if (info.name == "batch_bald") {  // dear with a thousand classes
      params = {{"max_configurations", "30"}, {"samples", "20"}};
    }
#ifdef QUARRY_SANITIZED
    // What a sanitizer sees, it sees in small pools; it takes its time.
    options.pools = 12;
    options.most_rows = std::min<std::size_t>(options.most_rows, 200);
    options.most_classes = std::min<std::size_t>(options.most_classes, 30);
#endif
    CHECK(check_strategy(make_strategy(info.name, params), options).text() ==
          "");
  }
  CHECK(check_strategy(KCenter()).ok());
  // Small pools may have no outliers unless they are asked for.
  CHECK(check_strategy(CoreSet<>({.outliers = 0.1, .steps = 3}),
                       {.most_rows = 300})
            .text() == "");
  CHECK(check_strategy(CoreSet<Cosine>({.outliers = 2, .steps = 2}),
                       {.most_rows = 100})
            .text() == "");
  // Its draws do not depend on the order of the rows.
  CHECK(check_strategy(BatchBald({.max_configurations = 9, .samples = 9}))
            .text() == "");
  CHECK(
      check_strategy(ExpectedErrorReduction<LeastConfidence>({.candidates = 9}),
                     {.pools = 30, .most_rows = 60, .most_classes = 3})
          .text() == "");
}

// Above they see few classes. BAIT sees as many in its own tests, for which
// each of the laws' many selections takes a minute.
TEST_CASE("What is dear with a thousand classes obeys the laws with them",
          "[check_strategy]") {
  // The fifth pool has them.
  const testing::CheckStrategyOptions options{
      .pools = 5, .most_rows = 4, .most_width = 1};
  std::size_t classes = 0;
  check_strategy(CountsClasses(classes), options);
  REQUIRE(classes == 1000);
  const auto laws = [&](const char* name, const StrategyParams& params) {
    return check_strategy(make_strategy(name, params), options).text();
  };
  CHECK(laws("epig", {}) == "");
  CHECK(laws("expected_error_reduction", {{"candidates", "1"}}) == "");
}

TEST_CASE("Strategies made of others obey the laws", "[check_strategy]") {
  const testing::CheckStrategyOptions options{.most_rows = 1000};
  const auto laws = [&](const AnyStrategy& strategy) {
    return check_strategy(strategy, options).text();
  };
  CHECK(laws(Weighted({{1.0, Margin()}, {0.5, Entropy()}})) == "");
  CHECK(laws(Prefilter(Margin(), KCenter(), 3)) == "");
  CHECK(laws(RoundRobin({Margin(), KCenter(), RandomStrategy()})) == "");
  // Their draws do not depend on the order of the rows.
  CHECK(laws(Subpool(KCenter(), 20)) == "");
  CHECK(laws(EpsilonGreedy(KCenter(), {.epsilon = 0.5})) == "");
  CHECK(laws(Partitioned(KCenter(), 4)) == "");
  CHECK(laws(ClassBalanced(KCenter())) == "");
}

TEST_CASE("Lawful strategies of others pass", "[check_strategy]") {
  CHECK(check_strategy(Lawful()).text() == "");
  CHECK(check_strategy(Drawn(), {.stochastic = true}).text() == "");
}

TEST_CASE("Every broken law is found", "[check_strategy]") {
  CHECK(broken(check_strategy(OwnRandom()), "the same twice"));
  CHECK(broken(check_strategy(PicksTwice()), "twice"));
  CHECK(broken(check_strategy(PicksLabelled()), "no candidate"));
  CHECK(broken(check_strategy(TooFew()), "|picks| == min(b, |U|)"));
  CHECK(broken(check_strategy(StopsAtTheEnd()), "the first of the picks"));
  CHECK(broken(check_strategy(TellsTwice()), "progress has one total"));
  CHECK(broken(check_strategy(TooMany()), "strategy.bad_pick"));
  CHECK(broken(check_strategy(DependsOnBlock()), "its row alone"));
  CHECK(broken(check_strategy(LeavesOutTooMuch()), "below the floor"));
  CHECK(broken(check_strategy(DependsOnPlace()), "permuting"));
  CHECK(broken(check_strategy(DependsOnThreads()), "threads"));
  CHECK(broken(check_strategy(NaNForCertain()), "strategy.bad_score"));
  CHECK(broken(check_strategy(SeesFailedRows()), "failed rows"));
  CHECK(broken(check_strategy(BadAlloc()), "strategy.memory"));
  CHECK(broken(check_strategy(NoClassesNoService()), "C < 2"));
  Drawn deaf;
  deaf.ignore_seed = true;
  CHECK(broken(check_strategy(deaf, {.stochastic = true}), "another seed"));
  // Neither draws: nothing but ties may follow the seed.
  CHECK(broken(check_strategy(Lawful(), {.stochastic = true}), "another seed"));
  CHECK(broken(check_strategy(Margin(), {.stochastic = true}), "another seed"));
}

TEST_CASE("Violations say where, once for each law", "[check_strategy]") {
  const auto report = check_strategy(TooFew(), {.seed = 9});
  REQUIRE(report.violations.size() == 1);
  CHECK(report.violations[0].find("seed 9") != std::string::npos);
  CHECK(report.violations[0].find("budget") != std::string::npos);
  CHECK(report.violations[0].find(" more") != std::string::npos);
}

TEST_CASE("A strategy of any needs is given them", "[check_strategy]") {
  struct Needy {
    static Needs needs() {
      return {{.name = inputs::passes, .passes = 5},
              {.name = inputs::probabilities},
              {.name = "depth"},
              {.name = "rule", .by_row = false}};
    }
    void score(const PredictionBlock& block, std::span<double> out) const {
      const ArrayView& passes = block.input(inputs::passes);
      QUARRY_EXPECTS(passes.rows() == 5 && passes.shape()[1] == block.rows,
                     "five passes");
      const ArrayView& rule = block.input("rule");
      QUARRY_EXPECTS(rule.rows() == 3 && rule.cols() == 4, "one for all rows");
      const ArrayView& depth = block.input("depth");
      std::vector<double> row(depth.cols());
      std::vector<double> p(passes.shape()[2]);
      for (std::size_t i = 0; i < block.rows; ++i) {
        depth.read_row(i, row);
        passes.slab(4).read_row(i, p);
        out[i] = row[1] + p[0];
      }
    }
  };
  CHECK(check_strategy(Needy()).text() == "");
}
