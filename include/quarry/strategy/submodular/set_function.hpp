#pragma once

#include <concepts>
#include <cstddef>
#include <span>

namespace quarry {

/// A `SetFunction` f is what greedy selection maximises: it knows the set S
/// picked so far, and what a row would add to f(S).
///
/// Expressions, for `F& f`, `const F& c` and a row of the pool:
///
///     c.gain(row)  → double: f(S ∪ {row}) − f(S), finite or −∞
///     f.add(row)   → void: S becomes S ∪ {row}
///
/// Laws: gains depend on S alone, not on the order in which it came about.
/// Threads: one call at a time. Shipped: `FacilityLocationFunction`,
/// `GraphCutFunction`, `LogDetFunction`, `DisparityMinFunction`,
/// `DisparitySumFunction`; the shortest complete model is in
/// examples/extend/my_set_function.cpp.
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
/// may be lazy.
template <class F>
concept SubmodularFunction = SetFunction<F> && requires {
  requires F::submodular;
};

/// A function that computes many gains at once:
///
///     c.gains(rows, out)  fills out[i] with c.gain(rows[i])
template <class F>
concept BatchedSetFunction = SetFunction<F> &&
    requires(const F& c, std::span<const std::size_t> rows,
             std::span<double> out) {
  { c.gains(rows, out) } -> std::same_as<void>;
};

/// A function that bounds many gains at once, at a fraction of their cost, so
/// that a lazy search computes few gains:
///
///     c.bounds(rows, out)  fills out[i] with a number that c.gain(rows[i]) is
///                          not above, and hardly below
template <class F>
concept BoundedSetFunction = SetFunction<F> &&
    requires(const F& c, std::span<const std::size_t> rows,
             std::span<double> out) {
  { c.bounds(rows, out) } -> std::same_as<void>;
};

}  // namespace quarry
