#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/submodular/greedy.hpp"
#include "quarry/strategy/submodular/similarity_function.hpp"

namespace quarry {

/// Picks greedily by a set function of similarities; labelled rows count as
/// picked. The ground set V is all that is known: candidates and labelled rows.
/// Similarities are those of the embeddings by `Kernel`, or the pool's input
/// `similarity` `[N, N]` where it has one and the function takes it: its needs
/// say that it will do in place of embeddings.
///
/// `Function` models `SimilarityFunction`, and `Kernel` `RowKernel`.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, or `similarity`; computes in
/// double. Memory: what `Function::bytes` says, 16 bytes a row, 56 a candidate,
/// and the embeddings in double (in float where bounds are asked for). Raises
/// `strategy.memory`, `strategy.missing_input`, `strategy.input_shape` and
/// `strategy.bad_row` for `similarity`, and `strategy.bad_param` for options.
template <class Function, class Kernel = CosineKernel>
class Maximise {
  QUARRY_EXPECTS_SET_FUNCTION("Maximise", Function);
  static_assert(SimilarityFunction<Function>,
                "Maximise: the function must model quarry::SimilarityFunction, "
                "which has name, Options, bytes(ground, picks) -> std::size_t "
                "and a constructor (similarity, options, threads); see "
                "docs/concepts/policies.md");
  QUARRY_EXPECTS_ROW_KERNEL("Maximise", Kernel);

 public:
  struct Options {
    /// How alike rows are; its own ranges.
    Kernel kernel = {};
    typename Function::Options function = {};
    /// How the best is looked for.
    GreedyOptions greedy = {};
    /// Raises `strategy.bad_param`.
    void validate() const {
      detail::validate(kernel);
      detail::validate(function);
      greedy.validate();
    }
  };

  Maximise() = default;
  /// Raises `strategy.bad_param`.
  explicit Maximise(Options options) : options_(std::move(options)) {
    options_.validate();
  }

  static constexpr Needs needs() {
    if constexpr (requires { Function::needs(); }) {
      return Function::needs();
    } else {
      return {{.name = inputs::embeddings, .instead = inputs::similarity}};
    }
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    budget = std::min(budget, pool.candidates().size());
    if (budget == 0) return {};
    const std::size_t known = pool.candidates().size() + pool.labelled().size();
    const std::size_t needed =
        bytes_of_similarity(pool, known, context.threads) +
        detail::function_bytes<Function>(known, pool.labelled().size() + budget,
                                         options_.function) +
        greedy_bytes(pool.candidates().size());
    context.expect_memory(Function::name, needed);
    const auto similarity = similarity_in(pool, context.threads);
    auto function = detail::make_function<Function>(
        *similarity, options_.function, pool, context);
    if constexpr (requires { function.expect_picks(budget); }) {
      if (options_.greedy.search == Search::lazy && pool.labelled().empty()) {
        function.expect_picks(budget);
      }
    }
    if constexpr (requires { function.allow(needed); }) {
      function.allow(context.memory_limit - needed);
    }
    detail::add_labelled(function, pool.labelled());
    return greedy(function, pool, pool.candidates(), budget, context,
                  options_.greedy);
  }

 private:
  static constexpr Similarity::Ready ready() {
    if constexpr (requires { Function::ready; }) return Function::ready;
    return BoundedSetFunction<Function> ? Similarity::Ready::bounds
                                        : Similarity::Ready::values;
  }

  /// Whether the function is content with similarities in place of embeddings.
  static constexpr bool takes_similarities() {
    for (const Need& need : needs()) {
      if (need.instead == inputs::similarity) return true;
    }
    return false;
  }
  std::unique_ptr<Similarity> similarity_in(const PoolView& pool,
                                            std::size_t threads) const {
    if (takes_similarities()) {
      return similarity_of(pool, ground_of(pool), options_.kernel, threads,
                           ready());
    }
    return std::make_unique<KernelSimilarity<Kernel>>(
        pool, ground_of(pool), options_.kernel, threads, ready());
  }
  static std::size_t bytes_of_similarity(const PoolView& pool,
                                         std::size_t known,
                                         std::size_t threads) {
    return takes_similarities()
               ? similarity_bytes<Kernel>(pool, known, threads, ready())
               : KernelSimilarity<Kernel>::bytes(pool, known, threads, ready());
  }

  Options options_;
};

}  // namespace quarry
