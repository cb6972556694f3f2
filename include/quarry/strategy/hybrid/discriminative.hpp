#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry {

/// What a discriminator is asked: to tell rows that are labelled from others.
struct DiscriminatorTask {
  const kernels::RowSet& rows;             ///< `[N, D]`
  std::span<const std::uint8_t> labelled;  ///< `[N]`: 1 or 0, each somewhere
  std::size_t threads = 1;
  /// To be asked now and then, from any thread.
  const std::function<Flow()>& go_on;
};

/// A `Discriminator` says how unlike labelled rows a row is.
///
/// Expressions, for `const C& c` and `const DiscriminatorTask& task`:
///
///     c.log_odds(task)  → std::vector<double>, `[N]`: ln(P / (1 − P)), P the
///                         probability that the row is not labelled; finite
///     c.bytes(rows, width, threads)  → std::size_t: the bytes it allocates at
///                         most, what it returns included
///
/// Asked to stop (`task.go_on()`) it returns soon; what, is not looked at.
/// Laws, to the last bit, checked by `testing::check_discriminator`:
///
///     one finite number a row
///     rows that are equal have equal odds
///     same task  ⇒  same odds, for any number of threads, without chance
///
/// Cost: its own, once for each of `sub_batches` parts. Threads: one call at a
/// time, which may use `task.threads`. The shortest complete model is in
/// examples/extend/my_discriminator.cpp. Shipped: `LogisticDiscriminator`.
template <class C>
concept Discriminator = std::copy_constructible<C> &&
    requires(const C& c, const DiscriminatorTask& task, std::size_t n) {
  { c.log_odds(task) } -> std::same_as<std::vector<double>>;
  { c.bytes(n, n, n) } -> std::same_as<std::size_t>;
};

/// Logistic regression: P = σ(⟨w, x⟩ + b), x the rows less their mean, divided
/// by the root of the mean variance of their columns, and (w, b) the minimum of
///
///     −½ mean over unlabelled rows of ln P − ½ mean over labelled ones of
///         ln(1 − P) + λ/4 (‖w‖² + b²)
///
/// so that both kinds count alike, however many there are. By L-BFGS,
/// O((N + 64) D) an iteration.
struct LogisticDiscriminator {
  /// λ: finite, > 0. The smaller, the closer P comes to 0 and 1.
  double lambda = 0.01;

  /// Raises `strategy.bad_param`.
  void validate() const;
  std::vector<double> log_odds(const DiscriminatorTask& task) const;
  std::size_t bytes(std::size_t rows, std::size_t width,
                    std::size_t threads) const;
};

struct DiscriminativeOptions {
  /// In how many parts the budget is spent; ≥ 1. After each the discriminator
  /// takes its picks for labelled.
  std::size_t sub_batches = 10;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {
std::vector<RankedPick> pick_discriminative(
    const DiscriminativeOptions& options, const PoolView& pool,
    std::size_t budget, SelectContext& context,
    const std::function<std::vector<double>(const DiscriminatorTask&)>&
        log_odds);
std::size_t discriminative_bytes(const PoolView& pool);
}  // namespace detail

/// Discriminative active learning: labels what can be told from what is
/// labelled, so that in the end the two cannot be told apart. In parts of
/// ⌈b / `sub_batches`⌉ picks:
///
///     P_u = the probability that u is not labelled, by a discriminator of the
///           embeddings of L ∪ S against those of U \ S
///     S ← S ∪ {the candidates of largest P_u},  score = P_u
///
/// Equal ones are decided by the total order. While nothing is labelled or
/// picked the total order decides, and scores are NaN. Rows are compared by
/// ln(P / (1 − P)), which tells them apart where P rounds to 1.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8; computes in double. Cost: that of
/// the discriminator, for each part; memory: 81 bytes a row, and that of the
/// discriminator. Asked to stop it returns the picks of the parts that are
/// done. Raises `strategy.bad_param`, `strategy.memory`,
/// `strategy.missing_input`.
///
/// D. Gissin & S. Shalev-Shwartz, "Discriminative Active Learning", arXiv 2019.
template <class Classifier = LogisticDiscriminator>
class Discriminative : public SetWise<Discriminative<Classifier>> {
  static_assert(
      Discriminator<Classifier>,
      "Discriminative: the classifier must model quarry::Discriminator, which "
      "has log_odds(task) const -> std::vector<double> and bytes(rows, width, "
      "threads) const -> std::size_t; see "
      "docs/concepts/policies.md");

 public:
  using Options = DiscriminativeOptions;

  /// Raises `strategy.bad_param`.
  explicit Discriminative(Options options, Classifier classifier = {})
      : options_(options), classifier_(std::move(classifier)) {
    options_.validate();
    detail::validate(classifier_);
  }
  Discriminative() : Discriminative(Options()) {}

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t candidates = pool.candidates().size();
    if (budget == 0 || candidates == 0) return {};
    const std::size_t known = candidates + pool.labelled().size();
    const std::size_t width = pool.input(inputs::embeddings).cols();
    context.expect_memory("discriminative",
                          detail::discriminative_bytes(pool) +
                              classifier_.bytes(known, width, context.threads));
    return detail::pick_discriminative(options_, pool, budget, context,
                                       [&](const DiscriminatorTask& task) {
                                         return classifier_.log_odds(task);
                                       });
  }

 private:
  Options options_;
  Classifier classifier_;
};

}  // namespace quarry
