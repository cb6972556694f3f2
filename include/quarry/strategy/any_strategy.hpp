#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/score_block.hpp"

namespace quarry {

/// Any strategy, chosen at run time; holds a copy, `std::ref` shares. It says
/// which kind it is instead of modelling both; a type that models both counts
/// as pointwise.
class AnyStrategy {
 public:
  enum class Kind { pointwise, set };

  /// Constrained by nothing but the name, so that a strategy which is made from
  /// an `AnyStrategy` (a combinator) does not ask whether it is one while it is
  /// asked the same; what is no strategy is told so in one sentence.
  template <class S>
    requires(!std::same_as<S, AnyStrategy>)
  AnyStrategy(S strategy) { hold<S, S>(std::move(strategy)); }
  template <class S>
    requires(!std::same_as<std::remove_const_t<S>, AnyStrategy>)
  AnyStrategy(std::reference_wrapper<S> strategy) {
    hold<std::remove_const_t<S>, const S&>(strategy.get());
  }

  Kind kind() const { return self_->kind(); }
  Needs needs() const { return self_->needs(); }
  /// Expects `kind() == Kind::pointwise`.
  void score(const PredictionBlock& block, std::span<double> out) const {
    self_->score(block, out);
  }
  /// The same; of rows whose score is below `floor` it may say −∞.
  void score_above(const PredictionBlock& block, double floor,
                   std::span<double> out) const {
    self_->score_above(block, floor, out);
  }
  /// Expects `kind() == Kind::set`; to select with either kind see
  /// `select_from`.
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return self_->select(pool, budget, context);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Kind kind() const = 0;
    virtual Needs needs() const = 0;
    virtual void score(const PredictionBlock& block,
                       std::span<double> out) const = 0;
    virtual void score_above(const PredictionBlock& block, double floor,
                             std::span<double> out) const = 0;
    virtual std::vector<RankedPick> select(const PoolView& pool,
                                           std::size_t budget,
                                           SelectContext& context) const = 0;
  };
  /// `Held` is `S` or `const S&`.
  template <class S, class Held>
  struct Holder : Interface {
    explicit Holder(Held held) : strategy(std::forward<Held>(held)) {}
    Kind kind() const override {
      return PointwiseStrategy<S> ? Kind::pointwise : Kind::set;
    }
    Needs needs() const override { return strategy.needs(); }
    void score(const PredictionBlock& block,
               std::span<double> out) const override {
      if constexpr (PointwiseStrategy<S>) {
        score_block(strategy, block, out);
      } else {
        QUARRY_EXPECTS(false && out.empty(), "score() of a set strategy");
      }
    }
    void score_above(const PredictionBlock& block, double floor,
                     std::span<double> out) const override {
      if constexpr (PointwiseStrategy<S>) {
        score_block_above(strategy, block, floor, out);
      } else {
        score(block, out);
      }
    }
    std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                   SelectContext& context) const override {
      if constexpr (PointwiseStrategy<S>) {
        QUARRY_EXPECTS(false && budget == 0,
                       "select() of a pointwise strategy");
        return {};
      } else {
        return strategy.select(pool, budget, context);
      }
    }
    Held strategy;
  };

  template <class S, class Held>
  void hold(Held strategy) {
    constexpr bool chooses = PointwiseStrategy<S> || SetStrategy<S>;
    static_assert(
        Strategy<S>,
        "this type does not model quarry::Strategy: it must be copyable and "
        "have needs() const -> quarry::Needs (derive from quarry::Pointwise<D> "
        "or quarry::SetWise<D> to get it); see docs/concepts/strategy.md");
    static_assert(
        !Strategy<S> || chooses,
        "this type models neither quarry::PointwiseStrategy, which has "
        "score(prediction) const -> double or score(block, out) const -> void, "
        "nor quarry::SetStrategy, which has select(pool, budget, context) const"
        " -> std::vector<RankedPick>; see docs/concepts/strategy.md");
    if constexpr (chooses) {
      self_ = std::make_shared<Holder<S, Held>>(std::forward<Held>(strategy));
    }
  }

  std::shared_ptr<const Interface> self_;
};

/// What `select_from` chose, first pick first.
struct RankedPicks {
  std::vector<RankedPick> picks;
  /// False when it was asked to stop before all was taken into account: the
  /// picks are then not those of a whole run, however many there are.
  bool complete = true;

  auto begin() const noexcept { return picks.begin(); }
  auto end() const noexcept { return picks.end(); }
  std::size_t size() const noexcept { return picks.size(); }
  bool empty() const noexcept { return picks.empty(); }
  const RankedPick& operator[](std::size_t i) const { return picks.at(i); }
};

/// The picks of `strategy` from a pool whose arrays are there: what `quarry
/// rank` does. A pointwise strategy streams over the candidates' blocks; equal
/// to what the pipeline picks from the same numbers.
///
/// Raises `strategy.missing_input`, `strategy.input_shape` when an input of the
/// user's own that a pointwise strategy needs does not have N rows, and what
/// the strategy raises; when a strategy breaks its laws, `strategy.bad_score`
/// (NaN or +∞ from a pointwise one) or `strategy.bad_pick` (too many picks, one
/// twice, one that is no candidate).
///
/// Asked to stop, by the context's token or by its hook, it returns the best of
/// what was scored, or the picks that a set strategy had made, and
/// `complete == false`. A stop that comes when all is scored or picked changes
/// nothing: the picks are complete.
RankedPicks select_from(const AnyStrategy& strategy, const PoolView& pool,
                        std::size_t budget, SelectContext& context);

}  // namespace quarry
