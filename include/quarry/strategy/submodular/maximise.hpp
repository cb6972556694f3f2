#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/submodular/greedy.hpp"

namespace quarry {

/// Picks greedily by a set function of similarities; labelled rows count as
/// picked. The ground set V is all that is known: candidates and labelled rows.
/// Similarities are those of the embeddings by `Kernel`, or the pool's input
/// `similarity` `[N, N]` where it has one and the function takes it: its needs
/// say that it will do in place of embeddings.
///
/// `Function` models `SetFunction` and has besides
///
///     Function::name                      what messages call it
///     Function::Options                   default-constructible
///     Function(similarity, options, threads)
///     Function::bytes(|V|, picks)         what it allocates for |L| + b picks
///
/// or, in place of that constructor, `Function(similarity, options, pool,
/// context)`, and of the last `Function::bytes(|V|, picks, options)`. It may
/// have `Function::ready`, what the similarities are made ready for;
/// `Function::needs()`; `f.add_labelled(row)`, called in place of `f.add(row)`
/// for the rows of L, or `f.add_all(rows)`, called once; and `f.allow(bytes)`:
/// how much more than it says it may allocate, which must not change picks.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, or `similarity`; computes in
/// double. Raises `strategy.memory`, `strategy.missing_input`,
/// `strategy.input_shape` and `strategy.bad_row` for `similarity`, and
/// `strategy.bad_param` for options.
template <class Function, RowKernel Kernel = CosineKernel>
class Maximise {
  static_assert(SetFunction<Function>,
                "Maximise: the function must model quarry::SetFunction, which "
                "has gain(row) const -> double and add(row) -> void; see "
                "docs/reference/strategies/submodular.md");

 public:
  struct Options {
    Kernel kernel = {};
    typename Function::Options function = {};
    GreedyOptions greedy = {};
  };

  Maximise() = default;
  /// Raises `strategy.bad_param`.
  explicit Maximise(Options options) : options_(std::move(options)) {
    options_.greedy.validate();
    if constexpr (requires { options_.kernel.validate(); }) {
      options_.kernel.validate();
    }
    if constexpr (requires { options_.function.validate(); }) {
      options_.function.validate();
    }
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
        bytes_of_function(known, pool.labelled().size() + budget) +
        greedy_bytes(pool.candidates().size());
    context.expect_memory(Function::name, needed);
    const auto similarity = similarity_in(pool, context.threads);
    Function function = make(*similarity, pool, context);
    if constexpr (requires { function.allow(needed); }) {
      function.allow(context.memory_limit - needed);
    }
    add_labelled(function, pool.labelled());
    return greedy(function, pool, pool.candidates(), budget, context,
                  options_.greedy);
  }

 private:
  static constexpr Similarity::Ready ready() {
    if constexpr (requires { Function::ready; }) return Function::ready;
    return BoundedSetFunction<Function> ? Similarity::Ready::bounds
                                        : Similarity::Ready::values;
  }

  std::size_t bytes_of_function(std::size_t ground, std::size_t picks) const {
    if constexpr (requires {
                    Function::bytes(ground, picks, options_.function);
                  }) {
      return Function::bytes(ground, picks, options_.function);
    } else {
      return Function::bytes(ground, picks);
    }
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

  static void add_labelled(Function& function,
                           std::span<const std::size_t> labelled) {
    if constexpr (requires { function.add_all(labelled); }) {
      return function.add_all(labelled);
    }
    for (const std::size_t row : labelled) {
      if constexpr (requires { function.add_labelled(row); }) {
        function.add_labelled(row);
      } else {
        function.add(row);
      }
    }
  }

  Function make(const Similarity& similarity, const PoolView& pool,
                const SelectContext& context) const {
    if constexpr (std::is_constructible_v<
                      Function, const Similarity&, typename Function::Options,
                      const PoolView&, const SelectContext&>) {
      return Function(similarity, options_.function, pool, context);
    } else {
      return Function(similarity, options_.function, context.threads);
    }
  }

  Options options_;
};

}  // namespace quarry
