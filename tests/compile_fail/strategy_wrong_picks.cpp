// expect: quarry::SetStrategy, which has select\(pool, budget, context\) const -> std::vector<RankedPick>
#include "quarry/strategy.hpp"

struct WrongPicks : quarry::SetWise<WrongPicks> {
  std::vector<int> select(const quarry::PoolView&, std::size_t,
                          quarry::SelectContext&) const {
    return {};
  }
};

quarry::AnyStrategy strategy = WrongPicks();
