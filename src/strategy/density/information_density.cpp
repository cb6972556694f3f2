#include "quarry/strategy/density/information_density.hpp"

#include "strategy/part_sums.hpp"

namespace quarry::detail {

std::vector<double> mean_similarities(const Similarity& similarity,
                                      std::span<const std::size_t> rows,
                                      bool self_included, std::size_t threads) {
  std::vector<ExactSum> sums = sums_over_ground(similarity, rows, threads);
  std::vector<double> means;
  const std::size_t count = similarity.size() - (self_included ? 0 : 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!self_included) sums[i].add(-similarity.self(rows[i]));
    const double sum = std::max(0.0, sums[i].value());
    means.push_back(count == 0 ? 0.0 : sum / static_cast<double>(count));
  }
  return means;
}

std::size_t mean_similarities_bytes(std::size_t ground) {
  return PartSums::bytes(density_batch, ground) +
         density_batch * (sizeof(ExactSum) + sizeof(double));
}

}  // namespace quarry::detail
