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

/// The same, and each has a score.
inline bool same_and_scored(const std::vector<RankedPick>& a,
                            const std::vector<RankedPick>& b) {
  return same(a, b) && std::none_of(a.begin(), a.end(), [](const auto& pick) {
           return std::isnan(pick.score);
         });
}

}  // namespace quarry::test
