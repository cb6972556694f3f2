#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/strategy/choice/advice.hpp"

namespace quarry {

struct Exp4POptions {
  /// T: how many rows are to be asked in all; at least 1. It sets how boldly
  /// weights move. More may follow.
  std::size_t horizon = 100;
  /// δ: how often the bound on the regret may fail; above 0, at most 1.
  double delta = 0.1;
  /// The least probability of each of the K experts, above 0 and at most 1/K.
  /// Without it √(ln K / (K T)), for which T must be at least K ln K.
  std::optional<double> pmin = {};

  /// Raises `strategy.bad_param`.
  void validate(std::size_t experts) const;
};

/// Exp4.P: a bandit that learns which of K experts to listen to from the reward
/// of what was asked. With weights w, all 1 at first:
///
///     p = (1 − K pmin) w / Σ w + pmin               probability of an expert
///     q = pᵀ Q                                      of a row: Q_k is advice k
///     r̂_k = r Q_k,ask / q_ask,  v̂_k = 1 / p_k       after reward r of `ask`
///     w_k ← w_k exp(pmin / 2 (r̂_k + v̂_k √(ln(K / δ) / (K T))))
///
/// The estimate r̂_k is unbiased: over the draws of `ask` from q its mean is
/// what expert k would have earned. Rewards are meant to be in [0, 1].
/// Logarithms of weights are kept, so that they never overflow. O(K) an update.
///
/// A. Beygelzimer, J. Langford, L. Li, L. Reyzin & R. E. Schapire, "Contextual
/// Bandit Algorithms with Supervised Learning Guarantees", AISTATS 2011; with
/// experts for arms as W.-N. Hsu & H.-T. Lin, "Active Learning by Learning",
/// AAAI 2015.
class Exp4P {
 public:
  using Options = Exp4POptions;

  /// Expects an expert. Raises `strategy.bad_param`.
  explicit Exp4P(std::size_t experts, Options options = {});

  std::size_t experts() const noexcept { return log_weights_.size(); }
  /// How many asked rows it has learned from.
  std::size_t asked() const noexcept { return asked_; }
  std::size_t horizon() const noexcept { return horizon_; }
  double pmin() const noexcept { return pmin_; }

  /// w, `[K]`; +∞ beyond the range of a double.
  std::vector<double> weights() const;
  /// p, `[K]`; sums to 1.
  std::vector<double> probabilities() const;
  /// q, `[rows]`, of one advice an expert. Raises what
  /// `Advice::distribution` raises.
  std::vector<double> query(std::span<const Advice> advice,
                            std::size_t rows) const;

  /// Takes the reward of one asked row; `advised[k]` is Q_k,ask, of which one
  /// at least is above 0. Raises `strategy.bad_report` unless the reward is
  /// finite and at least 0.
  void update(double reward, std::span<const double> advised);
  /// The same for `asked` rows that were drawn from one q and are rewarded
  /// together: `estimates` are the sums of r̂, `[K]`, and v̂ counts as often.
  void update(std::span<const double> estimates, std::size_t asked);

  /// All there is to know, options too.
  Json to_json() const;
  /// Goes on from there, bit by bit. Raises `strategy.bad_state`; `name` is
  /// what its message calls the text.
  static Exp4P from_json(const Json& state,
                         std::string_view name = "the state of exp4p");

 private:
  std::size_t horizon_;
  double delta_;
  double pmin_;
  std::size_t asked_ = 0;
  std::vector<double> log_weights_;
};

}  // namespace quarry
