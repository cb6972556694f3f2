#include "quarry/testing/check_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/sums.hpp"

#include "core/numbers.hpp"
#include "testing/policy_rows.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using quarry::detail::shortest;

using Pair =
    std::function<double(std::span<const double>, std::span<const double>)>;

double product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class KernelChecker {
 public:
  KernelChecker(const detail::AnyKernel& kernel, Violations& violations)
      : kernel_(kernel), violations_(violations) {}

  void check(PolicyRows set) {
    if (kernel_.of_rows) check_pairs(set, kernel_.of_rows);
    if (!kernel_.of_products) return;
    if (kernel_.unit_rows) {
      for (Eigen::Index i = 0; i < set.rows.rows(); ++i) {
        const double length = quarry::detail::length_of(row_of(set, i));
        if (length > 0.0) set.rows.row(i) /= length;
      }
    }
    check_pairs(set, [&](std::span<const double> a, std::span<const double> b) {
      return kernel_.of_products(product(a, b), product(a, a), product(b, b));
    });
    if (kernel_.bounds) check_bounds(set);
  }

  /// Of all bounds that were seen: whether they are of use.
  void check_tightness() {
    if (excess_.empty()) return;
    std::sort(excess_.begin(), excess_.end());
    const double most = excess_[excess_.size() * 9 / 10];
    if (most <= 1e-3 * (greatest_ - least_)) return;
    violations_.add("bounds(v) is hardly above the similarity",
                    "one in ten is more than " + shortest(most) +
                        " above it, where similarities range from " +
                        shortest(least_) + " to " + shortest(greatest_));
  }

 private:
  static std::span<const double> row_of(const PolicyRows& set, Eigen::Index i) {
    return {set.rows.row(i).data(), static_cast<std::size_t>(set.rows.cols())};
  }

  static std::vector<double> all_pairs(const PolicyRows& set, const Pair& pair,
                                       std::size_t threads) {
    const auto count = static_cast<std::size_t>(set.rows.rows());
    std::vector<double> values(count * count);
    quarry::detail::parallel_blocks(
        count, 1, threads, [&](std::size_t i, std::size_t) {
          for (std::size_t j = 0; j < count; ++j) {
            values[i * count + j] =
                pair(row_of(set, static_cast<Eigen::Index>(i)),
                     row_of(set, static_cast<Eigen::Index>(j)));
          }
        });
    return values;
  }

  void check_pairs(const PolicyRows& set, const Pair& pair) {
    const auto count = static_cast<std::size_t>(set.rows.rows());
    const std::vector<double> values = all_pairs(set, pair, 1),
                              again = all_pairs(set, pair, 7);
    const auto at = [&](std::size_t i, std::size_t j) {
      return values[i * count + j];
    };
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        const double value = at(i, j);
        if (!std::isfinite(value)) {
          violations_.add("similarity is finite",
                          shortest(value) + ", " + set.pair(i, j));
          continue;
        }
        expect_equal("similarity is symmetric", value, at(j, i), set, i, j);
        expect_equal("the same from many threads at once", value,
                     again[i * count + j], set, i, j);
        if (i > 0 && set.rows.row(i) == set.rows.row(i - 1)) {
          expect_equal("rows that are equal are equally like any other", value,
                       at(i - 1, j), set, i, j);
        }
      }
    }
  }

  void expect_equal(const char* law, double a, double b, const PolicyRows& set,
                    std::size_t i, std::size_t j) {
    if (a == b) return;
    violations_.add(law, both(a, b) + set.pair(i, j));
  }

  void check_bounds(const PolicyRows& set) {
    const auto count = static_cast<std::size_t>(set.rows.rows());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        const auto a = row_of(set, static_cast<Eigen::Index>(i)),
                   b = row_of(set, static_cast<Eigen::Index>(j));
        const double similarity =
            kernel_.of_products(product(a, b), product(a, a), product(b, b));
        const double squared = quarry::detail::sum_of_squares(
            a.size(), [&](std::size_t d) { return a[d] - b[d]; });
        const auto near = static_cast<float>(squared * (1.0 - 1e-6));
        std::array<float, 3> values = {near, near / 2, 0.0F};
        kernel_.bounds(values);
        for (const float bound : values) {
          if (double{bound} >= similarity || !std::isfinite(similarity)) {
            continue;
          }
          violations_.add("bounds(v) >= the similarity",
                          both(bound, similarity) + set.pair(i, j));
        }
        // A row of zeros has a distance of its own.
        if (product(a, a) > 0.0 && product(b, b) > 0.0) {
          excess_.push_back(double{values[0]} - similarity);
        }
        least_ = std::min(least_, similarity);
        greatest_ = std::max(greatest_, similarity);
      }
    }
  }

  const detail::AnyKernel& kernel_;
  Violations& violations_;
  std::vector<double> excess_;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

LawReport detail::check_kernel(const AnyKernel& kernel,
                               const CheckKernelOptions& options) {
  QUARRY_EXPECTS(options.rows >= 2, "check_kernel: at least two rows");
  Violations violations;
  try {
    KernelChecker checker(kernel, violations);
    for (const PolicyRows& set : policy_rows(options.seed, options.rows)) {
      checker.check(set);
    }
    checker.check_tightness();
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

}  // namespace quarry::testing
