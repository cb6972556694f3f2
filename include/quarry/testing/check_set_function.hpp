#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/submodular/greedy.hpp"
#include "quarry/strategy/submodular/maximise.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckSetFunctionOptions {
  /// Decides what is added, and pools; the same seed finds the same.
  std::uint64_t seed = 0;
  /// How many sets are tried; ≥ 1.
  std::size_t sets = 20;
  /// The rows of the largest of them; ≥ 1.
  std::size_t most_picks = 8;
};

namespace detail {

/// A set function whose type is forgotten, and what it holds on to.
struct AnySetFunction {
  quarry::detail::GreedyFunction calls;
  std::function<double(std::size_t)> gain;
  std::shared_ptr<void> held;
};

template <SetFunction F>
AnySetFunction any_set_function(std::shared_ptr<F> function) {
  return {.calls = quarry::detail::greedy_function(*function),
          .gain = [f = function.get()](
                      std::size_t row) { return std::as_const(*f).gain(row); },
          .held = function};
}

/// S = ∅.
using MakeSetFunction = std::function<AnySetFunction()>;

LawReport check_set_function(const MakeSetFunction& make,
                             std::span<const std::size_t> rows,
                             const CheckSetFunctionOptions& options);

/// Of a pool, where labelled rows are added; it may be told that there is room.
using MakeOfPool = std::function<AnySetFunction(
    const PoolView& pool, const SelectContext& context, bool room)>;

LawReport check_similarity_function(std::string_view name, const Needs& needs,
                                    const MakeOfPool& make,
                                    const CheckSetFunctionOptions& options);

}  // namespace detail

/// Checks the laws of a `SetFunction` (see submodular/set_function.hpp) on sets
/// of some of the `rows`, which are rows of its own; an empty report means that
/// none was seen broken. `make()` returns the function of S = ∅, anew each
/// time.
///
///     a gain is finite or −∞, and the same twice
///     gains do not depend on the order in which rows were added, nor does the
///         sum of their gains  (within 1e-9 of the largest)
///     gains(rows) == gain(row), to the last bit, where there are both
///     bounds(rows) ≥ gain(row)
///     with `submodular`: no gain rises as rows are added, by not one bit
///
/// Of each law the first violation is told, and how many followed. Cost:
/// O(sets × picks × rows) gains.
template <std::invocable Make>
  requires SetFunction<std::invoke_result_t<const Make&>> LawReport
  check_set_function(const Make& make, std::span<const std::size_t> rows,
                     const CheckSetFunctionOptions& options = {}) {
    using F = std::invoke_result_t<const Make&>;
    return detail::check_set_function(
        [&] {
          return detail::any_set_function(std::shared_ptr<F>(new F(make())));
        },
        rows, options);
  }

/// The same of a `SimilarityFunction`, as `Maximise` makes it, on pools made
/// for it (1 to 1,100 rows, copies, ties, labelled rows): of embeddings by
/// `Kernel`, and what else `F::needs()` names. And besides:
///
///     the same with 1, 2 and 7 threads
///     what `allow` says changes no gain
template <SimilarityFunction F, RowKernel Kernel = CosineKernel>
LawReport check_similarity_function(
    const typename Maximise<F, Kernel>::Options& options = {},
    const CheckSetFunctionOptions& how = {}) {
  struct Held {
    Held(const Kernel& kernel, const typename F::Options& options,
         const PoolView& pool, const SelectContext& context)
        : similarity(pool, ground_of(pool), kernel, context.threads),
          function(quarry::detail::make_function<F>(similarity, options, pool,
                                                    context)) {}
    KernelSimilarity<Kernel> similarity;
    F function;
  };
  return detail::check_similarity_function(
      F::name, Maximise<F, Kernel>::needs(),
      [&](const PoolView& pool, const SelectContext& context, bool room) {
        const auto held = std::make_shared<Held>(
            options.kernel, options.function, pool, context);
        if constexpr (requires { held->function.allow(std::size_t{}); }) {
          held->function.allow(room ? std::size_t{1} << 30 : 0);
        }
        quarry::detail::add_labelled(held->function, pool.labelled());
        return detail::any_set_function(
            std::shared_ptr<F>(held, &held->function));
      },
      how);
}

}  // namespace quarry::testing
