#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace quarry::test {

/// k-means as in the books: all pairs, no vectors, no threads.
struct Lloyd {
  std::vector<std::vector<double>> rows;
  std::vector<double> weights = {};
  std::vector<std::vector<double>> centroids = {};
  std::vector<std::size_t> which = {};

  static double squared(const std::vector<double>& a,
                        const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      sum += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return sum;
  }

  void assign() {
    which.assign(rows.size(), 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t c = 1; c < centroids.size(); ++c) {
        if (squared(rows[i], centroids[c]) <
            squared(rows[i], centroids[which[i]])) {
          which[i] = c;
        }
      }
    }
  }

  void run(std::size_t iterations = 1000) {
    std::vector<std::size_t> before;
    for (std::size_t t = 0; t < iterations; ++t) {
      assign();
      if (which == before) return;
      before = which;
      for (std::size_t c = 0; c < centroids.size(); ++c) {
        std::vector<double> sum(centroids[c].size(), 0.0);
        double weight = 0.0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          if (which[i] != c) continue;
          weight += weights[i];
          for (std::size_t k = 0; k < sum.size(); ++k) {
            sum[k] += weights[i] * rows[i][k];
          }
        }
        if (weight <= 0.0) continue;
        for (double& x : sum) x /= weight;
        centroids[c] = sum;
      }
    }
    assign();
  }

  /// For each centroid the nearest row that is not taken, the first of equals.
  std::vector<std::size_t> nearest_distinct() const {
    std::vector<bool> taken(rows.size(), false);
    std::vector<std::size_t> picks;
    for (const auto& centroid : centroids) {
      if (picks.size() == rows.size()) break;
      std::size_t best = rows.size();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!taken[i] &&
            (best == rows.size() ||
             squared(rows[i], centroid) < squared(rows[best], centroid))) {
          best = i;
        }
      }
      taken[best] = true;
      picks.push_back(best);
    }
    return picks;
  }

  /// Whether those rows are such, but for rounding: the mean of two rows is
  /// equally near to both.
  bool are_nearest_distinct(const std::vector<std::size_t>& picks) const {
    std::vector<bool> taken(rows.size(), false);
    for (std::size_t c = 0; c < picks.size(); ++c) {
      double least = HUGE_VAL;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!taken[i]) least = std::min(least, squared(rows[i], centroids[c]));
      }
      if (picks[c] >= rows.size()) return false;
      const double mine = squared(rows[picks[c]], centroids[c]);
      if (taken[picks[c]] || mine > least * (1 + 1e-12)) return false;
      taken[picks[c]] = true;
    }
    return picks.size() == std::min(rows.size(), centroids.size());
  }
};

/// The places of some of `rows`, which ascend.
inline std::vector<std::size_t> places_in(
    const std::vector<std::size_t>& rows,
    const std::vector<std::size_t>& some) {
  std::vector<std::size_t> places;
  for (const std::size_t row : some) {
    const auto at = std::lower_bound(rows.begin(), rows.end(), row);
    places.push_back(at == rows.end() || *at != row
                         ? rows.size()
                         : static_cast<std::size_t>(at - rows.begin()));
  }
  return places;
}

/// Rows of `width` numbers.
inline std::vector<std::vector<double>> rows_of_width(
    const std::vector<double>& x, std::size_t width) {
  std::vector<std::vector<double>> rows(x.size() / width);
  for (std::size_t i = 0; i < x.size(); ++i) rows[i / width].push_back(x[i]);
  return rows;
}

}  // namespace quarry::test
