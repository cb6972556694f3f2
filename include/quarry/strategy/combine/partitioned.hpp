#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// Lets a strategy choose in parts of the pool instead of in the whole: what
/// compares all rows with all takes a P-th of the time, and the memory of a
/// part. With candidates U in a random order and P parts:
///
///     part p = {u_i : i mod P = p},  share of part p = ⌊b / P⌋, and one more
///                                    for p < b mod P
///
/// so that neither parts nor shares differ by more than one. The picks are in
/// turns: the first of each part, the second of each, and so on. Labelled rows
/// are seen in every part; a part without a share (b < P) is not looked at.
/// Scores are those the strategy gives within a part.
///
/// `context.random` draws the order by the keys of rows, so that parts do not
/// depend on the order of the pool; the strategy draws anew in each part. With
/// P = 1 it picks what a deterministic strategy picks.
///
/// Needs what the strategy needs. Cost: that of the strategy P times on N / P
/// candidates; memory: that of one part, and 32 bytes a candidate and a pick.
/// Asked to stop before all parts have chosen it picks nothing.
///
/// G. Citovsky, G. DeSalvo, C. Gentile, L. Karydas, A. Rajagopalan,
/// A. Rostamizadeh & S. Kumar, "Batch Active Learning at Scale", NeurIPS 2021,
/// who run BADGE so.
class Partitioned {
 public:
  /// Expects parts ≥ 1.
  explicit Partitioned(AnyStrategy strategy, std::size_t parts = 10);

  Needs needs() const { return strategy_.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  AnyStrategy strategy_;
  std::size_t parts_;
};

}  // namespace quarry
