#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/score_block.hpp"

namespace quarry {

/// Any strategy, chosen at run time; holds a copy, `std::ref` shares. It says
/// which kind it is instead of modelling both.
class AnyStrategy {
 public:
  enum class Kind { pointwise, set };

  template <Strategy S>
    requires(!std::same_as<S, AnyStrategy>) &&
            (PointwiseStrategy<S> || SetStrategy<S>)
  AnyStrategy(S strategy)
      : self_(std::make_shared<Holder<S, S>>(std::move(strategy))) {}

  template <Strategy S>
    requires(PointwiseStrategy<S> || SetStrategy<S>)
  AnyStrategy(std::reference_wrapper<S> strategy)
      : self_(std::make_shared<Holder<S, const S&>>(strategy.get())) {}

  Kind kind() const { return self_->kind(); }
  Needs needs() const { return self_->needs(); }
  /// Expects `kind() == Kind::pointwise`.
  void score(const PredictionBlock& block, std::span<double> out) const {
    self_->score(block, out);
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
    std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                   SelectContext& context) const override {
      if constexpr (PointwiseStrategy<S>) {
        QUARRY_EXPECTS(false && budget == 0, "select() of a pointwise strategy");
        return {};
      } else {
        return strategy.select(pool, budget, context);
      }
    }
    Held strategy;
  };

  std::shared_ptr<const Interface> self_;
};

/// The picks of `strategy` from a pool whose arrays are there: what `quarry
/// rank` does. A pointwise strategy streams over the candidates' blocks; equal
/// to what the pipeline picks from the same numbers.
std::vector<RankedPick> select_from(const AnyStrategy& strategy,
                                    const PoolView& pool, std::size_t budget,
                                    SelectContext& context);

}  // namespace quarry
