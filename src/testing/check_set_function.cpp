#include "quarry/testing/check_set_function.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

#include "core/numbers.hpp"
#include "testing/strategy_pool.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using quarry::detail::shortest;

using detail::AnySetFunction;

class SetFunctionChecker {
 public:
  SetFunctionChecker(const CheckSetFunctionOptions& options,
                     Violations& violations)
      : options_(options), violations_(violations) {}

  /// Adds some of `rows`, `sets` times over.
  void check(const std::string& where, const detail::MakeSetFunction& make,
             std::span<const std::size_t> rows, std::size_t sets,
             RandomStream random) {
    for (std::size_t s = 0; s < sets; ++s) {
      std::vector<std::size_t> order(rows.begin(), rows.end());
      random.shuffle(std::span(order));
      const std::size_t picks =
          std::min(order.size() - 1, random.below(options_.most_picks) + 1);
      where_ = where + "set " + std::to_string(s) + " of " +
               std::to_string(picks) + " rows, seed " +
               std::to_string(options_.seed);
      check_set(make, order, picks);
    }
  }

  /// Whether two functions say the same of the same rows, to the last bit.
  void check_same(const char* law, const std::string& where,
                  const AnySetFunction& a, const AnySetFunction& b,
                  std::span<const std::size_t> rows) {
    const std::size_t picks = std::min(options_.most_picks, rows.size());
    for (std::size_t i = 0; i < picks; ++i) {
      for (const std::size_t row : rows.subspan(i)) {
        const double one = a.gain(row), other = b.gain(row);
        if (one == other || (std::isnan(one) && std::isnan(other))) continue;
        violations_.add(law, both(one, other) + of_row(row) + where);
      }
      a.calls.add(rows[i]);
      b.calls.add(rows[i]);
    }
  }

 private:
  static std::string of_row(std::size_t row) {
    return "row " + std::to_string(row) + ", ";
  }

  /// The first `picks` rows of `order` are added, and the others are asked
  /// about.
  void check_set(const detail::MakeSetFunction& make,
                 const std::vector<std::size_t>& order, std::size_t picks) {
    const AnySetFunction f = make();
    scale_ = 1.0;
    std::vector<double> before(order.size(),
                               std::numeric_limits<double>::infinity());
    double sum = 0.0;
    for (std::size_t i = 0; i <= picks; ++i) {
      const auto left = std::span(order).subspan(i);
      const std::vector<double> now = gains_of(f, left);
      for (std::size_t k = 0; f.calls.submodular && k < left.size(); ++k) {
        if (now[k] > before[i + k]) {
          violations_.add(
              "submodular: a gain never rises",
              both(before[i + k], now[k]) + of_row(left[k]) + where_);
        }
        before[i + k] = now[k];
      }
      if (i == picks) {
        check_order(make, order, picks, sum, now);
      } else {
        sum += now[0];
        f.calls.add(order[i]);
      }
    }
  }

  std::vector<double> gains_of(const AnySetFunction& f,
                               std::span<const std::size_t> rows) {
    std::vector<double> bounds(rows.size(),
                               std::numeric_limits<double>::infinity());
    std::vector<double> at_once(rows.size()), gains;
    constexpr std::size_t most = quarry::detail::greedy_batch;
    for (std::size_t i = 0; i < rows.size(); i += most) {
      const std::size_t n = std::min(most, rows.size() - i);
      const auto some = rows.subspan(i, n);
      if (f.calls.bounds) f.calls.bounds(some, std::span(bounds).subspan(i, n));
      f.calls.gains(some, std::span(at_once).subspan(i, n));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double gain = f.gain(rows[i]), again = f.gain(rows[i]);
      const std::string where = of_row(rows[i]) + where_;
      if (!(gain < std::numeric_limits<double>::infinity())) {
        violations_.add("a gain is finite or -inf",
                        shortest(gain) + ", " + where);
      } else if (gain != again) {
        violations_.add("a gain is the same twice", both(gain, again) + where);
      } else if (gain != at_once[i]) {
        violations_.add("gains(rows) == gain(row)",
                        both(at_once[i], gain) + where);
      } else if (!(bounds[i] >= gain)) {
        violations_.add("bounds(rows) >= gain(row)",
                        both(bounds[i], gain) + where);
      }
      if (std::isfinite(gain)) scale_ = std::max(scale_, std::abs(gain));
      gains.push_back(gain);
    }
    return gains;
  }

