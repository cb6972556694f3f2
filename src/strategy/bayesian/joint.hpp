#pragma once

#include <cstddef>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/bayesian/batch_bald.hpp"

namespace quarry::detail {

/// The joint distribution of the labels of the rows added so far: their
/// configurations, exact while they are few, drawn once they are many.
class Joint {
 public:
  Joint(std::size_t passes, const BatchBaldOptions& options,
        RandomStream random);

  /// H[y | the labels so far], in nats, of a row's label y; `entropies` are the
  /// H[p_k] of its passes `[K, C]`. From many threads at once.
  double entropy_given(const Rows& passes,
                       const std::vector<double>& entropies) const;
  /// Adds a row. Raises `strategy.bad_param` when configurations would have to
  /// be drawn and are not to be.
  void add(const Rows& passes);

  /// Configurations that a row's label is held against.
  std::size_t size() const noexcept { return open_.weights.size(); }

  /// Bytes of `count` configurations, as they are added to.
  static std::size_t bytes(std::size_t count, std::size_t passes);
  /// Bytes of what `entropy_given` works on.
  static std::size_t scratch_bytes(std::size_t classes);

 private:
  struct Configurations {
    std::vector<double> weights;     // probability, or share of those drawn
    std::vector<double> posteriors;  // [weights, K]: of the pass, given them
  };

  /// All configurations that there are with a label of that row.
  void expand(const Rows& passes, Configurations& into);
  /// Each configuration with a label that is drawn for it.
  void draw(const Rows& passes, Configurations& into);
  /// `options_.samples` of the configurations, by their weights.
  void resample();
  /// Growing by doubling would take more than `bytes` says.
  void reserve(std::size_t count, Configurations& into) const;
  /// Takes a configuration in, unless one pass is certain after it.
  void keep(double weight, const Row& posterior, Configurations& into);
  Row posterior(std::size_t i) const;

  std::size_t passes_;
  BatchBaldOptions options_;
  RandomStream random_;
  bool drawn_ = false;
  std::size_t rows_ = 0;  // added
  Configurations open_;
  // [K], the weight of the configurations after which it is that pass.
  std::vector<double> decided_;
};

}  // namespace quarry::detail
