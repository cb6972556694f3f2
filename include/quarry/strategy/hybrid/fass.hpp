#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/row_scores.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/top_k.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

/// Represents what is uncertain: of the candidates, the f b of highest score by
/// `Uncertainty` are the ground set V, and picks are those rows of V that
/// represent it best (see `FacilityLocation`):
///
///     next = argmax_{x ∈ V} f(S ∪ {x}) − f(S),
///     f(S) = Σ_{i ∈ V} max(0, max_{j ∈ S} s(i, j)),  score = that gain
///
/// Labelled rows play no part. Equal scores are decided by the total order, in
/// what is kept as in what is picked.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, or `similarity` `[N, N]`, and what
/// `Uncertainty` needs (probabilities). O(N C + (f b)² D); memory: 8 bytes a
/// candidate, and what `FacilityLocation` takes for V, with 96 bytes a row of
/// it. Raises `strategy.memory`, `strategy.missing_input`,
/// `strategy.bad_param`, and what `similarity` raises.
///
/// K. Wei, R. Iyer & J. Bilmes, "Submodularity in Data Subset Selection and
/// Active Learning", ICML 2015.
template <class Uncertainty = Entropy, class Kernel = CosineKernel>
class Fass {
  QUARRY_EXPECTS_ROW_SCORE("Fass", Uncertainty);
  QUARRY_EXPECTS_ROW_KERNEL("Fass", Kernel);

 public:
  struct Options {
    /// f: how many times the budget is kept; ≥ 1.
    std::size_t factor = 5;
    /// How alike rows are; its own ranges.
    Kernel kernel = {};
    /// What is uncertain; its own ranges.
    Uncertainty uncertainty = {};
    /// How the best is looked for.
    GreedyOptions greedy = {};
    /// Raises `strategy.bad_param`.
    void validate() const {
      detail::expect_at_least_one("factor", factor);
      detail::validate(kernel);
      detail::validate(uncertainty);
      greedy.validate();
    }
  };

  Fass() = default;
  /// Raises `strategy.bad_param`.
  explicit Fass(Options options) : options_(std::move(options)) {
    options_.validate();
  }

  static constexpr Needs needs() {
    return Needs{{.name = inputs::embeddings, .instead = inputs::similarity}}
        .merge(Uncertainty::needs());
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t candidates = pool.candidates().size();
    budget = std::min(budget, candidates);
    if (budget == 0) return {};
    const std::size_t kept = budget > candidates / options_.factor
                                 ? candidates
                                 : budget * options_.factor;
    using Function = FacilityLocationFunction;
    constexpr auto ready = Similarity::Ready::bounds;
    const std::size_t needed =
        similarity_bytes<Kernel>(pool, kept, context.threads, ready) +
        Function::bytes(kept, budget) + greedy_bytes(kept) +
        candidates * sizeof(double) + kept * 4 * sizeof(ScoredRow);
    context.expect_memory("fass", needed);
    const std::vector<std::size_t> ground = most_uncertain(pool, kept, context);
    const auto similarity =
        similarity_of(pool, ground, options_.kernel, context.threads, ready);
    Function function(*similarity, Function::Options(), context.threads);
    function.allow(context.memory_limit - needed);
    return greedy(function, pool, ground, budget, context, options_.greedy);
  }

 private:
  std::vector<std::size_t> most_uncertain(const PoolView& pool,
                                          std::size_t count,
                                          const SelectContext& context) const {
    const auto candidates = pool.candidates();
    const std::vector<double> scores =
        detail::scores_of(options_.uncertainty, pool, candidates);
    TopK top(count, PickOrder(context.ties));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      top.push({scores[i], pool.key(candidates[i]), candidates[i]});
    }
    std::vector<std::size_t> rows;
    for (const RankedPick& pick : top.sorted()) rows.push_back(pick.index);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  Options options_;
};

}  // namespace quarry
