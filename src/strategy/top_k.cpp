#include "quarry/strategy/top_k.hpp"

#include <algorithm>
#include <string>

#include "quarry/core/error.hpp"

namespace quarry {

TopK::TopK(std::size_t k, PickOrder order)
    : k_(k),
      capacity_(k > std::numeric_limits<std::size_t>::max() / 2 ? k : 2 * k),
      order_(order) {}

void TopK::keep(const ScoredRow& row) {
  if (k_ == 0) return;
  rows_.push_back(row);
  if (rows_.size() == capacity_) cut();
}

void TopK::cut() {
  const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
  std::nth_element(rows_.begin(), last, rows_.end(), order_);
  worst_ = *last;
  floor_ = worst_.score;
  full_ = true;
  rows_.resize(k_);
}

void TopK::merge(TopK&& other) {
  QUARRY_EXPECTS(k_ == other.k_ && order_.ties() == other.order_.ties(),
                 "TopK::merge: equal k and order");
  if (rows_.empty() && !full_) {
    rows_.swap(other.rows_);
    full_ = other.full_;
    worst_ = other.worst_;
    floor_ = other.floor_;
    return;
  }
  for (const ScoredRow& row : other.rows_) push(row);
}

std::vector<RankedPick> TopK::sorted() const {
  std::vector<ScoredRow> rows = rows_;
  const std::size_t count = std::min(k_, rows.size());
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(count);
  if (end != rows.end()) {
    std::nth_element(rows.begin(), end, rows.end(), order_);
  }
  std::sort(rows.begin(), end, order_);
  std::vector<RankedPick> picks;
  picks.reserve(count);
  for (auto row = rows.begin(); row != end; ++row) {
    picks.push_back({row->index, row->score});
  }
  return picks;
}

void TopK::refuse(const ScoredRow& row) {
  raise("strategy.bad_score",
        "row " + std::to_string(row.index) + " was given the score " +
            (row.score > 0 ? "+inf" : "NaN") +
            "; a score is a finite number or -inf",
        "this is a fault of the strategy: see docs/concepts/strategy.md");
}

}  // namespace quarry
