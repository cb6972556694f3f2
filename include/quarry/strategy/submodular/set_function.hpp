#pragma once

#include <concepts>
#include <cstddef>
#include <span>

namespace quarry {

/// A `SetFunction` f is what greedy selection maximises: it knows the set S
/// picked so far, and what a row would add to f(S).
///
/// Expressions, for `F& f`, `const F& c` and a row of the pool that is not in
/// S:
///
///     c.gain(row)  → double: f(S ∪ {row}) − f(S), finite or −∞, in whatever
///                    unit; it is the score of a pick. Called as often as the
///                    search likes, for any row
///     f.add(row)   → void: S becomes S ∪ {row}. Called _once_ for each pick
///                    but the last, in order
///
/// Laws, checked by `testing::check_set_function`:
///
///     gain(row) changes nothing: the same twice, to the last bit
///     gains depend on S alone, not on the order in which it came about, up to
///         rounding
///     the gains of rows that are added one after another have one sum, f of
///         all of them, in whatever order, up to rounding
///
/// Cost: its own; `greedy` asks for N gains at first, and for few or N before
/// each pick after it. Threads: one call at a time. The shortest complete model
/// is in examples/extend/my_set_function.cpp. Shipped:
/// `FacilityLocationFunction`, `SparseFacilityLocationFunction`,
/// `GraphCutFunction`, `LogDetFunction`, `DisparityMinFunction`,
/// `DisparitySumFunction`.
template <class F>
concept SetFunction = requires(F& f, const F& c, std::size_t row) {
  { c.gain(row) } -> std::same_as<double>;
  { f.add(row) } -> std::same_as<void>;
};

/// A `SubmodularFunction` promises that gains never rise as S grows, in the
/// arithmetic in which it computes them:
///
///     S ⊆ T  ⇒  f(S ∪ {x}) − f(S) ≥ f(T ∪ {x}) − f(T)
///     F::submodular → true
///
/// so that a gain computed earlier bounds the gain now, and greedy selection
/// may be lazy. `testing::check_set_function` holds it to its promise, to the
/// last bit. Shipped: `FacilityLocationFunction` and those made of it,
/// `SparseFacilityLocationFunction`, `LogDetFunction`.
template <class F>
concept SubmodularFunction = SetFunction<F> && requires {
  requires F::submodular;
};

/// A `BatchedSetFunction` computes many gains at once:
///
///     c.gains(rows, out)  fills out[i] with c.gain(rows[i]), to the last bit;
///                         called with 512 rows at most, in place of `gain`
template <class F>
concept BatchedSetFunction = SetFunction<F> &&
    requires(const F& c, std::span<const std::size_t> rows,
             std::span<double> out) {
  { c.gains(rows, out) } -> std::same_as<void>;
};

/// A `BoundedSetFunction` bounds many gains at once, at a fraction of their
/// cost, so that a lazy search computes few gains:
///
///     c.bounds(rows, out)  fills out[i] with a number that c.gain(rows[i]) is
///                          not above, and hardly below; a loose one costs
///                          time, one that is too low a pick
template <class F>
concept BoundedSetFunction = SetFunction<F> &&
    requires(const F& c, std::span<const std::size_t> rows,
             std::span<double> out) {
  { c.bounds(rows, out) } -> std::same_as<void>;
};

}  // namespace quarry
