#include "quarry/strategy/diversity/clusterer.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry {
namespace {

RowMatrix<double> given_start(const ArrayView& given, std::size_t k,
                              std::size_t width) {
  if (!is_float(given.dtype()) || given.rank() != 2 || given.rows() != k ||
      given.cols() != width) {
    raise("strategy.input_shape",
          "init_centroids is " + given.describe() + ", but there are to be " +
              std::to_string(k) + " centroids of rows of " +
              std::to_string(width) + " numbers",
          "give one row a cluster, or leave it out: k-means++ begins then");
  }
  RowMatrix<double> start(k, width);
  for (std::size_t c = 0; c < k; ++c) {
    const std::span<double> row(start.row(static_cast<Eigen::Index>(c)).data(),
                                width);
    given.read_row(c, row);
    for (const double x : row) {
      if (std::isfinite(x)) continue;
      raise("strategy.bad_row",
            "row " + std::to_string(c) + " of init_centroids is not finite");
    }
  }
  return start;
}

}  // namespace

kernels::Clusters WeightedKMeans::cluster(const ClusterTask& task) const {
  const std::size_t threads = task.context.threads;
  SelectDevice* const device = kernels::Nearest::device_within(
      task.room, task.context.device.get(), task.rows.size(), task.k,
      task.rows.width());
  RowMatrix<double> start;
  if (task.pool.has(inputs::init_centroids)) {
    start = given_start(task.pool.input(inputs::init_centroids), task.k,
                        task.rows.width());
  } else {
    RandomStream random = task.context.random.derive("k_means");
    start = kernels::k_means_start(task.rows, task.weights, task.k, random,
                                   threads, task.go_on, task.room, device);
  }
  return kernels::k_means(task.rows, task.weights, std::move(start), options,
                          threads, task.go_on, task.room, device);
}

}  // namespace quarry
