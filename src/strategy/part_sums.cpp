#include "strategy/part_sums.hpp"

namespace quarry::detail {

std::vector<ExactSum> sums_over_ground(const Similarity& similarity,
                                       std::span<const std::size_t> rows,
                                       std::size_t threads) {
  PartSums sums(rows.size(), similarity);
  similarity.visit(
      rows, threads,
      [&](std::size_t i, std::size_t first, std::span<const double> values) {
        ExactSum sum = sums.at(i, first);
        for (const double value : values) sum.add(value);
        sums.at(i, first) = sum;
      });
  std::vector<ExactSum> whole(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) whole[i] = sums.whole(i);
  return whole;
}

}  // namespace quarry::detail
