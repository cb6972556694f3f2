#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/maximise.hpp"

namespace quarry {

/// How well each row of a ground set V is represented by the picked one that is
/// most like it. With weights w, 1 unless given:
///
///     f(S) = Σ_{i ∈ V} w_i max(0, max_{j ∈ S} s(i, j))
///
/// Monotone and submodular. Sums are taken in twice the digits of a double, so
/// that rows which tie on paper, as two that are each other's nearest do, tie
/// to the last bit, and gains never rise. A gain costs |V| similarities;
/// memory: 8 bytes a row of V, 16 a gain of a batch.
class FacilityLocationFunction {
 public:
  static constexpr const char* name = "facility_location";
  static constexpr bool submodular = true;
  struct Options {};

  /// The similarities must outlive it.
  FacilityLocationFunction(const Similarity& similarity, Options,
                           std::size_t threads)
      : FacilityLocationFunction(similarity, std::vector<double>(), threads) {}
  /// Weights ≥ 0 `[|V|]`, or none.
  FacilityLocationFunction(const Similarity& similarity,
                           std::vector<double> weights, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  double gain(std::size_t row) const;
  void gains(std::span<const std::size_t> rows, std::span<double> out) const;
  void add(std::size_t row);

 private:
  const Similarity& similarity_;
  std::vector<double> weights_;
  std::size_t threads_;
  std::vector<double> covered_;  // [|V|]: how much, so far
};

/// Represents the pool: each pick is what makes the rows of the pool most like
/// the nearest one that is labelled or picked. With V the candidates and
/// labelled rows, and L, which counts as picked:
///
///     next = argmax_x  f(L ∪ S ∪ {x}) − f(L ∪ S),
///     f(S) = Σ_{i ∈ V} max(0, max_{j ∈ S} s(i, j)),  score = that gain
///
/// Cost: at most O(N² D) for the first pick, and O(N D) for each gain that the
/// search computes again; never N × N memory. See `Maximise`.
///
/// G. Cornuéjols, M. Fisher & G. Nemhauser, "Location of Bank Accounts to
/// Optimize Float", Management Science 1977; K. Wei, R. Iyer & J. Bilmes,
/// "Submodularity in Data Subset Selection and Active Learning", ICML 2015.
template <RowKernel Kernel = CosineKernel>
using FacilityLocation = Maximise<FacilityLocationFunction, Kernel>;

}  // namespace quarry
