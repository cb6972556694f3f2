#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "quarry/strategy/pick.hpp"

namespace quarry {

/// The k first rows, in the order of picks, of a stream of scored rows that is
/// never stored: what a pointwise strategy leaves behind.
///
/// A row is compared with the k-th best known; survivors go to a buffer of 2k,
/// which is cut back to k when full. Give each thread one of its own and
/// `merge` them: the order is total, so the result depends neither on the
/// threads nor on the order in which rows come.
///
/// Cost: O(1) a row on average, O(k) memory. k may be 0 or exceed the stream.
class TopK {
 public:
  explicit TopK(std::size_t k, PickOrder order = PickOrder());

  /// Takes a row into account. No row may come twice. Raises
  /// `strategy.bad_score` when its score is NaN or +∞.
  void push(const ScoredRow& row) {
    if (row.score < floor_) return;
    if (!(row.score < std::numeric_limits<double>::infinity())) refuse(row);
    if (full_ && !order_(row, worst_)) return;
    keep(row);
  }

  /// No row with a score below it is among the k first: −∞ until so many are
  /// known, then not above the k-th score, nor far below.
  double floor() const noexcept { return floor_; }

  /// Takes all rows into account that `other` has seen.
  void merge(TopK&& other);

  /// The best `min(k, rows seen)`, first pick first. O(k log k).
  std::vector<RankedPick> sorted() const;

 private:
  [[noreturn]] static void refuse(const ScoredRow& row);
  void keep(const ScoredRow& row);
  void cut();

  std::size_t k_;
  std::size_t capacity_;  // 2k: the buffer is cut back when it has so many
  PickOrder order_;
  std::vector<ScoredRow> rows_;
  // Once k rows are known: the last of them, which the next must beat, and its
  // score.
  bool full_ = false;
  ScoredRow worst_;
  double floor_ = -std::numeric_limits<double>::infinity();
};

}  // namespace quarry
