// A clusterer of your own, for strategies that take samples from clusters.
//
// Centroids are samples, each the one farthest from those before it: an outlier
// gets a cluster of its own, which k-means would not give it.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <span>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_clusterer.hpp>

// [clusterer]
struct FarthestFirst {
  quarry::kernels::Clusters cluster(const quarry::ClusterTask& task) const {
    const std::size_t count = task.rows.size(), width = task.rows.width();
    quarry::kernels::Clusters found{
        .centroids = quarry::RowMatrix<double>(task.k, width),
        .which = std::vector<std::uint32_t>(count)};
    std::vector<double> row(width), nearest(count, HUGE_VAL);
    std::size_t next = 0;
    for (std::uint32_t c = 0; c < task.k; ++c) {
      found.complete = task.go_on() == quarry::Flow::go_on;
      if (!found.complete) break;
      const std::span<double> centroid(found.centroids.row(c).data(), width);
      task.rows.read(next, centroid);
      for (std::size_t i = 0; i < count; ++i) {
        task.rows.read(i, std::span(row));
        const double d = quarry::Euclidean().reduced<double>(row, centroid);
        if (d >= nearest[i]) continue;
        nearest[i] = d;
        found.which[i] = c;
      }
      next = static_cast<std::size_t>(
          std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
    }
    return found;
  }
  std::size_t bytes(std::size_t rows, std::size_t k, std::size_t width,
                    std::size_t /*threads*/) const {
    return rows * (sizeof(double) + sizeof(std::uint32_t)) +
           (k + 1) * width * sizeof(double);
  }
};
// [clusterer]

// Any strategy of clusters takes it.
static_assert(
    quarry::SetStrategy<quarry::Dbal<quarry::Entropy, FarthestFirst>>);

int main() {
  // [check]
  const auto laws = quarry::testing::check_clusterer(FarthestFirst());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]

  const std::vector<float> embeddings = {0, 1, 1, 2, 9, 40};
  const quarry::PoolView pool(
      {.rows = 6,
       .inputs = {{quarry::inputs::embeddings,
                   quarry::ArrayView(embeddings.data(), {6, 1})}},
       .candidates = {0, 1, 2, 3, 4, 5},
       .keys = quarry::row_keys(6, /*seed=*/0)});
  quarry::SelectContext context;
  std::cout << "rows";
  for (const quarry::RankedPick& pick : quarry::select_from(
           quarry::KMeans(FarthestFirst()), pool, /*budget=*/3, context)) {
    std::cout << ' ' << pick.index;
  }
  std::cout << '\n';
  return laws.ok() ? 0 : 1;
}
