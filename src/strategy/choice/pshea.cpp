#include "quarry/strategy/choice/pshea.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"

namespace quarry {
namespace {

[[noreturn]] void bad_report(const std::string& branch,
                             const std::string& complaint) {
  raise("strategy.bad_report",
        "the report of branch '" + branch + "' " + complaint,
        "one for each branch that goes on: PsheaRound::alive");
}

void expect_sound(const BranchReport& report, double limit) {
  if (report.labels == 0) bad_report(report.branch, "has no labels");
  if (!std::isfinite(report.metric)) {
    bad_report(report.branch, "has the metric " +
                                  std::to_string(report.metric) +
                                  ", which is not finite");
  }
  if (report.metric > limit) {
    bad_report(report.branch,
               "has the metric " + std::to_string(report.metric) +
                   ", which is above the limit of its curve, " +
                   std::to_string(limit) + ": set curve.limit in its unit");
  }
}

}  // namespace

void PsheaOptions::validate() const {
  detail::expect_at_least_one("budget", budget);
  detail::expect_at_least_one("batch", batch);
  detail::expect_option(target > -HUGE_VAL, "target", target,
                        "a number, or infinite");
  detail::expect_option(std::isfinite(min_gain) && min_gain >= 0.0, "min_gain",
                        min_gain, "finite and at least 0");
  curve.validate();
}

Pshea::Pshea(std::vector<std::string> branches, Options options)
    : options_(std::move(options)) {
  QUARRY_EXPECTS(!branches.empty(), "Pshea: a branch");
  options_.validate();
  std::set<std::string> names;
  for (std::string& name : branches) {
    QUARRY_EXPECTS(!name.empty() && names.insert(name).second,
                   "Pshea: names that are neither empty nor equal");
    branches_.push_back({std::move(name)});
  }
}

PsheaRound Pshea::round(std::span<const BranchReport> reports) {
  QUARRY_EXPECTS(stop_ == PsheaStop::go_on, "Pshea::round: it has stopped");
  record(reports);
  stop_ = reason();
  PsheaRound round{.stop = stop_};
  if (stop_ == PsheaStop::go_on) drop(round);
  round.alive = alive();
  round.spent = bought_.size();
  round.best = best_;
  round.best_metric = best_metric_;
  return round;
}

void Pshea::record(std::span<const BranchReport> reports) {
  // All is looked at before anything is kept.
  std::set<std::string> names;
  for (const std::string& name : alive()) names.insert(name);
  for (const BranchReport& report : reports) {
    expect_sound(report, options_.curve.limit.high);
    if (names.erase(report.branch) == 0) {
      bad_report(report.branch, "is of none that goes on, or the second");
    }
  }
  if (!names.empty()) bad_report(*names.begin(), "is missing");

  const double before = best_metric_;
  for (Branch& branch : branches_) {
    if (!branch.alive) continue;
    const auto report = std::find_if(
        reports.begin(), reports.end(),
        [&](const BranchReport& one) { return one.branch == branch.name; });
    branch.points.push_back(
        {static_cast<double>(report->labels), report->metric});
    bought_.insert(report->bought.begin(), report->bought.end());
    see(branch, report->metric);
  }
  without_gain_ =
      best_metric_ - before < options_.min_gain ? without_gain_ + 1 : 0;
}

void Pshea::see(const Branch& branch, double metric) {
  if (!(metric > best_metric_)) return;
  best_metric_ = metric;
  best_ = branch.name;
}

PsheaStop Pshea::reason() const {
  if (best_metric_ >= options_.target) return PsheaStop::target;
  // A division, for a sum could overflow.
  const std::size_t left =
      options_.budget - std::min(options_.budget, bought_.size());
  if (left / options_.batch < alive().size()) return PsheaStop::budget;
  if (options_.patience > 0 && without_gain_ >= options_.patience) {
    return PsheaStop::converged;
  }
  return PsheaStop::go_on;
}

void Pshea::drop(PsheaRound& round) {
  struct Place {
    double metric;
    Branch* branch;
  };
  std::vector<Place> places;
  for (Branch& branch : branches_) {
    if (!branch.alive) continue;
    const auto curve = LearningCurve::fit(branch.points, options_.curve);
    const double next =
        branch.points.back().labels + static_cast<double>(options_.batch);
    round.forecasts.push_back(
        {branch.name, curve.verdict(), curve.forecast(next)});
    const auto& forecast = round.forecasts.back().forecast;
    if (forecast) places.push_back({forecast->metric, &branch});
  }
  if (places.size() < round.forecasts.size()) return;  // somebody has no fit
  // The one named later goes first: equals are turned around, then kept so.
  std::reverse(places.begin(), places.end());
  std::stable_sort(
      places.begin(), places.end(),
      [](const Place& a, const Place& b) { return a.metric < b.metric; });
  const std::size_t lost = options_.drop == PsheaDrop::lower_half
                               ? places.size() / 2
                               : std::min<std::size_t>(1, places.size() - 1);
  for (std::size_t i = 0; i < lost; ++i) {
    places[i].branch->alive = false;
    round.dropped.push_back(places[i].branch->name);
  }
}

std::vector<std::string> Pshea::alive() const {
  std::vector<std::string> names;
  for (const Branch& branch : branches_) {
    if (branch.alive) names.push_back(branch.name);
  }
  return names;
}

std::span<const CurvePoint> Pshea::curve(std::string_view name) const {
  const auto found =
      std::find_if(branches_.begin(), branches_.end(),
                   [&](const Branch& branch) { return branch.name == name; });
  QUARRY_EXPECTS(found != branches_.end(), "Pshea::curve: a branch's name");
  return found->points;
}

}  // namespace quarry
