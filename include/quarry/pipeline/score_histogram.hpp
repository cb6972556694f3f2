#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace quarry {

/// How many samples have which score, in constant memory: at most 64 bins of
/// one width, a power of two. That is the least with which they reach from the
/// lowest score to the highest, so between 33 and 64 bins do, where scores
/// differ by more than a 2⁴⁰th of the largest.
///
/// It depends on the scores alone, not on their order, nor on how they were
/// merged.
class ScoreHistogram {
 public:
  static constexpr std::size_t most_bins = 64;

  /// Counts a score; NaN and infinities are passed by.
  void add(double score) noexcept;
  /// Counts all that `other` has counted.
  void merge(const ScoreHistogram& other) noexcept;

  bool empty() const noexcept { return size_ == 0; }
  /// How many scores were counted.
  std::size_t total() const noexcept;
  /// Of each bin, in ascending order of scores; the first and the last are not
  /// 0.
  std::span<const std::size_t> counts() const noexcept {
    return std::span(counts_).first(size_);
  }
  /// Where bin i begins: it holds the scores in [from(i), from(i + 1)).
  double from(std::size_t i) const noexcept;
  /// The bin of a score, counted or not; `counts().size()` for one outside.
  std::size_t bin_of(double score) const noexcept;

  friend bool operator==(const ScoreHistogram&,
                         const ScoreHistogram&) = default;

 private:
  void put(std::int64_t place, int exponent, std::size_t count) noexcept;
  void coarsen() noexcept;

  int exponent_ = 0;        // bins are 2^exponent_ wide
  std::int64_t first_ = 0;  // the first begins at first_ · 2^exponent_
  std::size_t size_ = 0;    // bins
  std::array<std::size_t, most_bins> counts_{};
};

}  // namespace quarry
