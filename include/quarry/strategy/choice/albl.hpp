#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/strategy/choice/advice.hpp"
#include "quarry/strategy/choice/exp4p.hpp"

namespace quarry {

struct AlblOptions {
  Exp4POptions bandit = {};
  /// Whether a draw from the whole pool is one more strategy, the last. Without
  /// it rows that nobody advises are never asked, and the reward estimates the
  /// accuracy on the others alone.
  bool uniform = true;
  /// Of the draws.
  std::uint64_t seed = 0;

  /// Raises `strategy.bad_param`.
  void validate(std::size_t strategies) const {
    bandit.validate(experts(strategies));
  }
  /// How many experts there are with the uniform one.
  std::size_t experts(std::size_t strategies) const noexcept {
    return strategies + (uniform ? 1 : 0);
  }
};

/// Active learning by learning: listens to several strategies, and the more to
/// one the better the model is for what it had asked. A round is
///
///     ask     draws of rows from q = pᵀ Q, as `Exp4P` has it
///     label, train
///     learn   r = 1 / (n T) Σ_t W_t [model right about the row of draw t]
///
/// with W_t = 1 / q of that row when it was drawn, n the rows of the pool and T
/// the horizon. r is the importance-weighted accuracy, which is the same
/// whoever advised what: if every row can be drawn, the mean over all that T
/// draws may be is a model's accuracy on the whole pool. A single r may well be
/// above 1.
///
/// Rows are numbers of one pool, the same in all rounds. A draw may hit a row
/// that is labelled already: it counts, it costs no label, and another follows.
/// Where a batch is labelled, all its draws are made from one q and are
/// rewarded together, by the model that learned from all of them.
///
/// Time O(rows + advice) a round and O(ln rows) a draw; memory some 60 bytes a
/// row while asking, and as much for each row drawn so far.
///
/// W.-N. Hsu & H.-T. Lin, "Active Learning by Learning", AAAI 2015.
class Albl {
 public:
  using Options = AlblOptions;

  /// Over `strategies` strategies and a pool of `rows` rows; expects one of
  /// each. Raises `strategy.bad_param`.
  Albl(std::size_t strategies, std::size_t rows, Options options = {});

  /// q, `[rows]`, of one advice a strategy, in the order of all rounds.
  std::vector<double> query(std::span<const Advice> advice) const;

  /// Draws until `budget` rows came up that are not `labelled`, or all have
  /// that can; returns those, in the order of draws. Nothing: there is nothing
  /// left to ask, and no round begins. Expects that `learn` ended the last one.
  ///
  /// What is drawn depends on the seed, on how many draws went before, and on
  /// q: a round that is asked again from the same state asks the same.
  ///
  /// Raises what `Advice::distribution` raises.
  std::vector<std::size_t> ask(std::span<const Advice> advice,
                               std::size_t budget,
                               std::span<const std::size_t> labelled = {});
  /// Draws numbers in [0, 1) of yours instead: the row of a number u is the
  /// first, by index, at which the running share of q reaches u. Copies of this
  /// draw from copies of `uniform`; no state holds it.
  void draw_from(std::function<double()> uniform) {
    uniform_ = std::move(uniform);
  }

  /// Ends the round: `correct(row)` tells whether the model, trained anew, is
  /// right about a row of `drawn()`; false where no label came back. Returns
  /// the reward r. Expects that `ask` began a round.
  double learn(const std::function<bool(std::size_t row)>& correct);
  /// Whether `ask` began a round that `learn` has not ended.
  bool asking() const noexcept { return draws_ > 0; }

  /// The rows drawn so far, each with the sum of its W.
  const std::map<std::size_t, double>& drawn() const noexcept { return drawn_; }
  /// Whose experts are the strategies, then the uniform one.
  const Exp4P& bandit() const noexcept { return bandit_; }

  /// All there is to know, in the middle of a round too.
  Json to_json() const;
  /// Goes on from there. Raises `strategy.bad_state`; `name` is what its
  /// message calls the text.
  static Albl from_json(const Json& state,
                        std::string_view name = "the state of albl");

 private:
  Albl(Exp4P bandit, std::size_t rows, bool uniform, std::uint64_t seed);
  std::vector<Advice> all_of(std::span<const Advice> advice) const;

  Exp4P bandit_;
  std::size_t rows_;
  bool with_uniform_;
  std::uint64_t seed_;
  std::function<double()> uniform_ = {};
  std::map<std::size_t, double> drawn_;
  // Of the round under way: how many draws, and their sums of Q_k,ask / q_ask.
  std::size_t draws_ = 0;
  std::vector<double> ratios_;
};

}  // namespace quarry
