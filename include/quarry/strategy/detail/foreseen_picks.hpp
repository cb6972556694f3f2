#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// The first picks of a greedy search for rows that cover a ground set V, as
/// far as a sample of V tells. Who takes the similarities of all pairs for the
/// first gains can take from them the bounds after each of these picks, and
/// what is not covered then. A wrong guess costs time and no more.
class ForeseenPicks {
 public:
  /// Below so many rows there is little to be saved.
  static constexpr std::size_t least_rows = 2048;
  /// What it allocates at most.
  static std::size_t bytes(std::size_t rows);

  /// Foresees picks until of all rows of V a row is, on average, more like
  /// `few` than what covers those. None where it is from the beginning, or not
  /// even after many picks. How much of V is covered before the first, at
  /// least `[|V|]`, and weights of V `[|V|]`, or none.
  ForeseenPicks(const Similarity& similarity, std::vector<float> floors,
                std::span<const float> weights, std::size_t few,
                std::size_t threads);

  bool empty() const { return places_.empty(); }
  std::size_t size() const { return places_.size(); }
  /// The m-th one, from 0 on, by its place in V.
  std::size_t place(std::size_t m) const { return places_[m]; }
  /// How much of V is covered after the m-th, at least `[|V|]`.
  std::span<const float> floors(std::size_t m) const { return floors_[m]; }
  /// What is known of the gain of a row after the m-th; below 0: nothing.
  double& bound(std::size_t place, std::size_t m) {
    return bounds_[place * size() + m];
  }

 private:
  std::vector<std::size_t> places_;
  std::vector<std::vector<float>> floors_;
  std::vector<double> bounds_;  // [|V|, size]
};

}  // namespace quarry::detail
