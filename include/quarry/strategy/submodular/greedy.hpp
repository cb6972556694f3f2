#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_context.hpp"
#include "quarry/strategy/submodular/set_function.hpp"

namespace quarry {

/// How the next pick of greedy selection is looked for. Of n candidates and a
/// budget b:
enum class Search {
  /// Every gain is computed before every pick.
  naive,
  /// A gain is computed when its last known value could win: the picks of
  /// `naive`, from far fewer gains (Minoux 1978).
  lazy,
  /// The best of ⌈n/b ln(1/ε)⌉ random candidates: in expectation within ε of
  /// what greedy guarantees (Mirzasoleiman et al. 2015).
  stochastic,
  /// The same, lazily.
  lazier_than_lazy,
};

/// How greedy selection goes about it.
struct GreedyOptions {
  /// Which candidates are looked at.
  Search search = Search::lazy;
  /// ε of the two random searches; in (0, 1).
  double epsilon = 0.1;
  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {

/// A set function whose type is forgotten.
struct GreedyFunction {
  using Gains =
      std::function<void(std::span<const std::size_t>, std::span<double>)>;
  Gains gains;
  Gains bounds = {};  // empty: there are none
  std::function<void(std::size_t)> add;
  bool submodular = false;
};

/// The function must outlive it.
template <class F>
GreedyFunction greedy_function(F& function) {
  GreedyFunction any{
      .gains =
          [&](std::span<const std::size_t> rows, std::span<double> out) {
            if constexpr (BatchedSetFunction<F>) {
              function.gains(rows, out);
            } else {
              for (std::size_t i = 0; i < rows.size(); ++i) {
                out[i] = function.gain(rows[i]);
              }
            }
          },
      .add = [&](std::size_t row) { function.add(row); },
      .submodular = SubmodularFunction<F>};
  if constexpr (BoundedSetFunction<F>) {
    any.bounds = [&](std::span<const std::size_t> rows, std::span<double> out) {
      function.bounds(rows, out);
    };
  }
  return any;
}

/// At most so many gains are asked for at once.
inline constexpr std::size_t greedy_batch = 512;

std::vector<RankedPick> pick_greedily(const GreedyFunction& function,
                                      const PoolView& pool,
                                      std::span<const std::size_t> candidates,
                                      std::size_t budget,
                                      SelectContext& context,
                                      const GreedyOptions& options);

}  // namespace detail

/// What `greedy` allocates, besides the function.
std::size_t greedy_bytes(std::size_t candidates);

/// Picks, again and again, the candidate that adds most to a set function:
///
///     next = argmax_x  f(S ∪ {x}) − f(S),  score = that gain
///
/// Equal gains are decided by the total order. `candidates` are rows of the
/// pool, ascending; rows that count as picked before have been added to
/// `function`. For a monotone submodular f with f(∅) = 0 the picks are worth at
/// least 1 − 1/e of the best b rows. Without `F::submodular` the lazy searches
/// compute every gain. With bounds (`BoundedSetFunction`) these compute a gain
/// when no bound rules it out.
///
/// Asked to stop, it returns the picks made so far. Memory: `greedy_bytes`,
/// which it expects to have been stated. Raises `strategy.bad_param` for
/// options, and `strategy.bad_score` for a gain that is NaN or +∞.
///
/// G. Nemhauser, L. Wolsey & M. Fisher, "An Analysis of Approximations for
/// Maximizing Submodular Set Functions", Mathematical Programming 1978; M.
/// Minoux, "Accelerated Greedy Algorithms for Maximizing Submodular Set
/// Functions", Optimization Techniques 1978; B. Mirzasoleiman, A. Badanidiyuru,
/// A. Karbasi, J. Vondrák & A. Krause, "Lazier Than Lazy Greedy", AAAI 2015.
template <class F>
std::vector<RankedPick> greedy(F& function, const PoolView& pool,
                               std::span<const std::size_t> candidates,
                               std::size_t budget, SelectContext& context,
                               const GreedyOptions& options = {}) {
  QUARRY_EXPECTS_SET_FUNCTION("greedy", F);
  return detail::pick_greedily(detail::greedy_function(function), pool,
                               candidates, budget, context, options);
}

}  // namespace quarry