  bool near(double a, double b) const {
    return a == b || std::abs(a - b) <= 1e-9 * scale_;
  }

  /// The same rows, the last first.
  void check_order(const detail::MakeSetFunction& make,
                   const std::vector<std::size_t>& order, std::size_t picks,
                   double sum, const std::vector<double>& gains) {
    const AnySetFunction f = make();
    double other = 0.0;
    for (std::size_t i = picks; i-- > 0;) {
      other += f.gain(order[i]);
      f.calls.add(order[i]);
    }
    if (std::isfinite(sum) && std::isfinite(other) && !near(sum, other)) {
      violations_.add("gains have one sum in whatever order",
                      both(sum, other) + where_);
    }
    for (std::size_t k = 0; k < gains.size(); ++k) {
      const double gain = f.gain(order[picks + k]);
      if (near(gain, gains[k])) continue;
      violations_.add("gains do not depend on the order of what was added",
                      both(gains[k], gain) + of_row(order[picks + k]) + where_);
    }
  }

  const CheckSetFunctionOptions& options_;
  Violations& violations_;
  std::string where_;
  double scale_ = 1.0;  // of what is added up
};

void expect_options(const CheckSetFunctionOptions& options) {
  QUARRY_EXPECTS(options.sets > 0 && options.most_picks > 0,
                 "check_set_function: at least one set of at least one row");
}

}  // namespace

LawReport detail::check_set_function(const MakeSetFunction& make,
                                     std::span<const std::size_t> rows,
                                     const CheckSetFunctionOptions& options) {
  expect_options(options);
  QUARRY_EXPECTS(!rows.empty(), "check_set_function: a row");
  Violations violations;
  try {
    SetFunctionChecker(options, violations)
        .check("", make, rows, options.sets,
               RandomStream(options.seed).derive("set_function"));
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

LawReport detail::check_similarity_function(
    std::string_view name, const Needs& needs, const MakeOfPool& make,
    const CheckSetFunctionOptions& options) {
  expect_options(options);
  const std::array<PoolRecipe, 6> recipes = {{
      {.rows = 1},
      {.rows = 12, .general = false},
      {.rows = 30, .width = 5, .labelled = 4, .dtype = DType::f4},
      {.rows = 30, .all_equal = true},
      {.rows = 40, .width = 33, .labelled = 9, .failed = 4},
      // More than `Similarity` shows at once.
      {.rows = 1100, .width = 4, .labelled = 3, .dtype = DType::f2},
  }};
  const RandomStream random =
      RandomStream(options.seed).derive("similarity_function");
  Violations violations;
  SetFunctionChecker checker(options, violations);
  try {
    for (const PoolRecipe& recipe : recipes) {
      const RandomStream mine = random.derive(recipe.rows + recipe.all_equal);
      const StrategyPool pool(recipe, needs, mine.derive("pool"));
      const PoolView view = pool.view(options.seed);
      const std::string where =
          std::string(name) + " of a pool " + recipe.describe() + ", ";
      const auto made = [&](std::size_t threads, bool room) {
        SelectContext context;
        context.threads = threads;
        return make(view, context, room);
      };
      // Of a large pool some will do.
      std::vector<std::size_t> rows;
      const auto candidates = view.candidates();
      for (std::size_t i = 0; i < candidates.size();
           i += 1 + candidates.size() / 40) {
        rows.push_back(candidates[i]);
      }
      checker.check(
          where, [&] { return made(1, false); }, rows,
          recipe.rows > 1000 ? 1 : options.sets, mine.derive("sets"));
      for (const std::size_t threads : {2, 7}) {
        checker.check_same("the same with any number of threads", where,
                           made(1, false), made(threads, false), rows);
      }
      checker.check_same("what it may allocate changes no gain", where,
                         made(1, false), made(1, true), rows);
    }
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

}  // namespace quarry::testing
