#include "strategy/given_clusters.hpp"

#include <cmath>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry::detail {

std::vector<std::int64_t> given_clusters(const PoolView& pool,
                                         std::span<const std::size_t> rows) {
  const ArrayView& given = pool.input(inputs::clusters);
  if (given.rank() != 1 || given.rows() != pool.rows()) {
    raise("strategy.input_shape",
          "clusters must be [N], a number for each of the " +
              std::to_string(pool.rows()) + " rows, not " + given.describe());
  }
  // Beyond it not every whole number is one of double precision.
  constexpr double most = 9007199254740992.0;
  std::vector<std::int64_t> clusters;
  clusters.reserve(rows.size());
  for (const std::size_t row : rows) {
    double number = 0.0;
    given.read_row(row, std::span(&number, 1));
    if (!(number >= 0.0 && number < most && number == std::floor(number))) {
      raise("strategy.bad_row",
            "row " + std::to_string(row) + " of clusters is " +
                std::to_string(number),
            "clusters are whole numbers from 0");
    }
    clusters.push_back(static_cast<std::int64_t>(number));
  }
  return clusters;
}

std::optional<std::vector<std::int64_t>> clusters_of(
    std::span<const std::size_t> rows, const ClusterTask& task,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster) {
  if (task.pool.has(inputs::clusters)) return given_clusters(task.pool, rows);
  const kernels::Clusters found = cluster(task);
  if (!found.complete) return std::nullopt;
  return std::vector<std::int64_t>(found.which.begin(), found.which.end());
}

}  // namespace quarry::detail
