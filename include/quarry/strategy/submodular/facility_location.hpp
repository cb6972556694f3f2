#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "quarry/strategy/detail/foreseen_picks.hpp"
#include "quarry/strategy/detail/uncovered_lists.hpp"
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
/// to the last bit, and gains never rise.
///
/// A bound or a gain costs |V| similarities. Where it is allowed the memory it
/// keeps, for a row whose bound it was asked for, the rows of V that this one
/// is more like than any picked one, 8 bytes each: from then on a bound costs
/// one look at each of these, and a gain as many similarities. It may guess the
/// first picks, too, so that the similarities which the first bounds take tell
/// what will not be covered after these. Memory besides: `bytes`.
class FacilityLocationFunction {
 public:
  static constexpr const char* name = "facility_location";
  static constexpr bool submodular = true;
  struct Options {};

  /// The similarities must outlive it.
  FacilityLocationFunction(const Similarity& similarity, Options,
                           std::size_t threads)
      : FacilityLocationFunction(similarity, std::vector<double>(), threads) {}
  /// Weights ≥ 0 `[|V|]`, or none. A row of weight 0 adds to no gain, but may
  /// be picked as any other.
  FacilityLocationFunction(const Similarity& similarity,
                           std::vector<double> weights, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  /// Before `allow`: so many rows are added, each of them the best, and none
  /// before them. Then it guesses the first ones, see above.
  void expect_picks(std::size_t picks);
  /// It may keep so many bytes more, of which it takes 1 GiB at most.
  void allow(std::size_t bytes);

  double gain(std::size_t row) const;
  void gains(std::span<const std::size_t> rows, std::span<double> out) const;
  void bounds(std::span<const std::size_t> rows, std::span<double> out) const;
  void add(std::size_t row);
  void add_all(std::span<const std::size_t> rows);

 private:
  /// Whether the list of a row of V is there, and valid.
  bool is_listed(std::size_t place) const;
  double listed_gain(std::size_t row) const;
  void whole_gains(std::span<const std::size_t> rows,
                   std::span<double> out) const;
  void whole_bounds(std::span<const std::size_t> rows,
                    std::span<double> out) const;
  /// Bounds on the gains now of a row of V, by its similarities with all of V,
  /// and on those to come.
  double take_bounds(std::size_t place, std::span<const float> bounds) const;
  void cover(std::size_t place, double value);
  void cover_all(std::span<const std::size_t> rows);
  void foresee() const;
  /// After a pick: forgets what was foreseen if it is another.
  void follow(std::size_t place);
  void forget();

  const Similarity& similarity_;
  std::vector<double> weights_;
  std::size_t threads_;
  std::vector<double> covered_;       // [|V|]: how much, so far
  std::vector<float> floors_;         // the same, rounded down
  std::size_t open_;                  // of V: rows that add to gains
  std::vector<float> weight_bounds_;  // weights, rounded up
  std::size_t picked_ = 0;
  // What bounds are asked for again and again:
  std::unique_ptr<detail::UncoveredLists> lists_;
  std::size_t room_ = 0;  // bytes of the lists
  // Until these are picked, and the lists say what is not covered after them.
  mutable std::unique_ptr<detail::ForeseenPicks> foreseen_;
  mutable bool may_foresee_ = false;
  mutable std::vector<float> whole_;  // bounds of a few rows with all of V
};

/// Represents the pool: each pick is what makes the rows of the pool most like
/// the nearest one that is labelled or picked. With V the candidates and
/// labelled rows, and L, which counts as picked:
///
///     next = argmax_x  f(L ∪ S ∪ {x}) − f(L ∪ S),
///     f(S) = Σ_{i ∈ V} max(0, max_{j ∈ S} s(i, j)),  score = that gain
///
/// Cost: O(N² D) in float for bounds on the first gains, once or twice again
/// where a sample of V foretells the wrong picks, until lists of what is not
/// covered fit in memory, and little from then on; gains are computed where
/// bounds leave the pick open. Never N × N memory, but 545 bytes a row, the
/// embeddings in float, and up to 1 GiB and 1.8 kB a row, less where
/// `memory_limit` leaves less; picks do not depend on it. See `Maximise`.
///
/// G. Cornuéjols, M. Fisher & G. Nemhauser, "Location of Bank Accounts to
/// Optimize Float", Management Science 1977; K. Wei, R. Iyer & J. Bilmes,
/// "Submodularity in Data Subset Selection and Active Learning", ICML 2015.
template <class Kernel = CosineKernel>
using FacilityLocation = Maximise<FacilityLocationFunction, Kernel>;

}  // namespace quarry
