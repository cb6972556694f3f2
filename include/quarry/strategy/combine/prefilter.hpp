#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// Lets one strategy choose from what another has put first: of the `times` b
/// candidates that `first` would pick, those that `then` picks. It makes a dear
/// strategy cheap, and a diverse one look at uncertain rows only:
///
///     Prefilter(Margin(), KCenter())  // of the 10 b least sure, a cover
///
/// Rows that `first` passed over are seen by nobody; labelled ones are. Needs
/// what both need. Their cost; memory: that of the dearer, and 24 bytes for
/// each of those `times` b. Asked to stop it picks nothing.
class Prefilter {
 public:
  /// Expects times ≥ 1.
  Prefilter(AnyStrategy first, AnyStrategy then, std::size_t times = 10);

  Needs needs() const;
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  AnyStrategy first_;
  AnyStrategy then_;
  std::size_t times_;
};

}  // namespace quarry
