#include "quarry/testing/check_strategy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/meter.hpp"
#include "testing/strategy_pool.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using Picks = std::vector<RankedPick>;

bool same_score(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool same(const Picks& a, const Picks& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const RankedPick& x, const RankedPick& y) {
                      return x.index == y.index && same_score(x.score, y.score);
                    });
}

/// "at rank 3: row 7 (0.5) and row 9 (0.5)"
std::string difference(const Picks& a, const Picks& b) {
  if (a.size() != b.size()) {
    return std::to_string(a.size()) + " and " + std::to_string(b.size()) +
           " picks";
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (same({a[i]}, {b[i]})) continue;
    const auto show = [](const RankedPick& pick) {
      return "row " + std::to_string(pick.index) + " (" +
             std::to_string(pick.score) + ")";
    };
    return "at rank " + std::to_string(i) + ": " + show(a[i]) + " and " +
           show(b[i]);
  }
  return "equal";
}

/// What one selection is asked for.
struct Ask {
  std::size_t budget = 0;
  Ties ties = Ties::hash;
  std::size_t threads = 1;
  std::uint64_t seed = 0;  // of the keys
  std::uint64_t draw = 0;  // of the random stream
  bool stop = false;       // before it begins
  // The call of the hook that asks to stop, where each is heard.
  std::optional<std::size_t> stop_at = {};
  std::size_t memory_limit = std::numeric_limits<std::size_t>::max();
  // The candidates, where they are not all of the pool's.
  std::optional<std::vector<std::size_t>> only = {};
};

class StrategyChecker {
 public:
  StrategyChecker(const AnyStrategy& strategy,
                  const CheckStrategyOptions& options)
      : strategy_(strategy),
        options_(options),
        pointwise_(strategy.kind() == AnyStrategy::Kind::pointwise) {}

  LawReport run() {
    const RandomStream random = RandomStream(options_.seed).derive("strategy");
    for (std::size_t i = 0; i < options_.pools; ++i) {
      RandomStream mine = random.derive(i);
      PoolRecipe recipe = recipe_of(i, mine);
      const std::size_t rows = std::min(recipe.rows, options_.most_rows);
      recipe.labelled = recipe.labelled * rows / recipe.rows;
      recipe.rows = rows;
      recipe.classes = std::min(recipe.classes, options_.most_classes);
      recipe.width = std::min(recipe.width, options_.most_width);
      where_ = "pool " + std::to_string(i) + " (" + recipe.describe() +
               ", seed " + std::to_string(options_.seed) + ')';
      check(StrategyPool(recipe, strategy_.needs(), mine.derive("pool")),
            recipe, mine);
    }
    if (options_.stochastic && choices_ > 0 && !seed_matters_) {
      violations_.add("another seed gives other picks",
                      "the same " + std::to_string(choices_) + " times");
    }
    return violations_.report();
  }

 private:
  PoolRecipe recipe_of(std::size_t i, RandomStream& random) const {
    // Each a case of its own; beyond them, everything mixed.
    const std::array<PoolRecipe, 12> special = {{
        {.rows = 1, .classes = 1, .width = 1},
        {.rows = 1, .classes = 2, .dtype = DType::f4},
        {.rows = 2, .all_equal = true},
        {.rows = 30, .classes = 1, .labelled = 4, .failed = 3},
        {.rows = 40, .classes = 1000, .width = 40, .dtype = DType::f4},
        {.rows = 50, .all_equal = true, .dtype = DType::f2},
        {.rows = 60, .classes = 3, .labelled = 9, .general = false},
        {.rows = 12, .labelled = 12},
        {.rows = 20, .labelled = 60},
        {.rows = 8, .failed = 60},
        {.rows = 60, .classes = 4, .failed = 20, .dtype = DType::f4},
        {.rows = options_.most_rows,
         .classes = 3,
         .labelled = options_.most_rows / 100,
         .failed = options_.most_rows / 100},
    }};
    if (i < special.size()) return special[i];
    const std::array classes = {1, 2, 3, 10, 100};
    const std::array widths = {1, 2, 5, 33};
    const std::array dtypes = {DType::f2, DType::f4, DType::f8};
    PoolRecipe recipe;
    recipe.rows = 1 + random.below(80);
    recipe.classes = classes[random.below(classes.size())];
    recipe.width = widths[random.below(widths.size())];
    recipe.labelled = random.below(2) * random.below(recipe.rows + 1);
    recipe.failed = random.below(2) * random.below(recipe.rows / 2 + 1);
    recipe.general = random.below(2) == 0;
    recipe.dtype = dtypes[random.below(dtypes.size())];
    return recipe;
  }

