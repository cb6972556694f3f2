#include "quarry/strategy/choice/exp4p.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"

#include "core/json_object.hpp"
#include "strategy/choice/state.hpp"

namespace quarry {
namespace {

double default_pmin(double experts, double horizon) {
  return std::sqrt(std::log(experts) / (experts * horizon));
}

void expect_reward(double reward) {
  if (std::isfinite(reward) && reward >= 0.0) return;
  raise("strategy.bad_report", "the reward of a round is " +
                                   std::to_string(reward) +
                                   ", but must be finite and at least 0");
}

}  // namespace

void Exp4POptions::validate(std::size_t experts) const {
  const auto k = static_cast<double>(experts);
  detail::expect_at_least_one("horizon", horizon);
  detail::expect_option(delta > 0.0 && delta <= 1.0, "delta", delta,
                        "above 0 and at most 1");
  const std::string most = std::to_string(1.0 / k);
  if (pmin) {
    detail::expect_option(*pmin > 0.0 && *pmin <= 1.0 / k, "pmin", *pmin,
                          "above 0 and at most 1 / experts = " + most);
  } else {
    const auto t = static_cast<double>(horizon);
    detail::expect_option(
        default_pmin(k, t) <= 1.0 / k, "horizon", t,
        "at least experts ln experts = " + std::to_string(k * std::log(k)) +
            ", or pmin be given, at most " + most);
  }
}

Exp4P::Exp4P(std::size_t experts, Options options)
    : horizon_(options.horizon), delta_(options.delta), pmin_(0.0) {
  QUARRY_EXPECTS(experts > 0, "Exp4P: an expert");
  options.validate(experts);
  pmin_ = options.pmin ? *options.pmin
                       : default_pmin(static_cast<double>(experts),
                                      static_cast<double>(horizon_));
  log_weights_.assign(experts, 0.0);
}

std::vector<double> Exp4P::weights() const {
  std::vector<double> weights;
  for (const double log : log_weights_) weights.push_back(std::exp(log));
  return weights;
}

std::vector<double> Exp4P::probabilities() const {
  const double most =
      *std::max_element(log_weights_.begin(), log_weights_.end());
  std::vector<double> p;
  double sum = 0.0;
  for (const double log : log_weights_) {
    p.push_back(std::exp(log - most));
    sum += p.back();
  }
  const double free = 1.0 - static_cast<double>(experts()) * pmin_;
  for (double& one : p) one = free * one / sum + pmin_;
  return p;
}

std::vector<double> Exp4P::query(std::span<const Advice> advice,
                                 std::size_t rows) const {
  QUARRY_EXPECTS(advice.size() == experts(),
                 "Exp4P::query: one advice an expert");
  const std::vector<double> p = probabilities();
  std::vector<double> q(rows, 0.0);
  for (std::size_t k = 0; k < advice.size(); ++k) {
    const std::vector<double> parts = advice[k].distribution(rows);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      q[advice[k].rows[i]] += p[k] * parts[i];
    }
  }
  return q;
}

void Exp4P::update(double reward, std::span<const double> advised) {
  QUARRY_EXPECTS(advised.size() == experts(),
                 "Exp4P::update: one share an expert");
  expect_reward(reward);
  const std::vector<double> p = probabilities();
  double asked = 0.0;  // q of the row
  for (std::size_t k = 0; k < p.size(); ++k) asked += p[k] * advised[k];
  QUARRY_EXPECTS(asked > 0.0, "Exp4P::update: a row that an expert advised");
  std::vector<double> estimates;
  for (const double share : advised) {
    estimates.push_back(reward * share / asked);
  }
  update(estimates, 1);
}

void Exp4P::update(std::span<const double> estimates, std::size_t asked) {
  QUARRY_EXPECTS(estimates.size() == experts(),
                 "Exp4P::update: one estimate an expert");
  for (const double estimate : estimates) expect_reward(estimate);
  const auto k = static_cast<double>(experts());
  const double spread =
      std::sqrt(std::log(k / delta_) / (k * static_cast<double>(horizon_)));
  const std::vector<double> p = probabilities();
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double variance = static_cast<double>(asked) / p[i];
    log_weights_[i] += pmin_ / 2.0 * (estimates[i] + variance * spread);
  }
  asked_ += asked;
}

Json Exp4P::to_json() const {
  return {{"experts", experts()}, {"horizon", horizon_},
          {"delta", delta_},      {"pmin", pmin_},
          {"asked", asked_},      {"log_weights", log_weights_}};
}

Exp4P Exp4P::from_json(const Json& state, std::string_view name) {
  const detail::JsonObject object = detail::state_object(
      state, "", name,
      {"experts", "horizon", "delta", "pmin", "asked", "log_weights"});
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const std::size_t experts = object.whole("experts", 0, 1, detail::max_listed);
  const double pmin = object.number("pmin", 0.0);
  Options options{.horizon = object.whole("horizon", 0, 1, most),
                  .delta = object.number("delta", 0.0)};
  // One expert has the probability 1, whatever pmin.
  if (experts > 1 || pmin != 0.0) options.pmin = pmin;
  Exp4P restored =
      detail::restored(object, [&] { return Exp4P(experts, options); });
  restored.asked_ = object.whole("asked", 0, 0, most);
  restored.log_weights_ = object.numbers("log_weights", experts, "expert");
  return restored;
}

}  // namespace quarry
