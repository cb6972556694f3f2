#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/strategy/choice/learning_curve.hpp"

namespace quarry {

/// How many branches are dropped at once.
enum class PsheaDrop {
  lowest,      ///< the one of the lowest forecast
  lower_half,  ///< half of them, rounded down
};

struct PsheaOptions {
  /// Labels that may be bought in all; at least 1.
  std::size_t budget = 10'000;
  /// b: how many a branch buys a round; at least 1.
  std::size_t batch = 100;
  /// The metric that is good enough: a number, or +∞: none is.
  double target = std::numeric_limits<double>::infinity();
  /// ε: a round that raises the best metric so far by less is one without gain;
  /// finite, at least 0.
  double min_gain = 1e-3;
  /// How many rounds without gain, one after another, end it; 0: none do.
  std::size_t patience = 3;
  /// Which branches a round drops.
  PsheaDrop drop = PsheaDrop::lowest;
  /// What is fitted. Its limit bounds metrics: {0, 100} for percent, say.
  CurveOptions curve = {};

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Why it stops, if it does.
enum class PsheaStop {
  go_on,
  target,     ///< the best metric is good enough
  budget,     ///< a round more could cost more than is left
  converged,  ///< `patience` rounds brought nothing
};

/// How a branch did in a round: its strategy picked, those samples were
/// labelled, and a model was trained on all that the branch has.
struct BranchReport {
  std::string branch;
  /// How many labels the model was trained on; above 0.
  std::size_t labels = 0;
  double metric = 0.0;  ///< finite; more is better
  /// Ids of the samples whose labels it asked for in this round; those that
  /// another branch has bought before cost nothing.
  std::vector<std::string> bought = {};
};

struct BranchForecast {
  std::string branch;
  CurveVerdict verdict = CurveVerdict::too_few_points;
  /// At b labels more than it has; nothing where there is no fit.
  std::optional<CurveForecast> forecast = {};
};

/// What is to be done after a round.
struct PsheaRound {
  PsheaStop stop = PsheaStop::go_on;
  std::vector<std::string> alive = {};         ///< those that go on
  std::vector<std::string> dropped = {};       ///< by this round, worst first
  std::vector<BranchForecast> forecasts = {};  ///< of those alive before it
  std::size_t spent = 0;                       ///< labels bought in all
  std::string best = {};  ///< the branch of the best metric
  double best_metric = -std::numeric_limits<double>::infinity();
};

/// Predictive successive halving with early stop: several strategies run side
/// by side from the same labels, each a *branch* with a labelled set and a
/// model of its own, and those whose learning curves promise least are dropped.
/// After each round, in this order:
///
///     stop `target`     if the best metric so far ≥ target
///     stop `budget`     if spent + alive b > budget
///     stop `converged`  if the best metric so far rose by less than ε in each
///                       of the last `patience` rounds
///     drop              the branch of the lowest forecast at n + b, once each
///                       has a fit (three numbers of labels); never the last
///
/// Of equal forecasts the branch that was named later goes first. A label is
/// paid for once however many branches use it, and what all have bought is
/// there for the winner. The first report may be about the labels that all
/// begin with, with nothing bought.
///
/// O(points) for each fit; memory: the ids of what was bought.
///
/// Reconstructed from the agent of Y. Huang, H. Zhang, Y. Li, C. T. Lau & Y.
/// You, "Active-Learning-as-a-Service: An Automatic and Efficient MLOps System
/// for Data-Centric AI", 2022.
class Pshea {
 public:
  using Options = PsheaOptions;

  /// Expects a branch, and names that are neither empty nor equal. Raises
  /// `strategy.bad_param`.
  explicit Pshea(std::vector<std::string> branches, Options options = {});

  /// One report of each branch that goes on, in any order. Expects that it has
  /// not stopped. Raises `strategy.bad_report` for a branch that is missing,
  /// unknown, dropped or there twice, for labels that are 0, and for a metric
  /// that is not finite or above the limit that the curve may have.
  PsheaRound round(std::span<const BranchReport> reports);

  PsheaStop stop() const noexcept { return stop_; }
  std::vector<std::string> alive() const;
  /// Metrics by labels so far, of a dropped branch too. Expects its name.
  std::span<const CurvePoint> curve(std::string_view branch) const;
  /// Ids of all labels that were bought.
  const std::set<std::string>& bought() const noexcept { return bought_; }

  /// All there is to know, options too.
  Json to_json() const;
  /// Goes on from there. Raises `strategy.bad_state`; `name` is what its
  /// message calls the text.
  static Pshea from_json(const Json& state,
                         std::string_view name = "the state of pshea");

 private:
  struct Branch {
    std::string name;
    bool alive = true;
    std::vector<CurvePoint> points = {};
  };

  void record(std::span<const BranchReport> reports);
  /// Takes a metric for the best if it is better.
  void see(const Branch& branch, double metric);
  void find_best();
  PsheaStop reason() const;
  void drop(PsheaRound& round);

  Options options_;
  std::vector<Branch> branches_;
  std::set<std::string> bought_;
  std::string best_;
  double best_metric_ = -std::numeric_limits<double>::infinity();
  std::size_t without_gain_ = 0;  // rounds, one after another
  PsheaStop stop_ = PsheaStop::go_on;
};

}  // namespace quarry