  /// Nothing, and a violation, when it throws.
  std::optional<Picks> select(const StrategyPool& pool, const Ask& ask,
                              const char* law) {
    SelectContext context;
    context.random = RandomStream(ask.draw);
    context.ties = ask.ties;
    context.threads = ask.threads;
    context.memory_limit = ask.memory_limit;
    std::optional<quarry::detail::Meter::EveryTime> heard;
    if (ask.stop_at) heard.emplace();
    hook_calls_ = 0;
    progress_is_one_ = true;
    std::optional<Progress> told;
    context.progress = [&](const Progress& now) {
      progress_is_one_ &= now.done <= now.total;
      if (told) {
        progress_is_one_ &= now.total == told->total && now.done >= told->done;
      }
      told = now;
      return hook_calls_++ == ask.stop_at ? Flow::stop : Flow::go_on;
    };
    std::stop_source source;
    if (ask.stop) source.request_stop();
    context.stop = source.get_token();
    try {
      PoolView view = pool.view(ask.seed);
      if (ask.only) view = view.with_candidates(*ask.only);
      RankedPicks chosen = select_from(strategy_, view, ask.budget, context);
      complete_ = chosen.complete;
      return std::move(chosen.picks);
    } catch (const Error& error) {
      const bool allowed =
          ask.memory_limit == 0 && error.id() == "strategy.memory";
      if (!allowed) violate(law, error.what(), ask);
    } catch (const std::exception& error) {
      violate(law, error.what(), ask);
    }
    return std::nullopt;
  }

  void violate(const std::string& law, const std::string& what,
               const Ask& ask) {
    violations_.add(
        law,
        what + " in " + where_ + ", budget " + std::to_string(ask.budget) +
            (ask.ties == Ties::hash ? ", ties by hash" : ", ties by index") +
            ", threads " + std::to_string(ask.threads));
  }

  void expect_same(const Picks& a, const std::optional<Picks>& b,
                   const char* law, const Ask& ask) {
    if (b && !same(a, *b)) violate(law, difference(a, *b), ask);
  }

  void check(const StrategyPool& pool, const PoolRecipe& recipe,
             RandomStream& random) {
    const std::size_t count = pool.candidates().size();
    std::set<std::size_t> budgets = {0, 1};
    if (pointwise_ || count <= 1000) {
      budgets.merge(std::set{count / 3, count, count + 3});
    } else {
      // All of a large pool is dear for a greedy strategy, and nothing new.
      budgets.insert(50);
    }
    for (const std::size_t budget : budgets) {
      for (const Ties ties : {Ties::hash, Ties::index}) {
        const Ask ask{.budget = budget, .ties = ties, .seed = options_.seed};
        check_one(pool, recipe, ask, random);
      }
    }
  }

  void check_one(const StrategyPool& pool, const PoolRecipe& recipe,
                 const Ask& ask, RandomStream& random) {
    const char* law = "a lawful selection";
    const std::optional<Picks> picks = select(pool, ask, law);
    if (!picks) return;
    check_lawful(pool, *picks, ask);

    law = "the same twice";
    expect_same(*picks, select(pool, ask, law), law, ask);
    law = "the same with any number of threads";
    for (const std::size_t threads : {2, 7}) {
      Ask other = ask;
      other.threads = threads;
      expect_same(*picks, select(pool, other, law), law, other);
    }
    law = "what failed rows hold does not matter";
    expect_same(*picks, select(pool.with_failed_rows_filled(), ask, law), law,
                ask);
    if (pointwise_) check_order(pool, *picks, ask);
    if (options_.in_order) {
      check_in_order(pool, *picks, ask, random);
    } else if (ask.ties == Ties::hash) {
      check_permuted(pool, recipe, *picks, ask, random);
    }
    const std::size_t count = pool.candidates().size();
    const bool few = ask.budget > 1 && ask.budget < count && count <= 1000;
    if (few && ask.ties == Ties::hash) check_stopped(pool, *picks, ask);
    check_cut_short(pool, *picks, ask);
    check_seed(pool, *picks, ask);
  }

