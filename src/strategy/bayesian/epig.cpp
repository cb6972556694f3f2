#include "quarry/strategy/bayesian/epig.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/strategy/bayesian/consensus.hpp"

#include "strategy/passes.hpp"

namespace quarry {
namespace {

/// What is known about one sample.
struct KnownRow {
  KnownRow(const ArrayView& all, std::size_t i)
      : passes(detail::rows_for(all)) {
    detail::read_passes(all, i, passes);
    mean = consensus(view());
  }
  RowsView view() const {
    return {passes.data(), passes.rows(), passes.cols()};
  }

  Rows passes;
  Row mean;
};

/// Of the labels of two samples, in nats; never negative, and exactly 0 where
/// the passes of either agree.
double mutual_information(const KnownRow& a, const KnownRow& b, Row& joint) {
  const Eigen::Index passes = a.passes.rows();
  double sum = 0.0;
  joint.resize(b.mean.size());
  for (Eigen::Index y = 0; y < a.mean.size(); ++y) {
    // From differences, which are nothing where passes agree.
    joint.setZero();
    for (Eigen::Index k = 0; k < passes; ++k) {
      joint += (a.passes(k, y) - a.mean[y]) * (b.passes.row(k) - b.mean);
    }
    joint = a.mean[y] * b.mean + joint / static_cast<double>(passes);
    for (Eigen::Index z = 0; z < joint.size(); ++z) {
      const double alone = a.mean[y] * b.mean[z];
      if (joint[z] > 0.0 && alone > 0.0) {
        sum += joint[z] * std::log(joint[z] / alone);
      }
    }
  }
  return std::max(0.0, sum);
}

}  // namespace

void Epig::score(const PredictionBlock& block, std::span<double> out) const {
  const ArrayView& passes = block.input(inputs::passes);
  const ArrayView& targets = block.input(inputs::target_passes);
  if (targets.rank() != 3 || targets.rows() != passes.rows() ||
      targets.shape()[1] == 0) {
    raise("strategy.input_shape",
          "target_probs_mc is " + targets.describe() + ", but the passes are " +
              passes.describe(),
          "it must be [K, M, C]: as many passes of the same models, of at "
          "least one sample");
  }
  std::vector<KnownRow> known;
  for (std::size_t m = 0; m < targets.shape()[1]; ++m) {
    known.emplace_back(targets, m);
  }
  Row joint;
  for (std::size_t i = 0; i < block.rows; ++i) {
    const KnownRow mine(passes, i);
    double sum = 0.0;
    for (const KnownRow& target : known) {
      sum += mutual_information(mine, target, joint);
    }
    out[i] = sum / static_cast<double>(known.size());
  }
}

}  // namespace quarry
