#include "quarry/testing/check_distance.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/parallel.hpp"

#include "core/numbers.hpp"
#include "testing/policy_rows.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using quarry::detail::shortest;

template <class T>
std::span<const T> row_of(const RowMatrix<T>& rows, std::size_t i) {
  const auto width = static_cast<std::size_t>(rows.cols());
  return {rows.data() + i * width, width};
}

class DistanceChecker {
 public:
  DistanceChecker(const detail::AnyDistance& distance, Violations& violations)
      : distance_(distance), violations_(violations) {}

  void check(const PolicyRows& set) {
    const RowMatrix<float> floats = set.rows.cast<float>();
    const RowMatrix<double> copies = set.rows;
    const auto count = static_cast<std::size_t>(set.rows.rows());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        const auto a = row_of(set.rows, i), b = row_of(set.rows, j);
        const double reduced = distance_.doubles(a, b);
        const std::string where = set.pair(i, j);
        if (!std::isfinite(reduced) || reduced < 0.0) {
          violations_.add("reduced(a, b) is finite and >= 0",
                          shortest(reduced) + ", " + where);
          continue;
        }
        const double turned = distance_.doubles(b, a);
        if (reduced != turned) {
          violations_.add("reduced(a, b) == reduced(b, a)",
                          both(reduced, turned) + where);
        }
        if (set.rows.row(i) == set.rows.row(j)) {
          const double same =
              std::max(reduced, distance_.doubles(a, row_of(copies, j)));
          if (same != 0.0) {
            violations_.add("reduced(a, a) == 0",
                            shortest(same) + ", " + where);
          }
        }
        const double of_floats =
            distance_.floats(row_of(floats, i), row_of(floats, j));
        if (!(std::abs(of_floats - reduced) <= 1e-9 * reduced)) {
          violations_.add("of floats it is what it is of doubles",
                          both(of_floats, reduced) + where);
        }
        seen_.push_back(reduced);
      }
    }
    check_threads(set);
  }

  /// Of all that was seen.
  void check_order() {
    std::sort(seen_.begin(), seen_.end());
    if (const double none = distance_.distance(0.0); none != 0.0) {
      violations_.add("distance(0) == 0", shortest(none));
    }
    double before = -std::numeric_limits<double>::infinity();
    for (const double reduced : seen_) {
      const double now = distance_.distance(reduced);
      if (!std::isfinite(now) || now < before) {
        violations_.add("distance(r) ascends with r, finite",
                        both(before, now) + "r = " + shortest(reduced));
      }
      before = now;
    }
  }

 private:
  void check_threads(const PolicyRows& set) {
    const auto count = static_cast<std::size_t>(set.rows.rows());
    const auto all = [&](std::size_t threads) {
      std::vector<double> values(count * count);
      quarry::detail::parallel_blocks(
          count, 1, threads, [&](std::size_t i, std::size_t) {
            for (std::size_t j = 0; j < count; ++j) {
              values[i * count + j] =
                  distance_.doubles(row_of(set.rows, i), row_of(set.rows, j));
            }
          });
      return values;
    };
    const std::vector<double> one = all(1), many = all(7);
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (one[i] == many[i] || (std::isnan(one[i]) && std::isnan(many[i]))) {
        continue;
      }
      violations_.add("the same from many threads at once",
                      both(one[i], many[i]) + set.pair(i / count, i % count));
    }
  }

  const detail::AnyDistance& distance_;
  Violations& violations_;
  std::vector<double> seen_;
};

}  // namespace

LawReport detail::check_distance(const AnyDistance& distance,
                                 const CheckDistanceOptions& options) {
  QUARRY_EXPECTS(options.rows >= 2, "check_distance: at least two rows");
  Violations violations;
  try {
    DistanceChecker checker(distance, violations);
    for (const PolicyRows& set :
         options.probabilities
             ? policy_probabilities(options.seed, options.rows)
             : policy_rows(options.seed, options.rows)) {
      checker.check(set);
    }
    checker.check_order();
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

}  // namespace quarry::testing