  void check_lawful(const StrategyPool& pool, const Picks& picks,
                    const Ask& ask) {
    // `select_from` has seen to it that they are distinct candidates.
    const std::size_t wanted = std::min(ask.budget, pool.candidates().size());
    if (picks.size() != wanted && !options_.in_order) {
      violate("|picks| == min(b, |U|)",
              std::to_string(picks.size()) + " instead of " +
                  std::to_string(wanted),
              ask);
    }
    for (const RankedPick& pick : picks) {
      const bool none = !pointwise_ && std::isnan(pick.score);
      if (none || pick.score < std::numeric_limits<double>::infinity()) {
        continue;
      }
      violate("a score is finite or -inf (or NaN, from a set strategy)",
              std::to_string(pick.score), ask);
    }
  }

  /// The picks are rows that were decided one after the other.
  void check_in_order(const StrategyPool& pool, const Picks& picks,
                      const Ask& ask, RandomStream& random) {
    const auto later = [](const RankedPick& a, const RankedPick& b) {
      return a.index >= b.index;
    };
    const auto back = std::adjacent_find(picks.begin(), picks.end(), later);
    if (back != picks.end()) {
      violate("picks come in the order of rows",
              "row " + std::to_string(back->index) + " is not last", ask);
    }
    const auto candidates = pool.candidates();
    Ask other = ask;
    other.budget = candidates.size();
    const char* law = "fewer picks are the first of more";
    std::optional<Picks> more = select(pool, other, law);
    if (more) more->resize(std::min(more->size(), ask.budget));
    expect_same(picks, more, law, ask);

    law = "a row is decided by those before it";
    const auto seen = candidates.first(random.below(candidates.size() + 1));
    other = ask;
    other.only = {seen.begin(), seen.end()};
    Picks early = picks;
    std::erase_if(early, [&](const RankedPick& pick) {
      return seen.empty() || pick.index > seen.back();
    });
    expect_same(early, select(pool, other, law), law, ask);
  }

  /// All rows sorted by the scores they have as the only candidate are the
  /// picks.
  void check_order(const StrategyPool& pool, const Picks& picks,
                   const Ask& ask) {
    if (pool.candidates().size() > 1000) {
      check_some_alone(pool, picks, ask);
      check_first_of_all(pool, picks, ask);
      return;
    }
    std::vector<ScoredRow> rows;
    const PoolView view = pool.view(ask.seed);
    for (const std::size_t row : pool.candidates()) {
      const std::optional<double> score = score_alone(pool, row, ask);
      if (!score) return;
      rows.push_back({*score, view.key(row), row});
    }
    std::sort(rows.begin(), rows.end(), PickOrder(ask.ties));
    rows.resize(std::min(rows.size(), ask.budget));
    Picks wanted;
    for (const ScoredRow& row : rows) wanted.push_back({row.index, row.score});
    expect_same(picks, wanted,
                "the order is total, and a score depends on its row alone",
                ask);
  }

  void check_some_alone(const StrategyPool& pool, const Picks& picks,
                        const Ask& ask) {
    for (std::size_t i = 0; i < picks.size(); i += 1 + picks.size() / 20) {
      const std::optional<double> alone =
          score_alone(pool, picks[i].index, ask);
      if (!alone || same_score(*alone, picks[i].score)) continue;
      violate("a score depends on its row alone",
              std::to_string(*alone) + " alone, " +
                  std::to_string(picks[i].score) + " in a block",
              ask);
    }
  }

  /// No row was left out for a score that would have been picked: with all
  /// rows for a budget there is none that is too low.
  void check_first_of_all(const StrategyPool& pool, const Picks& picks,
                          const Ask& ask) {
    Ask other = ask;
    other.budget = pool.candidates().size();
    const char* const law = "what score_above leaves out is below the floor";
    std::optional<Picks> all = select(pool, other, law);
    if (all) all->resize(std::min(all->size(), picks.size()));
    expect_same(picks, all, law, ask);
  }

