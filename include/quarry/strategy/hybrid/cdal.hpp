#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/pool_of_rows.hpp"
#include "quarry/strategy/divergence.hpp"
#include "quarry/strategy/diversity/k_center.hpp"

namespace quarry {

/// Contextual diversity: covers the pool in the space of what the model
/// predicts, where `KCenter` covers that of embeddings. With probabilities p,
/// labelled set L, picks S:
///
///     next = argmax_u  min_{s ∈ L ∪ S} d(p_u, p_s),  score = that distance,
///     d(p, q) = ½ (KL(p ‖ q) + KL(q ‖ p))
///
/// in nats, for an image of one region. All of L are centres; while there is
/// none the total order decides the first pick, whose score is NaN.
///
/// Needs probabilities `[N, C]`, f2, f4 or f8. O(N (|L| + b) C), a logarithm
/// each; memory: that of `KCenter`, and 16 bytes a row. Raises
/// `strategy.memory`, `strategy.missing_input`.
///
/// S. Agarwal, H. Arora, S. Anand & C. Arora, "Contextual Diversity for Active
/// Learning", ECCV 2020.
template <class Distance = SymmetricKl>
class Cdal {
  QUARRY_EXPECTS_ROW_DISTANCE("Cdal", Distance);

 public:
  explicit Cdal(Distance distance = {}) : cover_(std::move(distance)) {}

  static constexpr Needs needs() { return {{.name = inputs::probabilities}}; }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t bytes = detail::bytes_of_pool_of_rows(pool);
    SelectContext part = context.holding("cdal", bytes);
    return cover_.select(
        detail::pool_of_rows(pool, pool.input(inputs::probabilities)), budget,
        part);
  }

 private:
  KCenter<Distance> cover_;
};

}  // namespace quarry
