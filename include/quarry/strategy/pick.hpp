#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace quarry {

/// How equal scores are put in order.
enum class Ties {
  hash,   ///< by the seeded hash of the id, then by index (the default)
  index,  ///< by index
};

/// A chosen row and its score. A score is finite, −∞ (last of all), or NaN
/// where the method has none (the first centre of a greedy cover).
struct RankedPick {
  std::size_t index = 0;
  double score = std::numeric_limits<double>::quiet_NaN();
};

/// A row on its way to being picked.
struct ScoredRow {
  double score = 0.0;
  std::uint64_t key = 0;
  std::size_t index = 0;
};

/// The total order of picks: score descending, then the seeded hash of the id
/// ascending (not under `Ties::index`), then index ascending. `order(a, b)`
/// tells whether a is picked before b.
class PickOrder {
 public:
  explicit PickOrder(Ties ties = Ties::hash) : ties_(ties) {}

  bool operator()(const ScoredRow& a, const ScoredRow& b) const noexcept {
    if (a.score != b.score) return a.score > b.score;
    if (ties_ == Ties::hash && a.key != b.key) return a.key < b.key;
    return a.index < b.index;
  }
  Ties ties() const noexcept { return ties_; }

 private:
  Ties ties_;
};

}  // namespace quarry
