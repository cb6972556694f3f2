#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "quarry/strategy/pick.hpp"

namespace quarry::test {

/// The same rows in the same order, with scores that are equal or both none.
inline bool same(const std::vector<RankedPick>& a,
                 const std::vector<RankedPick>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const RankedPick& x, const RankedPick& y) {
                      return x.index == y.index &&
                             (x.score == y.score ||
                              (std::isnan(x.score) && std::isnan(y.score)));
                    });
}

}  // namespace quarry::test
