#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// Greedy sampling of inputs, for regression: the sample whose inputs are
/// farthest from all that are labelled or picked. With inputs x (as
/// embeddings), labelled set L, picks S:
///
///     next = argmax_u  min_{s ∈ L ∪ S} ‖x_u − x_s‖,  score = that distance
///
/// which is `KCenter<>`; there stand the rules of the first pick without
/// labelled samples, of ties, cost, memory and errors.
///
/// D. Wu, C.-T. Lin & J. Huang, "Active Learning for Regression Using Greedy
/// Sampling", Information Sciences 2019; H. Yu & S. Kim, "Passive Sampling for
/// Regression", ICDM 2010.
class Gsx : public SetWise<Gsx> {
 public:
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;
};

}  // namespace quarry
