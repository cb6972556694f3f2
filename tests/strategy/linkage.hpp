#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "quarry/strategy/kernels/average_linkage.hpp"

namespace quarry::test {

/// Average linkage by its definition: the two clusters of least mean distance,
/// again and again; numbers in the order of their first points. Without `mean`
/// the distance of the points that are farthest.
inline std::vector<std::size_t> naive_linkage(std::size_t count,
                                              const auto& between,
                                              const kernels::Cut& cut,
                                              bool mean = true) {
  std::vector<std::vector<std::size_t>> clusters;
  for (std::size_t i = 0; i < count; ++i) clusters.push_back({i});
  while (clusters.size() > std::max<std::size_t>(cut.clusters, 1)) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t first = 0, second = 0;
    for (std::size_t a = 0; a < clusters.size(); ++a) {
      for (std::size_t b = a + 1; b < clusters.size(); ++b) {
        double sum = 0.0, most = 0.0;
        for (const std::size_t i : clusters[a]) {
          for (const std::size_t j : clusters[b]) {
            sum += between(i, j);
            most = std::max<double>(most, between(i, j));
          }
        }
        const auto pairs =
            static_cast<double>(clusters[a].size() * clusters[b].size());
        const double distance = mean ? sum / pairs : most;
        if (distance < least) {
          least = distance;
          first = a;
          second = b;
        }
      }
    }
    if (least > cut.distance) break;
    auto& into = clusters[first];
    into.insert(into.end(), clusters[second].begin(), clusters[second].end());
    std::sort(into.begin(), into.end());
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(second));
  }
  std::sort(clusters.begin(), clusters.end());
  std::vector<std::size_t> numbers(count);
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    for (const std::size_t i : clusters[c]) numbers[i] = c;
  }
  return numbers;
}

}  // namespace quarry::test