  std::optional<double> score_alone(const StrategyPool& pool, std::size_t row,
                                    Ask ask) {
    ask.budget = 1;
    ask.only = {row};
    const std::optional<Picks> picks =
        select(pool, ask, "a row can be the only candidate");
    if (!picks || picks->empty()) return std::nullopt;
    return picks->front().score;
  }

  void check_permuted(const StrategyPool& pool, const PoolRecipe& recipe,
                      const Picks& picks, const Ask& ask,
                      RandomStream& random) {
    // Rounding may decide among rows that tie without being equal.
    if (!pointwise_ && (options_.stochastic || !recipe.general)) return;
    std::vector<std::size_t> order(pool.rows());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(std::span(order));
    const char* const law = "permuting the pool permutes the picks";
    std::optional<Picks> other = select(pool.permuted(order), ask, law);
    if (!other) return;
    for (std::size_t i = 0; i < other->size(); ++i) {
      RankedPick& pick = (*other)[i];
      pick.index = order[pick.index];
      // A set strategy may add up the pool in another order.
      if (!pointwise_ && i < picks.size()) pick.score = picks[i].score;
    }
    expect_same(picks, other, law, ask);
  }

  /// Stops it at several points of its way.
  void check_stopped(const StrategyPool& pool, const Picks& picks, Ask ask) {
    const char* const law = "asked to stop, it returns the first of the picks";
    ask.stop_at = std::numeric_limits<std::size_t>::max();
    expect_same(picks, select(pool, ask, law), law, ask);
    if (!progress_is_one_) {
      violate("progress has one total, and does not go back", "it does", ask);
    }
    const std::size_t calls = hook_calls_;
    for (const std::size_t at :
         std::set{std::size_t{0}, calls / 3, calls * 2 / 3, calls - 1}) {
      if (at >= calls) continue;
      ask.stop_at = at;
      const std::optional<Picks> first = select(pool, ask, law);
      // The best of the rows that a pointwise strategy has seen are others.
      if (!first || (pointwise_ && !complete_)) continue;
      const std::size_t count =
          complete_ ? picks.size() : std::min(first->size(), picks.size());
      expect_same(
          {picks.begin(), picks.begin() + static_cast<std::ptrdiff_t>(count)},
          first, law, ask);
    }
  }

  void check_cut_short(const StrategyPool& pool, const Picks& picks, Ask ask) {
    ask.stop = true;
    select(pool, ask, "asked to stop, it returns lawful picks");
    ask.stop = false;
    ask.memory_limit = 0;
    const char* const law = "short of memory, it says strategy.memory";
    expect_same(picks, select(pool, ask, law), law, ask);
  }

  void check_seed(const StrategyPool& pool, const Picks& picks, Ask ask) {
    // Under `Ties::index` keys decide nothing but what is drawn from them.
    if (!options_.stochastic || picks.size() < 2 || ask.ties != Ties::index) {
      return;
    }
    ask.draw = options_.seed + 1;
    if (pointwise_) ask.seed += 1;
    const std::optional<Picks> other = select(pool, ask, "a lawful selection");
    if (!other) return;
    ++choices_;
    if (!same(picks, *other)) seed_matters_ = true;
  }

  const AnyStrategy& strategy_;
  const CheckStrategyOptions& options_;
  bool pointwise_;
  std::string where_;
  Violations violations_;
  // Of the selection before.
  bool progress_is_one_ = true;
  bool complete_ = true;
  std::size_t hook_calls_ = 0;
  std::size_t choices_ = 0;
  bool seed_matters_ = false;
};

}  // namespace

LawReport check_strategy(const AnyStrategy& strategy,
                         const CheckStrategyOptions& options) {
  QUARRY_EXPECTS(
      options.pools > 0 && options.most_rows > 0 && options.most_classes > 0 &&
          options.most_width > 0,
      "check_strategy: at least one pool, row, class, and number a row");
  return StrategyChecker(strategy, options).run();
}

}  // namespace quarry::testing
