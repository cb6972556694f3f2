#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

struct ExpectedErrorReductionOptions {
  /// How many candidates are looked at, drawn at random, or the budget where
  /// that is more; 0: all.
  std::size_t candidates = 100;
  /// λ: how far the head is held to 0; finite, > 0.
  double lambda = 1.0;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {
std::vector<RankedPick> pick_by_expected_error(
    const ExpectedErrorReductionOptions& options, const PoolView& pool,
    std::size_t budget, SelectContext& context,
    const std::function<double(const Prediction&)>& loss);
std::size_t expected_error_bytes(const PoolView& pool, std::size_t threads);
}  // namespace detail

/// Expected error reduction: the samples whose labels are expected to leave the
/// model with least doubt about the pool. The model is a linear head on
/// embeddings, trained on the labelled rows, and once more for each candidate x
/// and label y it might have, from where it was:
///
///     θ(T) = argmin_θ Σ_{(x, y) ∈ T} −ln p_θ(y | x) + λ/2 ‖θ‖²,
///     p_θ = softmax(W h + b), θ = (W, b)
///     score = −Σ_y p_y(x) (1/|U|) Σ_{u ∈ U} loss(p_θ(L ∪ (x, y))( · | u))
///
/// with p(x) the probabilities that the pool has, h less the mean of candidates
/// and labelled rows, divided by the root of the mean variance of its columns,
/// and the loss what `Loss` scores: `Entropy`, or `LeastConfidence` for the
/// expected 0/1 loss. The b candidates of largest score are picked, in the
/// total order. Labelled rows of unknown class (−1) are left out.
///
/// Of many candidates M = `candidates` are looked at, drawn by the seed and the
/// keys of rows; the others are not picked. The pool U stays whole.
///
/// Needs embeddings `[N, D]` and probabilities `[N, C]`, f2, f4 or f8, and the
/// classes of the labelled rows; computes in double. O(M C (|U| + i |L|) C D),
/// i iterations of L-BFGS: for pools of thousands. Memory: 192 C (D + 1) + 8
/// (C + D) + 16 (|L| + 1) bytes a thread, 72 a candidate and 8 a label. Asked
/// to stop before all is scored it picks nothing. Raises `strategy.bad_param`,
/// `strategy.memory`, `strategy.missing_input`, and `strategy.input_shape` for
/// a class that has no probability.
///
/// N. Roy & A. McCallum, "Toward Optimal Active Learning through Sampling
/// Estimation of Error Reduction", ICML 2001.
template <class Loss = Entropy>
class ExpectedErrorReduction {
  QUARRY_EXPECTS_ROW_SCORE("ExpectedErrorReduction", Loss);

 public:
  using Options = ExpectedErrorReductionOptions;

  /// Raises `strategy.bad_param`.
  explicit ExpectedErrorReduction(Options options, Loss loss = {})
      : options_(options), loss_(std::move(loss)) {
    options_.validate();
    detail::validate(loss_);
  }
  ExpectedErrorReduction() : ExpectedErrorReduction(Options()) {}

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings}, {.name = inputs::probabilities}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    if (budget == 0 || pool.candidates().empty()) return {};
    context.expect_memory("expected_error_reduction",
                          detail::expected_error_bytes(pool, context.threads));
    return detail::pick_by_expected_error(
        options_, pool, budget, context,
        [&](const Prediction& prediction) { return loss_.score(prediction); });
  }

 private:
  Options options_;
  Loss loss_;
};

}  // namespace quarry
