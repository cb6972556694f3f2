#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_context.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/set_function.hpp"

namespace quarry {

/// Whether a function is made from `(similarity, options, threads)`.
template <class F>
concept MadeOfSimilarities =
    std::constructible_from<F, const Similarity&, const typename F::Options&,
                            std::size_t>;

/// Whether a function is made from `(similarity, options, pool, context)`.
template <class F>
concept MadeOfPools =
    std::constructible_from<F, const Similarity&, const typename F::Options&,
                            const PoolView&, const SelectContext&>;

/// Whether the memory of a function depends on its options.
template <class F>
concept BytesByOptions = requires(std::size_t n,
                                  const typename F::Options& options) {
  { F::bytes(n, n, options) } -> std::same_as<std::size_t>;
};

/// A `SimilarityFunction` is a `SetFunction` of similarities, which `Maximise`
/// makes anew for each selection.
///
/// Expressions, besides those of `SetFunction`, for a ground set V of |V| rows:
///
///     F::name     → what messages call it
///     F::Options  default-constructible; a comment a field, and `validate()`
///     F(similarity, options, threads)  or
///     F(similarity, options, pool, context)  → F of S = ∅; the similarities
///                   outlive it
///     F::bytes(|V|, picks)  or
///     F::bytes(|V|, picks, options)  → std::size_t: the bytes it allocates
///                   until so many rows are added
///
/// Optional:
///
///     F::ready            what the similarities are made ready for
///                         (`Similarity::Ready`)
///     F::needs()          → Needs, constexpr; without it embeddings, or
///                         similarities in their place
///     f.add_labelled(row) in place of f.add(row), for labelled rows; or
///     f.add_all(rows)     _once_, for all of them
///     f.expect_picks(n)   before `allow`: n rows are added, each the best of
///                         all, and none before them
///     f.allow(bytes)      how much more than it says it may allocate
///
/// Laws: those of `SetFunction`, once labelled rows are added; neither what
/// `allow` says nor the number of threads changes a gain.
/// `testing::check_similarity_function` checks them. Cost: its own; a gain is
/// asked for often. Threads: one call at a time, which may use as many as it
/// was given. The shortest complete models
/// are `DisparitySumFunction` and `LogDetFunction`. Shipped:
/// `FacilityLocationFunction` and those made of it, `GraphCutFunction`,
/// `LogDetFunction`, `DisparityMinFunction`, `DisparitySumFunction`,
/// `SparseFacilityLocationFunction`.
template <class F>
concept SimilarityFunction = SetFunction<F> &&
    std::default_initializable<typename F::Options> && requires(std::size_t n) {
  { F::name } -> std::convertible_to<std::string_view>;
  requires BytesByOptions<F> || requires {
    { F::bytes(n, n) } -> std::same_as<std::size_t>;
  };
} &&(MadeOfSimilarities<F> || MadeOfPools<F>);

namespace detail {

/// A `SimilarityFunction` of S = ∅.
template <class F>
F make_function(const Similarity& similarity,
                const typename F::Options& options, const PoolView& pool,
                const SelectContext& context) {
  if constexpr (MadeOfPools<F>) {
    return F(similarity, options, pool, context);
  } else {
    return F(similarity, options, context.threads);
  }
}

/// Labelled rows count as picked.
template <class F>
void add_labelled(F& function, std::span<const std::size_t> rows) {
  if constexpr (requires { function.add_all(rows); }) {
    function.add_all(rows);
  } else {
    for (const std::size_t row : rows) {
      if constexpr (requires { function.add_labelled(row); }) {
        function.add_labelled(row);
      } else {
        function.add(row);
      }
    }
  }
}

template <class F>
std::size_t function_bytes(std::size_t ground, std::size_t picks,
                           const typename F::Options& options) {
  if constexpr (BytesByOptions<F>) {
    return F::bytes(ground, picks, options);
  } else {
    return F::bytes(ground, picks);
  }
}

}  // namespace detail

}  // namespace quarry
