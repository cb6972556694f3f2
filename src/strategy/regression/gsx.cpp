#include "quarry/strategy/regression/gsx.hpp"

#include "quarry/strategy/kernels/farthest_first.hpp"

namespace quarry {

std::vector<RankedPick> Gsx::select(const PoolView& pool, std::size_t budget,
                                    SelectContext& context) const {
  return kernels::farthest_first(pool, budget, context, "gsx");
}

}  // namespace quarry
