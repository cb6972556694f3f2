#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/strategy/pick.hpp"

namespace quarry {

namespace detail {

/// Raises `strategy.bad_score` for a row whose score cannot be put in order.
[[noreturn]] void refuse_score(const ScoredRow& row);

}  // namespace detail

/// The k first rows, in the order of picks, of a stream of scored rows that is
/// never stored: what a pointwise strategy leaves behind.
///
/// A row is compared with the k-th best known; survivors go to a buffer of 2k,
/// which is cut back to k when full. Give each thread one of its own and
/// `merge` them: the order is total, so the result depends neither on the
/// threads nor on the order in which rows come.
///
/// Cost: O(1) a row on average, O(k) memory. k may be 0 or exceed the stream.
///
/// `Row` may have more to it than a `ScoredRow`: what is to go with a pick.
template <std::derived_from<ScoredRow> Row>
class TopRows {
 public:
  explicit TopRows(std::size_t k, PickOrder order = PickOrder())
      : k_(k),
        capacity_(k > std::numeric_limits<std::size_t>::max() / 2 ? k : 2 * k),
        order_(order) {}

  /// Takes a row into account. No row may come twice. Raises
  /// `strategy.bad_score` when its score is NaN or +∞.
  void push(const Row& row) {
    if (row.score < floor_) return;
    if (!(row.score < std::numeric_limits<double>::infinity())) {
      detail::refuse_score(row);
    }
    if (full_ && !order_(row, worst_)) return;
    keep(row);
  }

  /// No row with a score below it is among the k first: −∞ until so many are
  /// known, then not above the k-th score, nor far below.
  double floor() const noexcept { return floor_; }

  /// Takes all rows into account that `other` has seen.
  void merge(TopRows&& other);

  /// The best `min(k, rows seen)`, first pick first. O(k log k).
  std::vector<Row> sorted() const;

 private:
  void keep(const Row& row);
  void cut();

  std::size_t k_;
  std::size_t capacity_;  // 2k: the buffer is cut back when it has so many
  PickOrder order_;
  std::vector<Row> rows_;
  // Once k rows are known: the last of them, which the next must beat, and its
  // score.
  bool full_ = false;
  ScoredRow worst_;
  double floor_ = -std::numeric_limits<double>::infinity();
};

/// The k first of rows that have nothing but their scores.
class TopK : public TopRows<ScoredRow> {
 public:
  using TopRows::TopRows;
  /// As picks.
  std::vector<RankedPick> sorted() const;
};

template <std::derived_from<ScoredRow> Row>
void TopRows<Row>::keep(const Row& row) {
  if (k_ == 0) return;
  rows_.push_back(row);
  if (rows_.size() == capacity_) cut();
}

template <std::derived_from<ScoredRow> Row>
void TopRows<Row>::cut() {
  const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
  std::nth_element(rows_.begin(), last, rows_.end(), order_);
  worst_ = *last;
  floor_ = worst_.score;
  full_ = true;
  rows_.resize(k_);
}

template <std::derived_from<ScoredRow> Row>
void TopRows<Row>::merge(TopRows&& other) {
  QUARRY_EXPECTS(k_ == other.k_ && order_.ties() == other.order_.ties(),
                 "TopK::merge: equal k and order");
  if (rows_.empty() && !full_) {
    rows_.swap(other.rows_);
    full_ = other.full_;
    worst_ = other.worst_;
    floor_ = other.floor_;
    return;
  }
  for (const Row& row : other.rows_) push(row);
}

template <std::derived_from<ScoredRow> Row>
std::vector<Row> TopRows<Row>::sorted() const {
  std::vector<Row> rows = rows_;
  const std::size_t count = std::min(k_, rows.size());
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(count);
  if (end != rows.end()) {
    std::nth_element(rows.begin(), end, rows.end(), order_);
  }
  std::sort(rows.begin(), end, order_);
  rows.resize(count);
  return rows;
}

}  // namespace quarry
