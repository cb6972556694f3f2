#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/prediction.hpp"
#include "quarry/strategy/select_context.hpp"

namespace quarry {

/// A `Strategy` says what it needs:
///
///     s.needs()  → Needs; static and constexpr where it can be, so that a
///                  wrong pair of model and strategy does not compile
///
/// and is a `PointwiseStrategy` or a `SetStrategy`.
template <class S>
concept Strategy = std::copy_constructible<S> && requires(const S& s) {
  { s.needs() } -> std::convertible_to<Needs>;
};

/// A strategy that scores one row at a time.
template <class S>
concept ScoresRows = requires(const S& s, const Prediction& prediction) {
  { s.score(prediction) } -> std::convertible_to<double>;
};

/// A strategy that scores a block of rows at once.
template <class S>
concept ScoresBlocks = requires(const S& s, const PredictionBlock& block,
                                std::span<double> out) {
  { s.score(block, out) } -> std::same_as<void>;
};

/// A strategy that scores a block of rows, but for what is too low to matter.
template <class S>
concept ScoresAbove = requires(const S& s, const PredictionBlock& block,
                               double floor, std::span<double> out) {
  { s.score_above(block, floor, out) } -> std::same_as<void>;
};

/// A strategy that scores in either way.
template <class S>
concept Scores = ScoresRows<S> || ScoresBlocks<S>;

/// A `PointwiseStrategy` gives each row a score of its own; the highest is
/// queried first. It runs inside the stream: the pool is never stored.
///
/// One of these expressions, for `const S& s`:
///
///     s.score(prediction)  → double, for one row
///     s.score(block, out)  fills out[0 … block.rows): one double a row
///
/// Optional, for one that sees at a glance what is certain to score low:
///
///     s.score_above(block, floor, out)  as score(block, out), but may say −∞
///                          of a row whose score is below `floor`. Called
///                          instead of it once such rows can be picked no more
///
/// A score is a finite number or −∞ (never before any other). Laws, checked by
/// `testing::check_strategy`, with b the budget and U the candidates:
///
///     |picks| == min(b, |U|), distinct, all in U
///     order: score descending, then seeded hash of the id, then index
///     score(row) does not depend on the other rows of the block
///     score_above(row) == score(row), or −∞ and score(row) < floor
///     same seed ⇒ same picks, for any number of threads
///     picks(permuted pool) == permuted picks
///
/// Cost: O(N C). Threads: `score` is called from many threads at once. The
/// shortest complete model is in examples/extend/my_strategy.cpp. Shipped:
/// `RandomStrategy` (the template to copy), `LeastConfidence`, `Margin`,
/// `Ratio`, `Entropy`, `ExpectedCost`, `Consensus`, `Bald`, `Epig`, `KlQbc`,
/// `DeepFool`, `Bim` and their kin; `AnyStrategy`. Derive from `Pointwise<D>`
/// or, for stochastic passes, from `PassWise<D>`, for attacks on the model,
/// from `AttackWise<D>` to get `needs()` for free.
template <class S>
concept PointwiseStrategy = Strategy<S> && Scores<S>;

/// A `RowScore` is a pointwise strategy that other strategies take as a policy:
/// what of a row is uncertain, or lost. It scores one row at a time, and says
/// what it needs without being asked for it:
///
///     s.score(prediction)  → double
///     S::needs()           → Needs, static and best constexpr
///
/// Meaning, laws, cost and threads are those of `PointwiseStrategy`, and
/// `testing::check_strategy` checks them; a template says which scores it takes
/// (finite ones, or from 0 to 1). The shortest complete model is in
/// examples/extend/my_strategy.cpp. Shipped: `Entropy`, `Margin`, `Ratio`,
/// `LeastConfidence` and their kin.
template <class S>
concept RowScore = Strategy<S> && ScoresRows<S> && requires {
  { S::needs() } -> std::convertible_to<Needs>;
};

/// A `SetStrategy` chooses a set of rows together.
///
/// Expressions, for `const S& s`, `const PoolView& pool`, `std::size_t budget`
/// and `SelectContext& context`:
///
///     s.select(pool, budget, context)  → std::vector<RankedPick>, in the order
///                                        in which they should be labelled
///
/// Laws: those of `PointwiseStrategy` on picks, budget, seed and permutation;
/// randomness comes from `context.random` alone; `context.stop` ends it early
/// with the picks made so far, which are the first of those it would have made;
/// what it allocates is within `context.memory_limit`. Ties are decided by
/// `PickOrder(context.ties)`. The rows of the pool's candidates and labelled
/// samples are sound; others hold anything.
///
/// Cost: a strategy says its own. Inputs may be mapped from a file larger than
/// memory: one that reads rows where it needs them, block by block, and copies
/// none serves pools of any size.
/// Threads: one call at a time. The shortest complete model is in
/// examples/extend/my_set_strategy.cpp.
///
/// Shipped: `KCenter`, `CoreSet`, `KMeans`, `LightweightCoreset`, `TypiClust`,
/// `Badge`, `Dbal`, `Clue`, `Gsx`, `Gsy`, `Igs`, `BatchBald`, `Cal`, `Cdal`,
/// `Falcun`, `ClusterMargin`, `Bait`, `AlfaMix`, `DropQuery`, `Discriminative`,
/// `ExpectedErrorReduction`, `Stochastic`, `Maximise` and what it makes,
/// `ProbCover`; `AnyStrategy`. Derive from `SetWise<D>` to get `needs()`
/// (embeddings) for free.
template <class S>
concept SetStrategy = Strategy<S> &&
    requires(const S& s, const PoolView& pool, std::size_t budget,
             SelectContext& context) {
  { s.select(pool, budget, context) } -> std::same_as<std::vector<RankedPick>>;
};

/// A `StreamStrategy` decides about samples as they come, one at a time and for
/// good: is this one to be labelled? It serves an application that sees each
/// sample once; `InOrder<S>` makes a set strategy of it.
///
/// Expressions, for `S& s`, `const S& c` and `const Prediction& prediction`:
///
///     c.needs()          → Needs: what a prediction must hold
///     s.ask(prediction)  → bool: whether to label the sample. Called _once_
///                          for each that comes, in their order
///
/// Optional, for one that draws random numbers:
///
///     s.draw_from(uniform)  a `std::function<double()>`, which gives the next
///                           number in [0, 1); called before the first sample
///
/// Laws, with asked_t the answer to the t-th sample:
///
///     asked_t depends on the first t samples and the numbers drawn, no more
///     a copy goes on from where the original is; neither changes the other
///
/// The laws of sets do not hold: it may ask for fewer than a budget allows, and
/// another order of the same samples is another stream, with other answers.
///
/// Cost: O(C) a sample and O(1) memory. Threads: one call at a time. The
/// shortest complete model is in examples/extend/my_stream_strategy.cpp; check
/// yours with `testing::check_stream_strategy`. Shipped: `FixedUncertainty`,
/// `VariableUncertainty`, `Split`.
template <class S>
concept StreamStrategy = Strategy<S> &&
    requires(S& s, const Prediction& prediction) {
  { s.ask(prediction) } -> std::same_as<bool>;
};

/// The base of a pointwise strategy of your own (`D` is your type): it needs
/// probabilities unless you say otherwise.
template <class D>
struct Pointwise {
  static constexpr Needs needs() { return {{.name = inputs::probabilities}}; }
};

/// The base of a pointwise strategy of your own that scores what stochastic
/// passes, or the members of a committee, say about a row.
template <class D>
struct PassWise {
  static constexpr Needs needs() { return {{.name = inputs::passes}}; }
};

/// The base of a pointwise strategy of your own that scores how far an attack
/// on the model has to move a sample, which needs a `DifferentiableModel`: `D`
/// has
///
///     D::input       the name of the numbers `[N]`, of static storage
///     d.attack()  →  Attack: how they are computed
template <class D>
struct AttackWise {
  Needs needs() const {
    static_assert(
        requires(const D& d) {
          { D::input } -> std::convertible_to<std::string_view>;
          { d.attack() } -> std::convertible_to<Attack>;
        },
        "AttackWise: the strategy must have a static input, the name of the "
        "numbers, and attack() const -> quarry::Attack; see "
        "docs/reference/strategies/adversarial.md");
    return {
        {.name = D::input, .attack = static_cast<const D&>(*this).attack()}};
  }
};

/// The base of a set strategy of your own: it needs embeddings unless you say
/// otherwise.
template <class D>
struct SetWise {
  static constexpr Needs needs() { return {{.name = inputs::embeddings}}; }
};

}  // namespace quarry
