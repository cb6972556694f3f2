#include "quarry/pipeline/score_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace quarry {
namespace {

// Bins finer than this part of a score are never needed.
constexpr int digits = 40;
// That of the least number above 0.
constexpr int least_exponent = -1074;

int finest_exponent(double score) noexcept {
  if (score == 0.0) return least_exponent;
  return std::max(std::ilogb(score) - digits, least_exponent);
}

std::int64_t place_of(double score, int exponent) noexcept {
  return static_cast<std::int64_t>(std::floor(std::ldexp(score, -exponent)));
}

/// The same place among bins that are 2^steps times as wide.
std::int64_t wider(std::int64_t place, int steps) noexcept {
  return place >> std::min(steps, 63);
}

}  // namespace

void ScoreHistogram::add(double score) noexcept {
  if (!std::isfinite(score)) return;
  const int exponent = finest_exponent(score);
  put(place_of(score, exponent), exponent, 1);
}

void ScoreHistogram::merge(const ScoreHistogram& other) noexcept {
  for (std::size_t i = 0; i < other.size_; ++i) {
    if (other.counts_[i] == 0) continue;
    put(other.first_ + static_cast<std::int64_t>(i), other.exponent_,
        other.counts_[i]);
  }
}

std::size_t ScoreHistogram::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
}

double ScoreHistogram::from(std::size_t i) const noexcept {
  return std::ldexp(static_cast<double>(first_ + static_cast<std::int64_t>(i)),
                    exponent_);
}

std::size_t ScoreHistogram::bin_of(double score) const noexcept {
  if (!(score >= from(0) && score < from(size_))) return size_;
  return static_cast<std::size_t>(place_of(score, exponent_) - first_);
}

void ScoreHistogram::put(std::int64_t place, int exponent,
                         std::size_t count) noexcept {
  if (empty()) {
    exponent_ = exponent;
    first_ = place;
    size_ = 1;
  }
  while (exponent_ < exponent) coarsen();
  place = wider(place, exponent_ - exponent);
  const auto reach = [&] {
    const auto last = first_ + static_cast<std::int64_t>(size_) - 1;
    return std::max(last, place) - std::min(first_, place);
  };
  while (reach() >= static_cast<std::int64_t>(most_bins)) {
    coarsen();
    place = wider(place, 1);
  }
  if (place < first_) {
    const auto more = static_cast<std::size_t>(first_ - place);
    std::copy_backward(counts_.begin(), counts_.begin() + size_,
                       counts_.begin() + size_ + more);
    std::fill_n(counts_.begin(), more, 0);
    size_ += more;
    first_ = place;
  }
  const auto bin = static_cast<std::size_t>(place - first_);
  size_ = std::max(size_, bin + 1);
  counts_[bin] += count;
}

/// Twice the width.
void ScoreHistogram::coarsen() noexcept {
  const std::int64_t first = wider(first_, 1);
  std::size_t bin = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::int64_t place = wider(first_ + static_cast<std::int64_t>(i), 1);
    bin = static_cast<std::size_t>(place - first);
    counts_[bin] += std::exchange(counts_[i], 0);
  }
  size_ = bin + 1;
  first_ = first;
  ++exponent_;
}

}  // namespace quarry
