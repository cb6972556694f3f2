#include "strategy/hybrid/fisher.hpp"

#include <cmath>

#include "quarry/strategy/needs.hpp"

namespace quarry::detail {

FisherRow fisher_row(const PoolView& pool, std::size_t row) {
  const ArrayView& p = pool.input(inputs::probabilities);
  const ArrayView& h = pool.input(inputs::embeddings);
  FisherRow read{std::vector<double>(p.cols()), std::vector<double>(h.cols())};
  p.read_row(row, read.p);
  h.read_row(row, read.h);
  return read;
}

Square fisher_sum(const PoolView& pool, std::span<const std::size_t> rows) {
  const auto classes =
      static_cast<Eigen::Index>(pool.input(inputs::probabilities).cols());
  const auto width =
      static_cast<Eigen::Index>(pool.input(inputs::embeddings).cols());
  Square sum = Square::Zero(classes * width, classes * width);
  // So many rows at once, as factors one below the other.
  constexpr std::size_t block = 16;
  Square factors;
  for (std::size_t first = 0; first < rows.size(); first += block) {
    const auto part = rows.subspan(first, std::min(block, rows.size() - first));
    factors.resize(static_cast<Eigen::Index>(part.size()) * classes,
                   classes * width);
    for (std::size_t i = 0; i < part.size(); ++i) {
      factors.middleRows(static_cast<Eigen::Index>(i) * classes, classes) =
          fisher_factor(fisher_row(pool, part[i]));
    }
    sum.selfadjointView<Eigen::Lower>().rankUpdate(factors.transpose());
  }
  sum.triangularView<Eigen::StrictlyUpper>() = sum.transpose();
  return sum;
}

Square fisher_factor(const FisherRow& row) {
  const auto classes = static_cast<Eigen::Index>(row.p.size());
  const auto width = static_cast<Eigen::Index>(row.h.size());
  const Eigen::Map<const Eigen::RowVectorXd> h(row.h.data(), width);
  Square factor(classes, classes * width);
  for (Eigen::Index c = 0; c < classes; ++c) {
    const double root = std::sqrt(row.p[static_cast<std::size_t>(c)]);
    for (Eigen::Index j = 0; j < classes; ++j) {
      const double a =
          (c == j ? 1.0 : 0.0) - row.p[static_cast<std::size_t>(j)];
      factor.row(c).segment(j * width, width) = root * a * h;
    }
  }
  return factor;
}

Square projected(const std::vector<double>& p, const double* blocks) {
  const std::size_t classes = p.size();
  const auto at = [&](std::size_t i, std::size_t j) {
    return blocks[i * classes + j];
  };
  // (e_i − p)ᵀ B (e_j − p), term by term.
  std::vector<double> mean(classes, 0.0);  // B p
  double whole = 0.0;                      // pᵀ B p
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) mean[i] += at(i, j) * p[j];
    whole += p[i] * mean[i];
  }
  Square product(static_cast<Eigen::Index>(classes),
                 static_cast<Eigen::Index>(classes));
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) {
      product(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          std::sqrt(p[i] * p[j]) * (at(i, j) - mean[i] - mean[j] + whole);
    }
  }
  return product;
}

}  // namespace quarry::detail
