#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/row_scores.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/top_k.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

namespace detail {

/// max(0, ·) of the mean of the similarities of some candidates with all of
/// them: with themselves too, or without, where nothing is left 0.
std::vector<double> mean_similarities(const Similarity& similarity,
                                      std::span<const std::size_t> rows,
                                      bool self_included, std::size_t threads);
std::size_t mean_similarities_bytes(std::size_t ground);
inline constexpr std::size_t density_batch = 512;

}  // namespace detail

/// Picks what is uncertain and like much of the pool: an outlier may be
/// uncertain, but tells little about the rest. With U the candidates:
///
///     score = u(x) (max(0, mean_{v ∈ U, v ≠ x} s(x, v)))^β
///
/// u is what `Uncertainty` scores. s is similarity, not distance: with distance
/// outliers would come first. Labelled rows play no part.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, or `similarity` `[N, N]`, and what
/// `Uncertainty` needs; computes in double, sums in twice its digits. O(N² D);
/// memory: the embeddings in double, and 80 bytes a candidate, never N × N.
/// Asked to stop before all is scored it picks nothing. Raises
/// `strategy.memory`, `strategy.missing_input`, `strategy.bad_param`, and what
/// `similarity` raises.
///
/// B. Settles & M. Craven, "An Analysis of Active Learning Strategies for
/// Sequence Labeling Tasks", EMNLP 2008.
template <class Uncertainty = Entropy, class Kernel = CosineKernel>
class InformationDensity {
  QUARRY_EXPECTS_ROW_SCORE("InformationDensity", Uncertainty);
  QUARRY_EXPECTS_ROW_KERNEL("InformationDensity", Kernel);

 public:
  struct Options {
    /// β: how much density counts; finite, ≥ 0.
    double beta = 1.0;
    /// Whether x is one of those it is compared with.
    bool self_included = false;
    /// How alike rows are; its own ranges.
    Kernel kernel = {};
    /// What is uncertain; its own ranges.
    Uncertainty uncertainty = {};
    /// Raises `strategy.bad_param`.
    void validate() const {
      detail::expect_option(std::isfinite(beta) && beta >= 0.0, "beta", beta,
                            "finite and at least 0");
      detail::validate(kernel);
      detail::validate(uncertainty);
    }
  };

  InformationDensity() = default;
  /// Raises `strategy.bad_param`.
  explicit InformationDensity(Options options) : options_(std::move(options)) {
    options_.validate();
  }

  static constexpr Needs needs() {
    return Needs{{.name = inputs::embeddings, .instead = inputs::similarity}}
        .merge(Uncertainty::needs());
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const auto candidates = pool.candidates();
    if (budget == 0 || candidates.empty()) return {};
    context.expect_memory(
        "information_density",
        similarity_bytes<Kernel>(pool, candidates.size(), context.threads) +
            detail::mean_similarities_bytes(candidates.size()) +
            candidates.size() * (sizeof(double) + 2 * sizeof(ScoredRow)));
    const std::vector<double> uncertainty =
        detail::scores_of(options_.uncertainty, pool, candidates);
    const auto similarity =
        similarity_of(pool, {candidates.begin(), candidates.end()},
                      options_.kernel, context.threads);
    TopK top(std::min(budget, candidates.size()), PickOrder(context.ties));
    detail::Ticker ticker(context, candidates.size());
    std::size_t done = 0;
    while (done < candidates.size() && !ticker.stop(done)) {
      const auto rows = candidates.subspan(
          done, std::min(detail::density_batch, candidates.size() - done));
      const std::vector<double> means = detail::mean_similarities(
          *similarity, rows, options_.self_included, context.threads);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        top.push({uncertainty[done + i] * std::pow(means[i], options_.beta),
                  pool.key(rows[i]), rows[i]});
      }
      done += rows.size();
    }
    ticker.finish(done);
    if (done < candidates.size()) return {};
    return top.sorted();
  }

 private:
  Options options_;
};

}  // namespace quarry
